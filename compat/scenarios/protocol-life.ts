import type { PeerOptions } from "../peer.ts";
import type { Anything, Scenario } from "../scenario.ts";
import { answerPings, ended, roomsOf, WS } from "./protocol-support.ts";

type Reply = (...answer: unknown[]) => void;

/** What a handshake holds, without what depends on the moment. */
function facts({ handshake }: Anything): unknown {
  const { address, xdomain, secure, time, issued, query, url, auth, headers } = handshake;
  const { EIO, transport, t: _stamp, ...rest } = query;
  return {
    keys: Object.keys(handshake).sort(),
    facts: [address, xdomain, secure, typeof time, typeof issued, EIO, transport],
    isNow: Math.abs(Date.now() - issued) < 60_000,
    url: url.replace(/&t=[^&]*/, "").replace(/:\d+/, ":(port)"),
    query: rest,
    auth,
    custom: headers["x-custom"] ?? null,
  };
}

const HANDSHAKES: Record<string, PeerOptions> = {
  "nothing special": {},
  "a query": { query: { a: 1, b: "é&=", list: ["x", "y"], empty: "" } },
  "a header and an origin": {
    extraHeaders: { "X-Custom": "a value", Origin: "http://a.example" },
  },
  "an auth payload": { auth: { token: "abc" } },
};

/** Ways in which the server ends a connection. */
const ENDS: Record<string, (socket: Anything, io: Anything) => unknown> = {
  "socket.disconnect()": (socket) => socket.disconnect(),
  "socket.disconnect(true)": (socket) => socket.disconnect(true),
  "socket.conn.close()": (socket) => socket.conn.close(),
  "socket.conn.close(true)": (socket) => socket.conn.close(true),
  "io.disconnectSockets()": (_socket, io) => io.disconnectSockets(),
  "io.disconnectSockets(true)": (_socket, io) => io.disconnectSockets(true),
  "socket.disconnect() and socket.disconnect(true)": (socket) =>
    socket.disconnect().disconnect(true),
};

