// Connection state recovery, seen from the client.

import type { Peer } from "../peer.ts";
import type { Anything, ClientTools, CompatServer, Scenario, ServerTools } from "../scenario.ts";
import { POLLING, type Transports, WEBSOCKET } from "./client-support.ts";

/** What all of them need: rooms, and a server that speaks when it is told to. */
function talk(io: CompatServer, { command, logOf }: ServerTools): void {
  const welcome = (socket: Anything): void => {
    logOf(socket, "data", socket.data, socket.rooms.size);
    socket.on("join", (room: string, reply: () => void) => {
      socket.join(room);
      socket.data.rooms = [...(socket.data.rooms ?? []), room];
      reply();
    });
    socket.on("leave", (room: string, reply: () => void) => {
      socket.leave(room);
      reply();
    });
    socket.on("kick", () => socket.disconnect());
  };
  const other = io.of("/b");
  io.on("connection", welcome);
  other.on("connection", welcome);
  const all = (): Anything[] => [...io.sockets.sockets.values(), ...other.sockets.values()];
  command("say", (text: string) => void io.emit("said", text));
  command("say to", (room: string, text: string) => void io.to(room).emit("said", text));
  command("say except", (room: string, text: string) => void io.except(room).emit("said", text));
  command("say in b", (text: string) => void other.emit("said", text));
  command("say bytes", () => void io.emit("said", Buffer.from([0, 255]), { b: Buffer.from("x") }));
  command("say volatile", (text: string) => void io.volatile.emit("said", text));
  command("ask", () => io.timeout(200).emitWithAck("question"));
  command("count", () => all().length);
}

/** Ends its connection, in one way or another, and waits until the server has seen that. */
async function lose(t: ClientTools, peer: Peer, how: "cut" | "close" = "cut"): Promise<void> {
  if (how === "cut") {
    t.cut(peer.name);
  } else {
    peer.socket.io.engine.close();
  }
  await peer.next("disconnect");
  await t.until(async () => (await t.command("count")) === 0);
}

/** Connects again, and writes down whether the session has been recovered. */
async function again(...peers: Peer[]): Promise<void> {
  await Promise.all(
    peers.map((peer) => {
      const connected = new Promise<void>((resolve) =>
        peer.socket.once("connect", () => resolve()),
      );
      peer.socket.connect();
      return connected;
    }),
  );
  for (const peer of peers) {
    peer.log("recovered", peer.socket.recovered);
  }
}

/** A client in a room that has got its first packet: the reference recovers no other. */
async function start(t: ClientTools, transports: Transports = WEBSOCKET): Promise<Peer> {
  const ann = await t.connect("ann", { transports });
  await ann.ask("join", "room");
  await t.command("say", "first");
  await ann.next("said");
  return ann;
}

/** Whether a session is its own old one shows by the room; `end` comes last. */
async function finish(t: ClientTools, ...peers: Peer[]): Promise<void> {
  const ended = peers.map(
    (peer) =>
      new Promise<void>((resolve) => {
        peer.on("said", (text) => text === "end" && resolve());
      }),
  );
  await t.command("say to", "room", "to the room");
  await t.command("say", "end");
  await Promise.all(ended);
}

interface Once {
  name: string;
  /** What happens while the client is away. */
  meanwhile?: (t: ClientTools) => Promise<unknown>;
  /** What the client does before it is gone. */
  before?: (ann: Peer, t: ClientTools) => Promise<unknown>;
  how?: "cut" | "close";
  transports?: Transports;
  recovery?: Record<string, unknown>;
  server?: (io: CompatServer, tools: ServerTools) => void;
}

/** A client that loses its connection once. */
function once({ name, meanwhile, before, how, transports, recovery = {}, server }: Once): Scenario {
  return {
    name,
    options: { connectionStateRecovery: recovery },
    server(io, tools) {
      server?.(io, tools);
      talk(io, tools);
    },
    async client(t) {
      const ann = await start(t, transports);
      await before?.(ann, t);
      await lose(t, ann, how);
      await meanwhile?.(t);
      await again(ann);
      await finish(t, ann);
    },
  };
}

/** A middleware that writes down what it sees. */
function middleware(io: CompatServer, { log }: ServerTools): void {
  io.use((socket, next) => {
    log("middleware", socket.recovered);
    next();
  });
}

async function threeTexts(t: ClientTools): Promise<void> {
  for (const text of ["one", "two", "three"]) {
    await t.command("say", text);
  }
}

