// What clients of each version say and hear.

import type { Anything, Scenario } from "../scenario.ts";
import {
  ALL,
  echo,
  forEach,
  join,
  OLD_VERSIONS,
  POLLING,
  UNMOVING,
  VERSIONS,
  WEBSOCKET,
} from "./client-support.ts";

const LIST = [Buffer.from("one"), { deep: new Uint8Array([2, 255]) }];
const NESTED = { list: LIST, text: "é€😀" };

export const clientVersionScenarios: Scenario[] = [
  ...forEach(VERSIONS, ALL, (version, transports) => ({
    name: "events, bytes and answers keep their order both ways",
    server(io, { logOf }) {
      echo(io);
      io.on("connection", (socket) => {
        socket.on("ready", (value: unknown) => {
          socket.emit("first", 1);
          socket.emit("second", Buffer.from([0, 255]), "between", Buffer.from([195]));
          socket.emit("question", value, (...answer: unknown[]) => {
            logOf(socket, "answer", ...answer);
            socket.emit("done");
          });
        });
      });
    },
    async client(t) {
      // Client 1 counts the letters of several packets in one poll wrong, if they are not ASCII.
      const nested = version === 1 ? { list: LIST, text: "ASCII" } : NESTED;
      const ann = await t.connect("ann", { version, transports });
      ann.on("question", (_value, reply) => reply("yes", Buffer.from("bytes"), null));
      await ann.ask("echo", nested, [], {}, null, false);
      await ann.ask("echo");
      ann.emit("ready", nested);
      await ann.next("done");
    },
  })),
  ...forEach(OLD_VERSIONS, UNMOVING, (version, transports) => ({
    name: "an old client is refused where allowEIO3 is not set",
    options: { allowEIO3: false },
    async client(t) {
      const ann = t.client("ann", { version, transports });
      const error = await new Promise<{ description?: unknown }>((resolve) => {
        ann.on("connect_error", resolve);
      });
      ann.log("its description", typeof error.description);
    },
  })),
  ...forEach(VERSIONS, [POLLING], (version, transports) => ({
    name: "bytes go as base64 where the client wishes it",
    server: echo,
    async client(t) {
      const ann = await t.connect("ann", { version, transports, forceBase64: true });
      await ann.ask("echo", Buffer.from([0, 1, 2, 253, 254, 255]), "text", NESTED);
    },
  })),
  ...forEach(OLD_VERSIONS, [WEBSOCKET], (version, transports) => ({
    name: "bytes go as base64 over a WebSocket where the client wishes it",
    server: echo,
    async client(t) {
      const ann = await t.connect("ann", { version, transports, forceBase64: true });
      await ann.ask("echo", Buffer.from([0, 1, 2, 253, 254, 255]), "text", NESTED);
    },
  })),
  ...forEach(VERSIONS, UNMOVING, (version, transports) => ({
    name: "a namespace knows its query or auth, and is joined over the same connection",
    server(io, { logOf }) {
      echo(io);
      echo(io.of("/chat"));
      io.of("/chat").on("connection", (socket: Anything) => {
        const { query, auth } = socket.handshake;
        logOf(socket, "handshake", query.token ?? null, query.outer ?? null, auth);
      });
    },
    async client(t) {
      const ann = await t.connect("ann", { version, transports, query: { outer: "o" } });
      const chat = ann.of("/chat", { query: "token=abc", auth: { token: "abc" } });
      await chat.connected();
      await chat.ask("echo", "hi", Buffer.from("bytes"));
      chat.disconnect();
      await ann.ask("echo", "still here");
    },
  })),
  ...forEach(VERSIONS, UNMOVING, (version, transports) => ({
    name: "the error of a middleware reaches the client, as text and with data",
    server(io) {
      io.of("/plain").use((_socket: unknown, next: (error: Error) => void) =>
        next(new Error("no")),
      );
      io.of("/data").use((_socket: unknown, next: (error: Error) => void) =>
        next(Object.assign(new Error("no, because"), { data: { code: 7, list: [1, null] } })),
      );
    },
    async client(t) {
      const ann = await t.connect("ann", { version, transports });
      for (const namespace of ["/plain", "/data", "/nowhere"]) {
        const other = ann.of(namespace);
        await other.next(version >= 3 ? "connect_error" : "error");
      }
    },
  })),
  ...forEach(VERSIONS, [WEBSOCKET], (version, transports) => ({
    name: "the server leaves the namespace, or the client does, and the connection stays",
    server(io) {
      echo(io);
      io.of("/chat").on("connection", (socket: Anything) => {
        socket.on("go", () => socket.disconnect());
      });
    },
    async client(t) {
      const ann = await t.connect("ann", { version, transports });
      const chat = ann.of("/chat");
      await chat.connected();
      chat.emit("go");
      await chat.next("disconnect");
      await ann.ask("echo", "still here");
      chat.socket.connect();
      await chat.next("connect");
      await t.until(() => chat.socket.connected);
      chat.socket.disconnect();
      await ann.ask("echo", "still here");
    },
  })),
  ...forEach(VERSIONS, [POLLING], (version, transports) => ({
    name: "a long text and long bytes pass both ways",
    server: echo,
    async client(t) {
      const ann = await t.connect("ann", { version, transports });
      await ann.ask("echo", "é".repeat(70_000), Buffer.alloc(70_000, 7));
    },
  })),
  ...UNMOVING.map(
    (transports): Scenario => ({
      name: `clients of all versions in one room hear text and bytes (${transports})`,
      options: { allowEIO3: true },
      server(io, { command }) {
        join(io);
        command("say", () => {
          io.to("room").emit("text", "hello", { n: [1, null] });
          io.to("room").emit("bytes", Buffer.from([0, 255]), { deep: [Buffer.from("two")] });
          io.to("room").except("old").emit("to the new");
          io.in("old").emit("to the old", Buffer.from("old"));
          io.emit("end");
        });
      },
      async client(t) {
        const peers = [];
        for (const version of VERSIONS) {
          const peer = await t.connect(`v${version}`, { version, transports });
          await peer.ask("join", version < 3 ? ["room", "old"] : ["room"]);
          peers.push(peer);
        }
        peers.push(await t.connect("outside", { transports }));
        await t.command("say");
        await Promise.all(peers.map((peer) => peer.next("end")));
      },
    }),
  ),
  {
    name: "clients of all versions and transports hear each other's bytes, and answer a broadcast",
    options: { allowEIO3: true },
    server(io, { command }) {
      io.on("connection", (socket) => {
        socket.on("shout", (bytes: Buffer, reply: () => void) => {
          socket.broadcast.emit("heard", bytes);
          reply();
        });
      });
      command("ask all", async () => (await io.timeout(5000).emitWithAck("who?")).sort());
    },
    async client(t) {
      const peers = [];
      for (const [index, version] of VERSIONS.entries()) {
        const transports = ALL[index % ALL.length] ?? POLLING;
        const peer = await t.connect(`v${version}`, { version, transports });
        peer.on("who?", (reply) => reply(`client ${version}`));
        peers.push(peer);
      }
      t.log("answers", await t.command("ask all"));
      for (const peer of peers) {
        await peer.ask("shout", Buffer.from(peer.name));
        await Promise.all(peers.filter((it) => it !== peer).map((other) => other.next("heard")));
      }
    },
  },
];
