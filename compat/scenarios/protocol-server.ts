import type { Anything, CompatServer, Scenario } from "../scenario.ts";
import { answerPings, roomsOf, WS } from "./protocol-support.ts";

type Reply = (...answer: unknown[]) => void;

/** A client that answers a question with its name. */
function answers(peer: { name: string; on(event: string, run: Reply): unknown }): void {
  peer.on("question", (...args) => (args.at(-1) as Reply)(peer.name));
}

/** Asks from the first socket that has connected, and logs the answers in an order of their own. */
function asked(
  name: string,
  ask: (socket: Anything, io: CompatServer) => Promise<unknown[]>,
): Scenario {
  return {
    name,
    server(io, { command }) {
      const sockets: Anything[] = [];
      io.on("connection", (socket) => {
        sockets.push(socket);
        socket.join(socket.handshake.auth.rooms);
      });
      command("ask", async () => (await ask(sockets[0], io)).sort());
    },
    async client(t) {
      const rooms = { ann: ["a"], bob: ["a"], cat: ["b"], dan: ["a", "b"] };
      for (const [peer, joins] of Object.entries(rooms)) {
        answers(await t.connect(peer, { ...WS, auth: { rooms: joins } }));
      }
      t.log("answers", await t.command("ask"));
    },
  };
}