export const clientRecoveryScenarios: Scenario[] = [
  once({ name: "missed packets come in order after a cut (websocket)", meanwhile: threeTexts }),
  once({
    name: "missed packets come in order after a cut (polling)",
    meanwhile: threeTexts,
    transports: POLLING,
    how: "close",
  }),
  once({
    name: "missed packets come in order after the client closed its engine (websocket)",
    meanwhile: threeTexts,
    how: "close",
  }),
  once({
    name: "missed packets of rooms come, and not those for others",
    async before(ann) {
      await ann.ask("join", "left");
      await ann.ask("leave", "left");
    },
    async meanwhile(t) {
      await t.command("say to", "room", "for the room");
      await t.command("say to", "elsewhere", "for others");
      await t.command("say to", "left", "for those still there");
      await t.command("say except", "room", "for all but the room");
      await t.command("say except", "elsewhere", "for all but others");
    },
  }),
  once({ name: "missed bytes come", meanwhile: (t) => t.command("say bytes") }),
  once({
    name: "a missed question with an answer owed does not come again",
    async meanwhile(t) {
      await t.command("say", "before");
      t.log("answers", await t.command("ask"));
      await t.command("say", "after");
    },
  }),
  once({
    name: "what is volatile does not come again",
    async meanwhile(t) {
      await t.command("say volatile", "lost");
      await t.command("say", "kept");
    },
  }),
  once({
    name: "a session that is too old is a new one",
    recovery: { maxDisconnectionDuration: 100 },
    async meanwhile(t) {
      await t.command("say", "missed");
      await new Promise((resolve) => setTimeout(resolve, 400)); // time is the matter
    },
  }),
  once({
    name: "middlewares do not run for a recovered session",
    server: middleware,
    recovery: { skipMiddlewares: true },
  }),
  once({
    name: "middlewares run for a recovered session where skipMiddlewares is false",
    server: middleware,
    recovery: { skipMiddlewares: false },
    meanwhile: threeTexts,
  }),
  once({
    name: "a middleware that refuses a recovered session sends the client away",
    recovery: { skipMiddlewares: false },
    server(io) {
      let round = 0;
      io.use((_socket, next) => next(++round === 2 ? new Error("not now") : undefined));
    },
    async before(ann) {
      ann.socket.once("connect_error", () => ann.socket.connect());
    },
    meanwhile: threeTexts,
  }),
  {
    name: "a socket that left its namespace is not recovered, whoever ended it",
    options: { connectionStateRecovery: {} },
    server: talk,
    async client(t) {
      const ann = await start(t);
      ann.socket.disconnect();
      await t.until(async () => (await t.command("count")) === 0);
      await t.command("say", "missed");
      await again(ann);
      ann.emit("kick");
      await ann.next("disconnect"); // its own
      await ann.next("disconnect");
      await again(ann);
      await finish(t, ann);
    },
  },
  {
    name: "a session is recovered several times",
    options: { connectionStateRecovery: {} },
    server: talk,
    async client(t) {
      const ann = await start(t);
      for (let round = 0; round < 3; round++) {
        await lose(t, ann);
        await t.command("say", `missed ${round}`);
        await t.command("say bytes");
        await again(ann);
        await ann.ask("join", `room ${round}`);
      }
      await finish(t, ann);
    },
  },
  {
    name: "the sessions of several namespaces are recovered, each with its packets",
    options: { connectionStateRecovery: {} },
    server: talk,
    async client(t) {
      const ann = await start(t);
      const b = ann.of("/b");
      await b.connected();
      await b.ask("join", "room");
      await t.command("say in b", "first");
      await b.next("said");
      await lose(t, ann);
      await t.command("say", "missed");
      await t.command("say in b", "missed in b");
      await again(ann, b);
      await t.command("say in b", "end in b");
      await finish(t, ann);
    },
  },
  {
    name: "of two clients one comes back, and hears what the other said meanwhile",
    options: { connectionStateRecovery: {} },
    server(io, tools) {
      talk(io, tools);
      io.on("connection", (socket) => {
        socket.on("tell", (text: string, reply: () => void) => {
          socket.to("room").emit("told", text, Buffer.from(text));
          reply();
        });
      });
    },
    async client(t) {
      const ann = await start(t);
      const bob = await t.connect("bob", { transports: WEBSOCKET });
      await bob.ask("join", "room");
      t.cut("ann");
      await ann.next("disconnect");
      await t.until(async () => (await t.command("count")) === 1);
      await bob.ask("tell", "one");
      await bob.ask("tell", "two");
      await again(ann);
      await bob.ask("tell", "three");
      await finish(t, ann, bob);
    },
  },
  {
    name: "an unknown session, or an offset of none, is a new session",
    options: { connectionStateRecovery: {} },
    server: talk,
    async client(t) {
      const ann = await t.connect("ann", {
        transports: WEBSOCKET,
        auth: { pid: "unknown", offset: "unknown" },
      });
      ann.log("recovered", ann.socket.recovered);
    },
  },
];
