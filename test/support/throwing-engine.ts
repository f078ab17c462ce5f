// An engine all of whose listeners throw, with raw clients, in a process of its own: `bun test`
// would take what the runtime reports for a failure of the test. It prints what came of it.

import { HOSTS } from "./hosts.ts";
import { exchange } from "./raw.ts";
import { requestWebSocket } from "./raw-websocket.ts";

const host = HOSTS.find(({ name }) => name === process.argv[2]);
if (host === undefined) {
  throw new Error("there is no host of this name");
}

const reports = new Set<string>();
process.on("uncaughtException", (error) => reports.add(error.message));
process.on("unhandledRejection", (error) => reports.add(`rejection: ${error}`));

const { io, port, close } = host.start({
  trustProxy() {
    throw new Error("trustProxy");
  },
  cookie: {
    encode() {
      throw new Error("encode");
    },
  },
});
const { engine } = io;
engine.onSession = null;

function thrower(name: string): () => never {
  return () => {
    throw new Error(name);
  };
}

for (const event of ["initial_headers", "headers", "connection_error", "flush", "drain"] as const) {
  engine.on(event, thrower(`engine ${event}`));
}
const SESSION_EVENTS = [
  "packet",
  "packetCreate",
  "heartbeat",
  "data",
  "message",
  "upgrading",
  "upgrade",
  "flush",
  "drain",
  "close",
] as const;
engine.on("connection", (session) => {
  for (const event of SESSION_EVENTS) {
    session.on(event, thrower(event));
  }
  session.send("sent", thrower("callback"));
  throw new Error("connection");
});

const path = (query = ""): string => `/socket.io/?EIO=4&transport=polling${query}`;
const FORWARDED = { "X-Forwarded-For": "192.0.2.1" };
const answers: unknown[] = [];
async function ask(method: string, query: string, body = ""): Promise<string> {
  const answer = await exchange(port, method, path(query), FORWARDED, body);
  answers.push([method, answer.status, answer.body.replace(/^0.*/, "0")]);
  return answer.body;
}

const open = await ask("GET", "");
const sid = `&sid=${JSON.parse(open.slice(1)).sid}`;
await ask("GET", sid);
await ask("POST", sid, "4message\x1e3");
await ask("GET", "&transport=none");

const { webSocket } = await requestWebSocket(port, `${path(sid)}&transport=websocket`);
if (webSocket === null) {
  throw new Error("no WebSocket");
}
webSocket.send("2probe");
answers.push(await webSocket.text());
webSocket.send("5");
webSocket.send("4message");
for (const session of Object.values(engine.clients)) {
  session.send("one", thrower("callback"));
  session.send("two");
}
answers.push(await webSocket.text(), await webSocket.text());
webSocket.sendClose(1000);
await webSocket.connection.closed;

// A session that ends with a parse error.
const other = `&sid=${JSON.parse((await ask("GET", "")).slice(1)).sid}`;
await ask("GET", other);
await ask("POST", other, "x");

console.log(
  JSON.stringify({ answers, sessions: engine.clientsCount, reports: [...reports].sort() }),
);
await close();
process.exit(0);