export const serverScenarios: Scenario[] = [
  asked("a socket asks all others, and collects their answers", (socket) =>
    socket.broadcast.timeout(3000).emitWithAck("question"),
  ),
  asked("a socket asks the others in a room, with the timeout before the room", (socket) =>
    socket.timeout(3000).to("a").emitWithAck("question", "an argument"),
  ),
  asked("the server asks a room but those of another, with the timeout in the middle", (_, io) =>
    io.to("a").timeout(3000).except("b").emitWithAck("question", Buffer.from("bytes")),
  ),
  asked("a namespace asks its clients", (_, io) =>
    io.of("/").timeout(3000).emitWithAck("question"),
  ),
  {
    name: "a client of two connections is two sockets",
    server(io) {
      io.on("connection", (socket) => {
        socket.on("say", () => socket.broadcast.emit("said", socket.handshake.auth.name));
      });
    },
    async client(t) {
      const first = await t.connect("first", { ...WS, auth: { name: "same" } });
      const second = await t.connect("second", { ...WS, auth: { name: "same" } });
      first.emit("say");
      await second.next("said");
      second.emit("say");
      await first.next("said");
    },
  },
  {
    name: "a socket knows its connection, its request and its client",
    server(io) {
      io.on("connection", (socket) => {
        const { conn, request, client, nsp } = socket;
        socket.emit("facts", {
          conn: [conn.protocol, conn.transport.name, conn.readyState, conn.remoteAddress],
          request: [request.method, request._query.EIO, request.url.split("?")[0]],
          headers: request.headers === socket.handshake.headers,
          client: [client.conn === conn, client.request === request, client.id === conn.id],
          nsp: [nsp.name, nsp === io.sockets, nsp.server === io, socket.server === io],
          lists: [nsp.sockets.get(socket.id) === socket, io.engine.clientsCount],
          recovered: socket.recovered,
        });
      });
    },
    async client(t) {
      await t.client("ann", WS).next("facts");
    },
    not: { "bun-engine": "its request is one of fetch" },
  },
  {
    name: "a room joined in a disconnecting or disconnect listener does not outlive the socket",
    server(io, { logOf, command }) {
      io.on("connection", (socket) => {
        socket.on("disconnecting", () => {
          socket.join("late");
          logOf(socket, "in the first", roomsOf(socket));
        });
        socket.on("disconnect", () => {
          socket.join("too late");
          logOf(socket, "in the second", roomsOf(socket));
        });
      });
      command("size", () => io.sockets.sockets.size);
      command("rooms", () => [...io.sockets.adapter.rooms.keys()]);
    },
    async client(t) {
      const ann = await t.connect("ann", WS);
      ann.disconnect();
      await t.until(async () => (await t.command("size")) === 0);
      t.log("rooms", await t.command("rooms"));
    },
  },
  {
    name: "methods that may be chained return what they are called on",
    server(io, { log }) {
      const pass = (_socket: Anything, next: () => void): void => next();
      const none = (): void => {};
      log("server", io.use(pass) === io.sockets, io.on("x", none) === io.sockets);
      log("namespace", io.of("/a").use(pass) === io.of("/a"));
      log("settings", io.path(), io.connectTimeout(), io.serveClient());
      log("settings", io.path("/socket.io") === io, io.connectTimeout(45_000) === io);
      io.on("connection", (socket) => {
        log("socket", socket.use((_event: unknown, next: () => void) => next()) === socket);
        log("socket", socket.on("x", none) === socket, socket.onAny(none) === socket);
        log("socket", socket.compress(true) === socket, socket.timeout(1) === socket);
        log("socket", socket.volatile === socket, socket.broadcast === socket);
        log("socket", socket.offAny(none) === socket, socket.onAnyOutgoing(none) === socket);
      });
    },
    async client(t) {
      await t.connect("ann", WS);
    },
  },
  {
    name: "the server passes the methods of an emitter on to the default namespace",
    server(io, { log }) {
      const listener = (): void => log("must not be called");
      const once = (): void => log("once");
      io.on("connection", listener);
      io.once("connection", once);
      log("count", io.sockets.listenerCount("connection") === io.listenerCount("connection"));
      io.off("connection", listener);
      answerPings(io);
    },
    async client(t) {
      const ann = await t.connect("ann", WS);
      const bob = await t.connect("bob", WS);
      await ann.ask("ping");
      await bob.ask("ping");
    },
  },
  {
    name: "the server moves one socket by the room of its id",
    server(io) {
      io.on("connection", (socket) => {
        socket.on("go", (reply: Reply) => {
          io.in(socket.id).socketsJoin(["x", "y"]);
          io.in("x").socketsLeave("y");
          socket.to("x").emit("must not come");
          io.to("x").emit("to x");
          reply(roomsOf(socket));
        });
      });
    },
    async client(t) {
      const ann = await t.connect("ann", WS);
      await ann.ask("go");
    },
  },
  {
    name: "a socket that is fetched has the facts of the one that it stands for",
    server(io, { command }) {
      io.on("connection", (socket) => {
        socket.data.name = "Ann";
        socket.join("a");
      });
      command("facts", async () => {
        const [remote] = await io.in("a").fetchSockets();
        const local = io.sockets.sockets.get(remote.id);
        remote.data.added = true;
        return [
          [remote === local, remote.id === local.id, remote.handshake === local.handshake],
          [remote.data, local.data, roomsOf(remote)],
          [remote.rooms instanceof Set, remote.handshake.auth],
        ];
      });
    },
    async client(t) {
      await t.connect("ann", { ...WS, auth: { token: "abc" } });
      t.log("facts", await t.command("facts"));
    },
  },
  {
    name: "an answer by a listener that takes its time finds its question",
    server(io) {
      io.on("connection", (socket) => {
        socket.on("slow", async (value: unknown, reply: Reply) => {
          await new Promise((resolve) => setTimeout(resolve, 30));
          reply("slow", value);
        });
        socket.on("fast", (value: unknown, reply: Reply) => reply("fast", value));
      });
    },
    async client(t) {
      const ann = await t.connect("ann", WS);
      await Promise.all([ann.ask("slow", 1), ann.ask("fast", 2)]);
    },
  },
  {
    name: "an event with many arguments, and one that is deep, arrive whole",
    server(io) {
      io.on("connection", (socket) => {
        socket.on("many", (...args: unknown[]) => {
          const reply = args.pop() as Reply;
          reply(args.length, args.at(-1));
        });
      });
    },
    async client(t) {
      const ann = await t.connect("ann", WS);
      await ann.ask("many", ...Array.from({ length: 1000 }, (_, index) => index));
      let deep: unknown = "bottom";
      for (let depth = 0; depth < 200; depth++) {
        deep = { deep };
      }
      await ann.ask("many", deep);
    },
  },
];
