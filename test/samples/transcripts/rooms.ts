import type { Transcript } from "./transcript.ts";

export async function rooms(transcript: Transcript): Promise<void> {
  const { clients, url } = transcript;
  const main = clients.make(url);
  await transcript.expect("a client of /", main, "message");

  const connect = (name: string) => clients.connect(`${url}/news`, { query: { name } });
  const ada = await connect("ada");
  const grace = await connect("grace");
  const alan = await connect("alan");

  await transcript.ask("ada", ada, "join", ["#bun", "#node"]);
  await transcript.ask("grace", grace, "join", "#bun");
  await transcript.ask("alan", alan, "join", "#node");
  await transcript.ask("ada", ada, "who", "#bun");
  await transcript.ask("ada", ada, "who", "#nothing");

  const heard = transcript.expect("grace", grace, "said");
  ada.emit("say", "#bun", "hello");
  await heard;
  const shouted = transcript.expect("alan", alan, "said");
  ada.emit("shout", ["#bun", "#node"], "#bun", "only for alan");
  await shouted;

  for (const [name, socket] of [
    ["grace", grace],
    ["alan", alan],
  ] as const) {
    socket.on("question", (text, done) => done(`${name} on ${text}: yes`));
  }
  ada.on("question", (_text, done) => done("ada: no"));
  await transcript.ask("ada", ada, "ask", ["#bun", "#node"], "rooms");
  await transcript.ask("alan", alan, "leave", "#node");
  await transcript.ask("ada", ada, "move everyone", "#bun", "#deno");
  await transcript.ask("alan", alan, "who", "#deno");

  // Ada is in #node too, where nobody else is.
  const left = transcript.expect("grace", grace, "left");
  ada.disconnect();
  await left;
  await transcript.ask("grace", grace, "who", "#deno");
  await transcript.ask("grace", grace, "leave", "#deno");
  const events = (await transcript.ask("alan", alan, "history")) as string[];
  transcript.say("so many events of rooms", events.length);

  const nowhere = clients.make(`${url}/nowhere`);
  const [error] = await transcript.expect("a client of /nowhere", nowhere, "connect_error");
  transcript.say("it says", error instanceof Error && error.message);
}
