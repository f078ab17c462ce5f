import type { Transcript } from "./transcript.ts";

export async function todos(transcript: Transcript): Promise<void> {
  const { clients, url } = transcript;
  const ada = await clients.connect(url, { transports: ["websocket"] });
  const grace = await clients.connect(url, { transports: ["polling"] });

  await transcript.ask("ada", ada, "todo:list");
  await transcript.ask("ada", ada, "todo:create", { title: "", done: 1 });
  await transcript.ask("ada", ada, "todo:create", null);

  const created = transcript.expect("grace", grace, "todo:created");
  const id = await ada.emitWithAck("todo:create", { title: "write it", done: false, extra: 1 });
  await created;
  transcript.say("ada has made", id);

  await transcript.ask("grace", grace, "todo:read", "todo-1");
  await transcript.ask("grace", grace, "todo:read", "todo-2");
  const updated = transcript.expect("ada", ada, "todo:updated");
  grace.emit("todo:update", { id: "todo-1", title: "write it", done: true }, () => {});
  await updated;
  await transcript.ask("grace", grace, "todo:update", { id: "todo-9", title: "x", done: true });
  await transcript.ask("grace", grace, "todo:update", { id: "todo-1", title: "x" });
  await transcript.ask("ada", ada, "todo:list");

  const deleted = transcript.expect("grace", grace, "todo:deleted");
  ada.emit("todo:delete", "todo-1", () => {});
  await deleted;
  await transcript.ask("ada", ada, "todo:delete", "todo-1");
  await transcript.ask("ada", ada, "todo:list");

  // A create without acknowledgement is not one; the socket goes on.
  ada.emit("todo:create", { title: "no callback", done: false });
  await transcript.ask("ada", ada, "todo:list");
}
