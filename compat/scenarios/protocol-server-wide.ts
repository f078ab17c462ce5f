import type { Anything, CompatServer, Scenario } from "../scenario.ts";
import { roomsOf, WS } from "./protocol-support.ts";

/**
 * Three clients: ann in a, bob in a and b, eve in no room; `data` holds their names.
 *
 * @param run what the server does then
 * @param leave whom that disconnects
 */
function threeClients(
  run: (io: CompatServer) => unknown,
  leave: string[] = [],
): Pick<Scenario, "server" | "client"> {
  return {
    server(io, { command }) {
      io.on("connection", (socket) => {
        const { name, rooms } = socket.handshake.auth;
        socket.data.name = name;
        socket.join(rooms);
      });
      command("run", () => run(io));
    },
    async client(t) {
      const rooms = { ann: ["a"], bob: ["a", "b"], eve: [] };
      const peers = [];
      for (const [name, joins] of Object.entries(rooms)) {
        peers.push(await t.connect(name, { ...WS, auth: { name, rooms: joins } }));
      }
      t.log("result", await t.command("run"));
      const left = peers.filter(({ name }) => leave.includes(name));
      await Promise.all(left.map((peer) => peer.next("disconnect")));
    },
  };
}

/** Names and rooms of the sockets of a list, in an order of its own. */
function describe(sockets: Anything[]): unknown[] {
  return sockets.map((socket) => [socket.data.name, roomsOf(socket)]).sort();
}

export const serverWideScenarios: Scenario[] = [
  {
    name: "fetchSockets finds all sockets, those of rooms, and those of no room",
    ...threeClients(async (io) => [
      describe(await io.fetchSockets()),
      describe(await io.in("a").fetchSockets()),
      describe(await io.in(["a", "b"]).fetchSockets()),
      describe(await io.except("b").fetchSockets()),
      describe(await io.in("a").except("b").fetchSockets()),
      describe(await io.in("nobody").fetchSockets()),
      describe(await io.of("/empty").fetchSockets()),
      describe(await io.local.fetchSockets()),
    ]),
  },
  {
    name: "what fetchSockets finds can join, leave, be sent to and be disconnected",
    ...threeClients(
      async (io) => {
        const [ann] = await io.in("a").except("b").fetchSockets();
        ann.join(["x", "y"]);
        ann.leave("a");
        ann.emit("hello", ann.data.name, Object.keys(ann.handshake).sort());
        const rooms = describe(await io.in("x").fetchSockets());
        ann.disconnect();
        return [rooms, describe(await io.fetchSockets())];
      },
      ["ann"],
    ),
  },
  {
    name: "what fetchSockets finds answers within a timeout, or does not",
    server(io, { command }) {
      command("run", async () => {
        const [ann] = await io.fetchSockets();
        const good = await ann.timeout(3000).emitWithAck("question", 1);
        const bad = await ann
          .timeout(50)
          .emitWithAck("no answer")
          .catch((error: Error) => error.message);
        return [good, bad];
      });
    },
    async client(t) {
      const ann = await t.connect("ann", WS);
      ann.on("question", (number, reply) => reply(number + 1));
      t.log("result", await t.command("run"));
    },
  },
  {
    name: "socketsJoin and socketsLeave move sockets between rooms",
    ...threeClients(async (io) => {
      io.in("a").socketsJoin("c");
      const inC = describe(await io.in("c").fetchSockets());
      io.socketsJoin(["d", "e"]);
      const inD = describe(await io.in("d").fetchSockets());
      io.in("b").socketsLeave(["a", "d"]);
      io.except("a").socketsLeave("e");
      io.of("/").in("c").socketsLeave("c");
      return [inC, inD, describe(await io.fetchSockets())];
    }),
  },
  {
    name: "disconnectSockets ends the sockets of a room in one namespace",
    ...threeClients(
      async (io) => {
        io.in("b").disconnectSockets();
        return describe(await io.fetchSockets());
      },
      ["bob"],
    ),
  },
  {
    name: "disconnectSockets ends all but those of a room, with their connections",
    ...threeClients(
      async (io) => {
        io.except("b").disconnectSockets(true);
        return describe(await io.fetchSockets());
      },
      ["ann", "eve"],
    ),
  },
  {
    name: "disconnectSockets of a namespace leaves the others of the connection",
    server(io, { command }) {
      io.of("/a");
      io.on("connection", (socket) => socket.on("ping", (reply: () => void) => reply()));
      command("run", () => io.of("/a").disconnectSockets());
    },
    async client(t) {
      const ann = await t.connect("ann", WS);
      const other = ann.of("/a");
      await other.connected();
      await t.command("run");
      await other.next("disconnect");
      await ann.ask("ping");
    },
  },
  {
    name: "allSockets counts the sockets of rooms",
    ...threeClients(async (io) => [
      (await io.allSockets()).size,
      (await io.in("a").allSockets()).size,
      (await io.in("b").allSockets()).size,
      (await io.in("nobody").allSockets()).size,
      (await io.of("/").allSockets()) instanceof Set,
    ]),
  },
  {
    name: "a broadcast with acknowledgements collects the answers of all",
    server(io, { command }) {
      command(
        "ask",
        () =>
          new Promise((resolve) => {
            io.timeout(3000).emit("question", 1, (error: Error | null, answers: string[]) =>
              resolve([error, answers.sort()]),
            );
          }),
      );
      command("none", () => io.in("nobody").timeout(3000).emitWithAck("question", 1));
      command("promise", async () => (await io.timeout(3000).emitWithAck("question", 2)).sort());
    },
    async client(t) {
      for (const name of ["ann", "bob"]) {
        const peer = await t.connect(name, WS);
        peer.on("question", (number, reply) => reply(`${name} ${number}`, "more"));
      }
      t.log("answers", await t.command("ask"));
      t.log("answers of nobody", await t.command("none"));
      t.log("answers promised", await t.command("promise"));
    },
  },
  {
    name: "a broadcast that times out hands over the answers that came",
    server(io, { command }) {
      command(
        "ask",
        () =>
          new Promise((resolve) => {
            io.timeout(1000).emit("question", (error: Error, answers: unknown[]) =>
              resolve([error instanceof Error, error.message, answers]),
            );
          }),
      );
      command("promise", () =>
        io
          .timeout(1000)
          .emitWithAck("question")
          .catch((error: Anything) => [error instanceof Error, error.message, error.responses]),
      );
    },
    async client(t) {
      const ann = await t.connect("ann", WS);
      ann.on("question", (reply) => reply(Buffer.from("ann's"), { is: "this" }));
      await t.connect("bob", WS);
      t.log("answers", await t.command("ask"));
      t.log("answers promised", await t.command("promise"));
    },
  },
  {
    name: "a broadcast with acknowledgements of some rooms asks those only",
    ...threeClients(
      (io) =>
        new Promise((resolve) => {
          io.in("nobody")
            .timeout(3000)
            .emit("question", (error: unknown, answers: unknown[]) => resolve([error, answers]));
        }),
    ),
  },
  {
    name: "serverSideEmit reaches no server but others, of which there are none",
    server(io, { log, command }) {
      io.on("hello", () => log("must not be heard"));
      command("emit", () => String(io.serverSideEmit("hello", 1)));
      command("reserved", () => {
        try {
          return String(io.serverSideEmit("connection", 1));
        } catch (error) {
          return error instanceof Error && error.message;
        }
      });
    },
    async client(t) {
      await t.connect("ann", WS);
      t.log("emit", await t.command("emit"));
      t.log("reserved", await t.command("reserved"));
    },
  },
];
