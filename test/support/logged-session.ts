// A server and its clients in one process, which do a little of everything that is worth a line in a
// log. `SERVER` says whose server it is: "reference", "listen" (ours, on Bun.serve) or "attach"
// (ours, on a server of node:http). With `SWITCH`, the log of that name is switched on as it runs.
// With `BRIEF`, nobody waits for a timeout. It prints the ids there were, as JSON.

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Server as OwnServer } from "bun-socket.io";
import debug from "debug";
import { Server as ReferenceServer } from "socket.io";
import { io as connect, type Socket as ClientSocket } from "socket.io-client";

const { SERVER, SWITCH, BRIEF } = process.env;

const options = {
  connectTimeout: 1000,
  connectionStateRecovery: {},
  cleanupEmptyChildNamespaces: true,
};
// A program written for one runs on the other.
const io: OwnServer =
  SERVER === "reference"
    ? (new ReferenceServer(options) as unknown as OwnServer)
    : new OwnServer(options);

const http = createServer();
if (SERVER === "attach") {
  http.listen(0);
  io.attach(http);
} else {
  io.listen(0);
}
const { port } = io.httpServer.address() as AddressInfo;
const url = `http://localhost:${port}`;

if (SWITCH !== undefined) {
  debug.enable(SWITCH);
}

io.of("/guarded").use((_socket, next) => next(new Error("not you")));
io.of(/^\/made-\d+$/);
io.engine.use((_request: unknown, _response: unknown, next: () => void) => next());
const ids: Record<string, string> = {};
const served = new Promise<void>((resolve) => {
  io.on("connection", async (socket) => {
    if (socket.recovered) {
      return;
    }
    ids.session = socket.conn.id;
    ids.socket = socket.id;
    socket.on("question", async (text: string, answer: (text: string) => void) => {
      await socket.join("parlour");
      await socket.leave("parlour");
      answer(text.toUpperCase());
      await socket.emitWithAck("query", "how are you?");
      await socket
        .timeout(10)
        .emitWithAck("silence")
        .catch(() => {}); // it is never answered
      resolve();
    });
    socket.conn.once("upgrade", () => socket.emit("moved"));
  });
});

const client = connect(url, { reconnectionDelay: 1 });
client.on("query", (_text: string, answer: (text: string) => void) => answer("well"));
await new Promise<void>((resolve) => client.once("moved", resolve));
client.emit("question", "well?", () => {});
await served;

const refused = (socket: ClientSocket): Promise<Error> =>
  new Promise((resolve) => socket.once("connect_error", resolve));
await refused(client.io.socket("/guarded"));
await refused(client.io.socket("/nowhere"));
const made = client.io.socket("/made-7");
await new Promise<void>((resolve) => made.once("connect", resolve));
const left = new Promise<void>((resolve) => {
  io.of("/made-7")
    .sockets.values()
    .next()
    .value?.once("disconnect", () => resolve());
});
made.disconnect();
await left;

// It loses its connection and takes its session up again.
const back = new Promise<void>((resolve) => client.once("connect", resolve));
client.io.engine.close();
await back;
const { engine } = client.io;
if (engine.transport.name !== "websocket") {
  await new Promise<void>((resolve) => engine.once("upgrade", () => resolve()));
}
ids.recovered = String(client.recovered);

// What is wrong: an acknowledgement that nobody waits for, an unknown session, an unknown transport.
const heard = new Promise((resolve) =>
  io.of("/").sockets.values().next().value?.once("last", resolve),
);
engine.send('3999["late"]');
client.emit("last");
await heard;
await fetch(`${url}/socket.io/?EIO=4&transport=polling&sid=nobody`);
await fetch(`${url}/socket.io/?EIO=4&transport=pigeon`);

// Files for browsers, new and known.
const file = await fetch(`${url}/socket.io/socket.io.js`);
await file.arrayBuffer();
const known = { "If-None-Match": file.headers.get("etag") ?? "" };
await fetch(`${url}/socket.io/socket.io.js.map`).then((answer) => answer.arrayBuffer());
await fetch(`${url}/socket.io/socket.io.js`, { headers: known });

const gone = new Promise((resolve) =>
  io.of("/").sockets.values().next().value?.once("disconnect", resolve),
);
client.disconnect();
await gone;

// One that never joins a namespace, and is not there to be told so.
if (BRIEF === undefined) {
  const idle = new Promise<void>((resolve) => {
    io.engine.once("connection", (session: OwnServer["engine"]["clients"][string]) => {
      ids.idle = session.id;
      session.send("hello", {}, () => {});
      session.once("close", () => resolve());
    });
  });
  const handshake = await fetch(`${url}/socket.io/?EIO=4&transport=polling`);
  await handshake.text();
  const { idle: sid = "" } = ids;
  await fetch(`${url}/socket.io/?EIO=4&transport=polling&sid=${sid}`); // brings the greeting
  await fetch(`${url}/socket.io/?EIO=4&transport=polling&sid=${sid}`); // brings the end
  await idle;
}

await io.close();
http.closeAllConnections();
console.log(JSON.stringify({ ...ids, port: String(port) }));
process.exit();
