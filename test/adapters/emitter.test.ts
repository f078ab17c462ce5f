// The emitter beside live nodes of the reference, over a real Redis, and in a process of its own.

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { createAdapter, createShardedAdapter } from "@socket.io/redis-adapter";
import { Emitter as ReferenceEmitter } from "@socket.io/redis-emitter";
import { createAdapter as createStreamsAdapter } from "@socket.io/redis-streams-adapter";
import type { Server } from "bun-socket.io";
import { Redis } from "ioredis";
import { Redis as Redis6 } from "ioredis-6";
import { createClient as createClient6 } from "redis";
import { createClient as createClient4 } from "redis-4";
import { createClient as createClient5 } from "redis-5";
import type { Socket as ClientSocket } from "socket.io-client";
import { MessageType } from "../../adapters/cluster/messages.ts";
import { Emitter } from "../../adapters/redis/emitter.ts";
import type { EmitterOptions } from "../../adapters/redis/emitter-options.ts";
import { resolveShardedOptions } from "../../adapters/redis/options.ts";
import type { Dropped } from "../../adapters/redis/outbox.ts";
import { ShardedWire } from "../../adapters/redis/sharded-wire.ts";
import { Clients, once } from "../support/clients.ts";
import type { Running } from "../support/hosts.ts";
import { freePort, type RedisServer, startRedis } from "../support/redis.ts";
import { REFERENCE } from "../support/reference.ts";
import { closePeers, connect, makeClassic, Peer } from "./wire-peer.ts";

let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());
afterEach(closePeers);

const KINDS = [
  { adapter: "classic", make: () => createAdapter(connect(redis.port), connect(redis.port)) },
  {
    adapter: "sharded",
    make: () => createShardedAdapter(connect(redis.port), connect(redis.port)),
  },
  { adapter: "streams", make: () => createStreamsAdapter(connect(redis.port)) },
] as const;

