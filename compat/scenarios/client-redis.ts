// Two servers joined by Redis, with the adapters that are published for `socket.io`.

import { createAdapter, createShardedAdapter } from "@socket.io/redis-adapter";
import { createAdapter as createStreamsAdapter } from "@socket.io/redis-streams-adapter";
import { Redis } from "ioredis";
import type { Peer } from "../peer.ts";
import { REDIS_PORT } from "../redis-port.ts";
import type { Anything, ClientTools, CompatServer, Scenario, ServerTools } from "../scenario.ts";
import { join, WEBSOCKET } from "./client-support.ts";

const POLL_MS = 5;
const KINDS = ["classic", "sharded", "streams"] as const;

type Kind = (typeof KINDS)[number];

/** The connections of the last scenario of this process, and the number of scenarios so far. */
const connections: Redis[] = [];
let run = 0;

function connect(): Redis {
  const redis = new Redis(Number(process.env[REDIS_PORT]), "127.0.0.1");
  connections.push(redis);
  return redis;
}

/** An adapter of a kind; the servers of one scenario of one process share a prefix, and no others. */
function makeAdapter(kind: Kind): Anything {
  const prefix = `compat-${process.pid}-${run}`;
  switch (kind) {
    case "classic":
      return createAdapter(connect(), connect(), { key: prefix });
    case "sharded":
      return createShardedAdapter(connect(), connect(), { channelPrefix: prefix });
    case "streams":
      return createStreamsAdapter(connect(), { streamName: prefix, channelPrefix: prefix });
  }
}

const isId = (room: string): boolean => room.length === 20;

