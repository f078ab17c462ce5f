import { once } from "../../support/clients.ts";
import type { Transcript } from "./transcript.ts";

export async function bunEngine(transcript: Transcript): Promise<void> {
  const { clients, url } = transcript;
  const refused = clients.make(url, { auth: { token: "wrong" } });
  const [error] = await once<[Error]>(refused, "connect_error");
  transcript.say("refused", error.message);

  const ada = await clients.connect(url, { transports: ["websocket"] });
  const grace = await clients.connect(url, { transports: ["polling"] });
  await transcript.ask("ada", ada, "transport");
  await transcript.ask("grace", grace, "transport");
  for (const socket of [ada, grace]) {
    await transcript.ask("one", socket, "echo", "text", 1, null, { a: [true] });
    await transcript.ask("one", socket, "join", "room");
    const bytes = await socket.emitWithAck("echo", new Uint8Array([1, 2, 3]));
    transcript.say("bytes", [...new Uint8Array(bytes)]);
  }
  const told = transcript.expect("grace", grace, "told");
  ada.emit("tell", "room", "hello");
  await told;
  const end = transcript.expect("ada", ada, "disconnect");
  ada.emit("leave");
  await end;
}