describe.each(KINDS)("for the reference's $adapter adapter", ({ adapter, make }) => {
  const clients = new Clients();
  let running: Running;
  let io: Server;
  let emitter: Emitter;
  let one: ClientSocket;
  let two: ClientSocket;
  let got: unknown[][];

  beforeEach(async () => {
    running = REFERENCE.start({ adapter: make() });
    io = running.io;
    const names = ["one", "two"];
    io.on("connection", (socket) => socket.join(["all", `${names.shift()}`]));
    io.of("/chat");
    emitter = new Emitter(connect(redis.port), { adapter });
    one = await clients.connect(running.url, { transports: ["websocket"] });
    two = await clients.connect(running.url, { transports: ["websocket"] });
    for (const room of [[], "all", "one", "two", one.id as string, two.id as string]) {
      await heard(
        (name) => emitter.to(room).emit(name),
        room === "two" || room === two.id ? two : one,
      );
    }
    got = [];
    for (const [name, client] of [
      ["one", one],
      ["two", two],
    ] as const) {
      client.onAny((...args) => got.push([name, ...args]));
    }
  });
  afterEach(async () => {
    await emitter.close();
    clients.closeAll();
    await running.close();
  });

  /** Waits until the reference hears a channel: it does not say. */
  async function heard(emit: (name: string) => void, client: ClientSocket): Promise<void> {
    let isHeard = false;
    client.once("probe", () => {
      isHeard = true;
    });
    while (!isHeard) {
      emit("probe");
      await Bun.sleep(5);
    }
    client.off("probe");
    const last = once(client, "last probe");
    emit("last probe");
    await last;
  }

  /** Waits until all clients got all that was emitted before. */
  async function settled(): Promise<void> {
    const both = [once(one, "settled"), once(two, "settled")];
    emitter.to(["one", "two"]).emit("settled");
    await Promise.all(both);
    got = got.filter(([, event]) => event !== "settled" && event !== "probe");
  }

  test("clients get what is emitted, to those it is for", async () => {
    const data = [1, "text", { a: [null, true] }, Buffer.of(1, 2)];
    expect(emitter.emit("everyone", ...data)).toBe(true);
    emitter.to("one").emit("a room");
    emitter.to(["one", "two"]).emit("rooms", Buffer.of(3));
    emitter.in("all").except("one").emit("all but one");
    emitter.except(["two"]).compress(true).emit("one left");
    emitter.compress(false).to("two").emit("plain");
    emitter.to(two.id as string).emit("one socket");
    emitter.volatile.to("nobody").emit("never");
    const kept = emitter.to("one");
    kept.to("two").emit("both");
    kept.emit("one alone");
    await settled();
    const expected = [
      ["one", "everyone", ...data],
      ["two", "everyone", ...data],
      ["one", "a room"],
      ["one", "rooms", Buffer.of(3)],
      ["two", "rooms", Buffer.of(3)],
      ["two", "all but one"],
      ["one", "one left"],
      ["two", "plain"],
      ["two", "one socket"],
      ["one", "both"],
      ["two", "both"],
      ["one", "one alone"],
    ];
    for (const name of ["one", "two"]) {
      const of = (events: unknown[][]) => events.filter(([client]) => client === name);
      expect(of(got)).toEqual(of(expected));
    }
    // On its own: a client that is being sent something misses it.
    const event = once(one, "volatile");
    emitter.volatile.to("one").emit("volatile", 1);
    expect(await event).toEqual([1]);
  });

  test("sockets join, leave and are disconnected", async () => {
    emitter.in("one").socketsJoin(["a", "b"]);
    emitter.in("two").socketsJoin("a");
    emitter.socketsLeave("b");
    emitter.except("two").socketsLeave(["a"]);
    await settled();
    await settled(); // over another connection of the reference
    const rooms = (await io.local.fetchSockets()).map((socket) => [...socket.rooms].slice(1));
    expect(rooms).toEqual([
      ["all", "one"],
      ["all", "two", "a"],
    ]);
    const gone = [once(one, "disconnect"), once(two, "disconnect")];
    emitter.in("two").disconnectSockets();
    expect(await gone[1]).toEqual(expect.arrayContaining(["io server disconnect"]));
    emitter.disconnectSockets(true);
    await gone[0];
  });

  test("servers get what is emitted to them", async () => {
    const event = once(io, "side");
    const binary = once(io, "binary");
    emitter.serverSideEmit("side", { a: 1 }, "x");
    emitter.serverSideEmit("binary", Buffer.of(1));
    expect(await event).toEqual([{ a: 1 }, "x"]);
    expect(await binary).toEqual([Buffer.of(1)]);
  });

  test("of() emits to another namespace", async () => {
    const chat = await clients.connect(`${running.url}/chat`, { transports: ["websocket"] });
    const other = emitter.of("chat");
    expect([other.nsp, emitter.nsp, other.redisClient]).toEqual([
      "/chat",
      "/",
      emitter.redisClient,
    ]);
    await heard((name) => other.emit(name), chat);
    const event = once(chat, "hello");
    other.emit("hello", 1);
    expect(await event).toEqual([1]);
    await settled();
    expect(got).toEqual([]);
  });
});

test("this package's nodes read what the reference's emitter sends", async () => {
  const peer = await Peer.start(redis.port, makeClassic("me"));
  const emitter = new ReferenceEmitter(connect(redis.port));
  emitter.to("a").except("b").volatile.emit("e", Buffer.of(1), new Date(5));
  expect((await peer.take(MessageType.BROADCAST)).message).toMatchObject({
    uid: "emitter",
    nsp: "/",
    data: {
      packet: { type: 2, data: ["e", Buffer.of(1), new Date(5)] },
      opts: { rooms: ["a"], except: ["b"], flags: { volatile: true } },
    },
  });
  emitter.in("a").socketsJoin(["b", "c"]);
  expect((await peer.take(MessageType.SOCKETS_JOIN)).message).toMatchObject({
    uid: undefined,
    data: { opts: { rooms: ["a"], except: [] }, rooms: ["b", "c"] },
  });
  emitter.socketsLeave("b");
  expect((await peer.take(MessageType.SOCKETS_LEAVE)).message).toMatchObject({
    data: { rooms: ["b"] },
  });
  emitter.disconnectSockets(true);
  expect((await peer.take(MessageType.DISCONNECT_SOCKETS)).message).toMatchObject({
    data: { close: true },
  });
  emitter.serverSideEmit("side", 1);
  expect((await peer.take(MessageType.SERVER_SIDE_EMIT)).message).toMatchObject({
    uid: "emitter",
    data: { packet: ["side", 1], requestId: undefined },
  });
});