export const lifeScenarios: Scenario[] = [
  ...Object.entries(HANDSHAKES).flatMap(([name, options]) =>
    (["polling", "websocket"] as const).map(
      (transport): Scenario => ({
        name: `a socket knows its handshake: ${name} (${transport})`,
        server(io) {
          io.on("connection", (socket) => socket.emit("handshake", facts(socket)));
        },
        async client(t) {
          await t.client("ann", { transports: [transport], ...options }).next("handshake");
        },
      }),
    ),
  ),
  {
    name: "the handshakes of two namespaces have the query of the connection and an auth of their own",
    server(io) {
      for (const name of ["/", "/a"]) {
        io.of(name).on("connection", (socket: Anything) => socket.emit("handshake", facts(socket)));
      }
    },
    async client(t) {
      const ann = await t.connect("ann", { ...WS, query: { q: "1" }, auth: { main: true } });
      await ann.next("handshake");
      await ann.of("/a", { auth: { other: true } }).next("handshake");
    },
  },
  {
    name: "socket.data is an object of each socket's, which stays until the end",
    server(io, { logOf }) {
      for (const name of ["/", "/a"]) {
        io.of(name).on("connection", (socket: Anything) => {
          logOf(socket, "at first", socket.data);
          socket.on("set", (value: unknown, reply: Reply) => {
            socket.data.value = value;
            reply(socket.data);
          });
          socket.on("disconnect", () => logOf(socket, "in the end", socket.data));
        });
      }
    },
    async client(t) {
      const ann = await t.connect("ann", WS);
      const other = ann.of("/a");
      await other.connected();
      await ann.ask("set", 1);
      await other.ask("set", { two: 2 });
    },
  },
  ...Object.entries(ENDS).map(
    ([name, end]): Scenario => ({
      name: `the server ends a connection: ${name}`,
      server(io, { logOf, command }) {
        let found: Anything;
        io.on("connection", (socket) => {
          found = socket;
          socket.join("a");
          socket.on("disconnecting", () => logOf(socket, "disconnecting", socket.connected));
          socket.on("disconnect", () => logOf(socket, "disconnect", socket.connected));
        });
        command("end", () => {
          end(found, io);
        });
        command("size", () => io.sockets.sockets.size);
        command("after", () => [
          [found.connected, found.disconnected, roomsOf(found)],
          found.emit("late"),
          found.disconnect() === found,
          io.sockets.adapter.rooms.size,
        ]);
      },
      async client(t) {
        const ann = await t.connect("ann", WS);
        await t.command("end");
        await ann.next("disconnect");
        await t.until(async () => (await t.command("size")) === 0);
        t.log("after", await t.command("after"));
      },
    }),
  ),
  {
    name: "a disconnecting listener may still send to the rooms of the one who leaves",
    server(io) {
      answerPings(io);
      io.on("connection", (socket) => {
        socket.join("a");
        socket.on("disconnecting", (reason: string) => {
          socket.to("a").emit("leaves", reason, socket.rooms.size);
        });
        socket.on("disconnect", () => socket.to("a").emit("has left", socket.rooms.size));
      });
    },
    async client(t) {
      const ann = await t.connect("ann", WS);
      const bob = await t.connect("bob", WS);
      ann.disconnect();
      await bob.next("has left");
    },
  },
  {
    name: "a client that closes its connection leaves all namespaces",
    server(io) {
      io.of("/a").on("connection", (socket: Anything) => socket.join("r"));
    },
    async client(t) {
      const ann = await t.connect("ann", WS);
      const other = ann.of("/a");
      await other.connected();
      const end = ended(ann);
      ann.socket.io.engine.close();
      await end;
    },
  },
  {
    name: "what is sent to a client and then the end arrive both",
    server(io) {
      io.on("connection", (socket) => {
        socket.on("go", () => {
          socket.emit("farewell", Buffer.from("bytes"));
          socket.disconnect(true);
        });
      });
    },
    async client(t) {
      for (const transport of ["websocket", "polling"] as const) {
        const ann = await t.connect(transport, { transports: [transport] });
        ann.emit("go");
        await ann.next("farewell");
        await ann.next("disconnect");
      }
    },
  },
  {
    name: "a socket disconnected in its connection listener is told so",
    server(io) {
      io.on("connection", (socket) => {
        socket.emit("hello");
        socket.disconnect();
        socket.emit("late");
      });
    },
    async client(t) {
      const ann = t.client("ann", WS);
      await ann.next("disconnect");
    },
  },
  {
    name: "a socket that is gone is in no list, and its joins are for nothing",
    server(io, { command }) {
      let found: Anything;
      io.on("connection", (socket) => {
        found = socket;
      });
      command("size", () => io.sockets.sockets.size);
      command("after", async () => [
        io.sockets.sockets.has(found.id),
        (await io.fetchSockets()).length,
        found.rooms.size,
        found.handshake.auth,
        io.sockets.adapter.sids.size,
      ]);
    },
    async client(t) {
      const ann = await t.connect("ann", { ...WS, auth: { kept: true } });
      ann.disconnect();
      await t.until(async () => (await t.command("size")) === 0);
      t.log("after", await t.command("after"));
    },
  },
  {
    name: "the server closes and tells each socket that it shuts down",
    server(io, { logOf, command }) {
      for (const name of ["/", "/a"]) {
        io.of(name).on("connection", (socket: Anything) => {
          socket.on("disconnect", (reason: string) => logOf(socket, "left", reason));
        });
      }
      command("close", () => void io.close());
    },
    async client(t) {
      const ann = await t.connect("ann", WS);
      const other = ann.of("/a");
      await other.connected();
      await t.command("close");
      await Promise.all([ann.next("disconnect"), other.next("disconnect")]);
    },
  },
];