/** Adds the second server, and what tells when the two know of each other. */
function pair(
  kind: Kind,
  io: CompatServer,
  { addServer, command }: ServerTools,
  more = {},
): CompatServer {
  const other = addServer({ adapter: makeAdapter(kind), allowEIO3: true, ...more });
  const reaches = async (from: CompatServer, to: CompatServer, room: string): Promise<void> => {
    while (![...to.sockets.sockets.values()].every(({ rooms }) => rooms.has(room))) {
      from.socketsJoin(room);
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  };
  join(io);
  join(other);
  command("joined", async () => {
    const servers = [io, other];
    while (
      (await Promise.all(servers.map((it) => it.of("/").adapter.serverCount()))).some(
        (n) => n !== 2,
      )
    ) {
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    await reaches(io, other, "first");
    await reaches(other, io, "second");
  });
  return other;
}

/** A client of each server, when the servers know of each other. */
async function clients(t: ClientTools): Promise<[Peer, Peer]> {
  const ann = await t.connect("ann", { transports: WEBSOCKET });
  const bob = await t.connect("bob", { transports: WEBSOCKET, server: 1 });
  await t.command("joined");
  return [ann, bob];
}

function each(
  make: (kind: Kind) => Scenario,
  kinds: readonly Kind[] = KINDS,
  more: Record<string, unknown> = {},
): Scenario[] {
  return kinds.map((kind) => {
    const scenario = make(kind);
    return {
      ...scenario,
      name: `${scenario.name} (Redis, ${kind})`,
      needs: "redis",
      options: () => {
        for (const redis of connections.splice(0)) {
          redis.disconnect();
        }
        run++;
        return { adapter: makeAdapter(kind), allowEIO3: true, ...more };
      },
    };
  });
}

export const clientRedisScenarios: Scenario[] = [
  ...each((kind) => ({
    name: "a broadcast reaches the clients of both servers, with rooms, exceptions and bytes",
    server(io, tools) {
      const other = pair(kind, io, tools);
      tools.command("say", () => {
        io.emit("said", "to all", Buffer.from([0, 255]), { deep: [null, "é"] });
        io.to("a").emit("said", "to a");
        io.to(["a", "b"]).emit("said", "to a and b");
        io.except("a").emit("said", "to all but a");
        io.local.emit("said", "to those of the first server");
        io.emit("end");
      });
      tools.command("answer", () => {
        other.to("b").except("a").emit("said", "back", Buffer.from("bytes"));
        other.emit("end");
      });
    },
    async client(t) {
      const [ann, bob] = await clients(t);
      await ann.ask("join", ["a"]);
      await bob.ask("join", ["b"]);
      const old = await t.connect("old", { version: 2, transports: WEBSOCKET, server: 1 });
      await old.ask("join", ["a", "b"]);
      const peers = [ann, bob, old];
      for (const command of ["say", "answer"]) {
        await t.command(command);
        await Promise.all(peers.map((peer) => peer.next("end")));
      }
    },
  })),
  ...each((kind) => ({
    name: "what a client says to a room reaches the others, on whichever server they are",
    server(io, tools) {
      const other = pair(kind, io, tools);
      for (const server of [io, other]) {
        server.on("connection", (socket) => {
          socket.on("shout", (value: unknown) => {
            socket.to("room").emit("heard", value);
            socket.to("room").emit("end");
          });
        });
      }
    },
    async client(t) {
      const peers = await clients(t);
      for (const peer of peers) {
        await peer.ask("join", "room");
      }
      for (const [index, peer] of peers.entries()) {
        peer.emit("shout", { from: peer.name, bytes: Buffer.from(peer.name) });
        await peers[1 - index]?.next("end");
      }
    },
  })),
  ...each((kind) => ({
    name: "sockets of another server are found, moved and disconnected",
    server(io, tools) {
      const other = pair(kind, io, tools);
      for (const [index, server] of [io, other].entries()) {
        server.on("connection", (socket) => {
          socket.data = { index, list: [1, null] };
        });
      }
      const has = (room: string): boolean =>
        [...other.sockets.sockets.values()].some(({ rooms }) => rooms.has(room));
      tools.command("found", async (room: string) =>
        (await io.in(room).fetchSockets())
          .map(({ data, rooms, handshake }: Anything) => [
            data,
            [...rooms].filter((it: string) => !isId(it)).sort(),
            handshake.query.EIO,
          ])
          .sort((a: Anything, b: Anything) => a[0].index - b[0].index),
      );
      tools.command("move", () => {
        io.socketsJoin(["x", "y"]);
        io.in("x").socketsLeave("y");
      });
      tools.command("remote", async () => {
        for (const remote of await io.in("second room").fetchSockets()) {
          remote.join("z");
          remote.emit("from afar", Buffer.from("bytes"));
        }
      });
      tools.command("has", (room: string) => has(room));
      tools.command("end", () => io.in("second room").disconnectSockets());
    },
    async client(t) {
      const [ann, bob] = await clients(t);
      await ann.ask("join", "first room");
      await bob.ask("join", "second room");
      await t.command("move");
      await t.until(async () => (await t.command("has", "x")) === true);
      await t.until(async () => (await t.command("has", "y")) === false);
      t.log("all", await t.command("found", "x"));
      t.log("in y", await t.command("found", "y"));
      await t.command("remote");
      await bob.next("from afar");
      await t.until(async () => (await t.command("has", "z")) === true);
      t.log("in z", await t.command("found", "z"));
      await t.command("end");
      await bob.next("disconnect");
      t.log("left", await t.command("found", "x"));
    },
  })),
  ...each((kind) => ({
    name: "clients of both servers answer a broadcast, or the timeout passes",
    server(io, tools) {
      pair(kind, io, tools);
      tools.command("ask", async () =>
        (await io.timeout(5000).emitWithAck("question", Buffer.from("?"))).sort(),
      );
      tools.command("ask in vain", async () => {
        try {
          return await io.timeout(600).emitWithAck("half");
        } catch (error) {
          const { message, responses } = error as Error & { responses: unknown };
          return [message, responses];
        }
      });
    },
    async client(t) {
      const [ann, bob] = await clients(t);
      ann.on("question", (_bytes, reply) => reply("ann"));
      bob.on("question", (_bytes, reply) => reply("bob", "and more"));
      bob.on("half", (reply) => reply({ from: "bob" }));
      t.log("answers", await t.command("ask"));
      t.log("in vain", await t.command("ask in vain"));
    },
  })),
  ...each((kind) => ({
    name: "servers speak to each other, and answer",
    server(io, tools) {
      const other = pair(kind, io, tools);
      const heard: unknown[] = [];
      other.on("hello", (...args) => heard.push(args));
      other.on("question", (value: unknown, reply: (answer: unknown) => void) => {
        reply({ got: value, at: "the second" });
      });
      other.on("never answered", () => {});
      tools.command("hello", () => io.serverSideEmit("hello", "world", { n: [1] }));
      tools.command("heard", () => heard);
      tools.command("ask", () => io.serverSideEmitWithAck("question", "how?"));
      tools.command("reserved", () => io.serverSideEmit("connection", 1));
    },
    async client(t) {
      await clients(t);
      await t.command("hello");
      await t.until(async () => (await t.command<unknown[]>("heard")).length > 0);
      t.log("heard", await t.command("heard"));
      t.log("answers", await t.command("ask"));
      const error = await t.command("reserved").catch((thrown: Error) => thrown);
      t.log("a reserved name", error instanceof Error ? error.message : "passes");
    },
  })),
  ...each(
    (kind) => ({
      name: "a session is recovered, with what both servers have said meanwhile",
      server(io, tools) {
        const other = pair(kind, io, tools, { connectionStateRecovery: {} });
        tools.command("say", (who: number, room: string, text: string) => {
          [io, other][who]?.to(room).emit("said", text);
        });
        tools.command("count", () => io.sockets.sockets.size);
      },
      async client(t) {
        const [ann, bob] = await clients(t);
        const say = async (who: number, room: string, text: string): Promise<void> => {
          await t.command("say", who, room, text);
          await bob.next("said");
        };
        await ann.ask("join", "room");
        await bob.ask("join", ["room", "elsewhere"]);
        await say(0, "room", "first");
        await ann.next("said");
        t.cut("ann");
        await ann.next("disconnect");
        await t.until(async () => (await t.command("count")) === 0);
        await say(0, "room", "from its own server");
        await say(1, "room", "from the other");
        await say(1, "elsewhere", "for others");
        await ann.next("connect");
        ann.socket.connect();
        await ann.next("connect");
        ann.log("recovered", ann.socket.recovered);
        await say(1, "room", "end");
        await t.until(() => ann.socket.connected);
        for (let missed = 0; missed < 3; missed++) {
          await ann.next("said");
        }
      },
    }),
    ["streams"],
    { connectionStateRecovery: {} },
  ),
];