describe("an emitter", () => {
  test("refuses what the reference's refuses, and what it would have to guess", async () => {
    const emitter = new Emitter(connect(redis.port));
    const code = (name: string) => expect.objectContaining({ code: name });
    expect(() => emitter.emit("connect")).toThrow('"connect" is a reserved event name');
    expect(() => emitter.to("a").emit("newListener")).toThrow(code("ERR_RESERVED_EVENT"));
    expect(() => emitter.serverSideEmit("e", () => {})).toThrow(
      "Acknowledgements are not supported",
    );
    expect(() => emitter.emit("e", () => {})).toThrow(code("ERR_UNSUPPORTED"));
    expect(() => emitter.emit("e", 1n)).toThrow(code("ERR_INVALID_ARGUMENT"));
    expect(() => new Emitter({})).toThrow(code("ERR_INVALID_ARGUMENT"));
    const wrong: EmitterOptions[] = [
      { adapter: "other" as never },
      { key: 1 as never },
      { adapter: "streams", maxLen: 0 },
    ];
    for (const options of wrong) {
      expect(() => new Emitter(emitter.redisClient, options)).toThrow(code("ERR_INVALID_OPTION"));
    }
    const chat = emitter.of("/chat");
    await emitter.close();
    expect(() => emitter.emit("e")).toThrow(code("ERR_UNSUPPORTED"));
    expect(() => chat.emit("e")).toThrow(code("ERR_UNSUPPORTED"));
    await new Emitter(emitter.redisClient).close(); // others of the same client go on
  });

  test("takes the reference's options: a key, and a parser that encodes", async () => {
    const emitter = new Emitter(
      connect(redis.port),
      { key: "k", parser: { encode: JSON.stringify } },
      "/n",
    );
    const parser = { encode: JSON.stringify, decode: (bytes: Buffer) => JSON.parse(`${bytes}`) };
    const peer = await Peer.start(redis.port, makeClassic("me", { key: "k", parser, nsp: "/n" }));
    emitter.to("r").emit("e", 1);
    const { channel, message } = await peer.take(MessageType.BROADCAST);
    expect(channel).toBe("k#/n#r#");
    expect(message).toMatchObject({ data: { packet: { data: ["e", 1], nsp: "/n" } } });
    await emitter.close();
  });

  test.each([
    ["ioredis 5", (port: number) => new Redis(port, "127.0.0.1")],
    ["ioredis 6", (port: number) => new Redis6(port, "127.0.0.1")],
    ["node-redis 4", (port: number) => opened(createClient4({ socket: { port } }))],
    ["node-redis 5", (port: number) => opened(createClient5({ socket: { port } }))],
    ["node-redis 6", (port: number) => opened(createClient6({ socket: { port } }))],
  ])("emits over %s to all kinds of adapters", async (_name, open) => {
    const client = open(redis.port);
    const key = crypto.randomUUID();
    const peer = await Peer.start(redis.port, makeClassic("me", { key }));
    const sharded = new ShardedWire(
      "me",
      "/",
      new Map(),
      resolveShardedOptions({ channelPrefix: key }),
    );
    const shardedPeer = await Peer.start(redis.port, sharded);
    const emitters = [
      new Emitter(client, { key }),
      new Emitter(client, { adapter: "sharded", channelPrefix: key }),
      new Emitter(client, { adapter: "streams", streamName: key, streamCount: 3 }, "/a"),
    ];
    for (const emitter of emitters) {
      emitter.emit("e", "text", Buffer.of(1));
      emitter.emit("e", "text");
    }
    await Promise.all(emitters.map((emitter) => emitter.flush()));
    for (const each of [peer, shardedPeer]) {
      for (const data of [
        ["e", "text", Buffer.of(1)],
        ["e", "text"],
      ]) {
        const { message } = await each.take(MessageType.BROADCAST);
        expect(message).toMatchObject({ uid: "emitter", data: { packet: { data } } });
      }
    }
    const stream = `${key}-0`; // the hash of "/a" is 1554
    expect(await connect(redis.port).xlen(stream)).toBe(2);
    await Promise.all(emitters.map((emitter) => emitter.close()));
    client.disconnect();
  });

  test("checks events against the types it is given", async () => {
    interface Events {
      hello: (name: string, age: number) => void;
    }
    const emitter = new Emitter<Events>(connect(redis.port));
    expect(emitter.emit("hello", "ada", 36)).toBe(true);
    // @ts-expect-error the second argument is a number
    expect(emitter.to("a").emit("hello", "ada", "36")).toBe(true);
    // @ts-expect-error there is no such event
    expect(emitter.volatile.emit("bye")).toBe(true);
    await emitter.close();
  });

  test("keeps what it emits while Redis is away, and tells so", async () => {
    const port = freePort();
    const client = new Redis(port, "127.0.0.1", { retryStrategy: () => 20 });
    const emitter = new Emitter(client, { adapter: "streams" });
    const { promise, resolve } = Promise.withResolvers<Error>();
    emitter.on("error", resolve);
    for (let i = 0; i < 500; i++) {
      emitter.emit("e", i);
    }
    expect(await promise).toMatchObject({ code: "ERR_REDIS", cause: expect.any(Error) });
    expect(emitter.flush(20)).rejects.toMatchObject({ code: "ERR_REDIS" });
    const late = await startRedis({ port });
    await emitter.close();
    const entries = await client.xrange("socket.io", "-", "+");
    const numbers = entries.map(([, fields]) => JSON.parse(`${fields.at(-1)}`).packet.data[1]);
    expect(numbers).toEqual(Array.from({ length: 500 }, (_, i) => i));
    client.disconnect();
    await late.stop();
  });

  test.each([
    ["ioredis", (port: number) => new Redis(port, "127.0.0.1", { retryStrategy: () => 20 })],
    ["node-redis", (port: number) => opened(createClient6({ socket: { port } }))],
  ])("goes on over %s when Redis was killed and is back", async (_name, open) => {
    const own = await startRedis();
    const client = open(own.port);
    const emitter = new Emitter(client, { adapter: "streams" });
    emitter.on("error", () => {}); // the connection is lost
    emitter.emit("before");
    await emitter.flush();
    const lost = new Promise<void>((resolve) => emitter.on("error", () => resolve()));
    await own.kill();
    await lost;
    for (let i = 0; i < 100; i++) {
      emitter.emit("e", i);
    }
    await own.restart();
    await emitter.close();
    const entries = await connect(own.port).xrange("socket.io", "-", "+");
    const numbers = entries.map(([, fields]) => JSON.parse(`${fields.at(-1)}`).packet.data[1]);
    expect(numbers).toEqual(Array.from({ length: 100 }, (_, i) => i));
    client.disconnect();
    await own.stop();
  });

  test("drops the oldest beyond its bounds, and tells so", async () => {
    const client = new Redis(freePort(), "127.0.0.1", { retryStrategy: () => 20 });
    const emitter = new Emitter(client, { outbox: { maxBytes: 50_000 } });
    const drops: Dropped[] = [];
    const errors: string[] = [];
    emitter.on("dropped", (dropped) => drops.push(dropped));
    emitter.on("error", ({ code }) => errors.push(code));
    const ignored = () => expect.unreachable();
    emitter.on("dropped", ignored).off("dropped", ignored);
    for (let i = 0; i < 100; i++) {
      emitter.emit("e", "x".repeat(1000));
    }
    await expect(emitter.flush(50)).rejects.toMatchObject({ code: "ERR_OUTBOX_FULL" });
    expect(drops).toMatchObject([{ reason: "overflow" }]);
    expect(drops[0]?.messages).toBeWithin(50, 70);
    expect(errors).toContain("ERR_OUTBOX_FULL");
    await expect(emitter.close(1)).rejects.toMatchObject({ code: "ERR_REDIS" });
    client.disconnect();
  });

  test("loses nothing of a program that closes it and ends", async () => {
    const peer = await Peer.start(redis.port, makeClassic("me"));
    const program = `
      import { Redis } from "ioredis";
      import { Emitter } from "${import.meta.dir}/../../adapters/redis/emitter.ts";
      const redis = new Redis(${redis.port}, "127.0.0.1");
      const emitter = new Emitter(redis);
      for (let i = 0; i < 3000; i++) emitter.emit("e", i);
      emitter.serverSideEmit("last");
      await emitter.close();
      process.exit(0);
    `;
    const child = Bun.spawn([process.execPath, "-e", program], {
      stderr: "inherit",
      cwd: import.meta.dir,
    });
    expect(await child.exited).toBe(0);
    await peer.take(MessageType.SERVER_SIDE_EMIT);
    expect(peer.heard.map(({ message }) => message)).toMatchObject(
      Array.from({ length: 3000 }, (_, i) => ({ data: { packet: { data: ["e", i] } } })),
    );
  });
});

/** A client of node-redis that connects, while one emits already. */
function opened<Client extends { connect(): Promise<unknown> }>(client: Client): Client {
  void client.connect();
  return client;
}
