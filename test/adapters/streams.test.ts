// Nodes over Redis streams, among themselves and together with nodes of the reference.

import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { Redis } from "ioredis";
import { Redis as Redis6 } from "ioredis-6";
import { createClient as createClient6 } from "redis";
import { createClient as createClient4 } from "redis-4";
import { createClient as createClient5 } from "redis-5";
import type { Socket as ClientSocket } from "socket.io-client";
import type { RedisStreamsAdapterOptions } from "../../adapters/redis/streams.ts";
import { createStreamsAdapter } from "../../adapters/redis/streams.ts";
import { once } from "../support/clients.ts";
import { type RedisServer, startRedis } from "../support/redis.ts";
import { assembled, Fleet, type FleetNode, until } from "./streams-fleet.ts";

let redis: RedisServer;
const fleet = new Fleet();
beforeAll(async () => {
  redis = await startRedis();
});
afterEach(() => fleet.end());
afterAll(() => redis.stop());

const FLEETS = [
  { name: "two nodes of this package", sender: false, receiver: false },
  { name: "this package to the reference", sender: false, receiver: true },
  { name: "the reference to this package", sender: true, receiver: false },
];

const SETTINGS: { name: string; adapter: RedisStreamsAdapterOptions; namespace: string }[] = [
  { name: "by default", adapter: {}, namespace: "/" },
  {
    name: "sharded, with names of its own",
    adapter: { useShardedPubSub: true, streamName: "s", channelPrefix: "c", readCount: 1 },
    namespace: "/custom",
  },
  { name: "over several streams", adapter: { streamCount: 5 }, namespace: "/chat" },
];

/** Lists the events of a client but for those that end a wait. */
function record(client: ClientSocket): unknown[][] {
  const events: unknown[][] = [];
  client.onAny((...event: unknown[]) => {
    if (event[0] !== "probe" && event[0] !== "settled") {
      events.push(event);
    }
  });
  return events;
}

/** Waits until what a node has sent so far has come to the clients. */
async function settled(from: FleetNode, namespace: string, ...clients: ClientSocket[]) {
  const all = Promise.all(clients.map((client) => once(client, "settled")));
  from.io.of(namespace).emit("settled");
  await all;
}

describe.each(FLEETS)("$name", ({ sender, receiver }) => {
  describe.each(SETTINGS)("$name", ({ adapter, namespace }) => {
    async function start() {
      const a = fleet.start(redis.port, { isReference: sender, adapter });
      const b = fleet.start(redis.port, { isReference: receiver, adapter });
      a.io.of(namespace);
      b.io.of(namespace);
      await assembled(namespace, a, b);
      const here = await a.connect({}, namespace);
      const there = await b.connect({}, namespace);
      const other = await b.connect({}, namespace);
      return { a: a.io.of(namespace), b: b.io.of(namespace), from: a, to: b, here, there, other };
    }

    test("broadcasts to rooms and but for rooms, with binary data, in order", async () => {
      const { a, from, here, there, other } = await start();
      await there.socket.join(["r1", "r2"]);
      await other.socket.join("r3");
      const events = [here, there, other].map(({ client }) => record(client));
      a.emit("all", 1, { two: [2] }, null);
      a.to("r1").emit("r1", Buffer.from([0, 1, 255]), { and: [Buffer.from("more")] });
      a.to(["r1", "r2", "r3"]).emit("each once");
      a.to("r1").to("r3").except("r2").emit("r3 alone");
      a.except("r1").emit("not r1");
      a.to(there.socket.id).emit("id");
      a.compress(false).emit("not compressed");
      here.socket.broadcast.emit("not the sender");
      await settled(from, namespace, here.client, there.client, other.client);
      const all = ["all", 1, { two: [2] }, null];
      expect(events).toEqual([
        [all, ["not r1"], ["not compressed"]],
        [
          all,
          ["r1", Buffer.from([0, 1, 255]), { and: [Buffer.from("more")] }],
          ["each once"],
          ["id"],
          ["not compressed"],
          ["not the sender"],
        ],
        [all, ["each once"], ["r3 alone"], ["not r1"], ["not compressed"], ["not the sender"]],
      ]);
    });

    test("makes sockets join and leave rooms, and disconnects them", async () => {
      const { a, b, there, other } = await start();
      a.in(there.socket.id).socketsJoin(["joined", "kept"]);
      await until(() => there.socket.rooms.has("kept"));
      a.in("joined").socketsLeave("joined");
      await until(() => !there.socket.rooms.has("joined"));
      expect([...there.socket.rooms]).toEqual([there.socket.id, "kept"]);
      expect([...other.socket.rooms]).toEqual([other.socket.id]);
      const gone = once(there.socket, "disconnect");
      a.in("kept").disconnectSockets(true);
      await gone;
      await once(there.client, "disconnect");
      await until(() => b.sockets.size === 1);
    });

    test("fetches sockets", async () => {
      const { a, b, here, there, other } = await start();
      there.socket.data = { name: "there", bytes: Buffer.from([1]) };
      await there.socket.join("room");
      for (const namespaceOf of [a, b]) {
        const ids = (await namespaceOf.fetchSockets()).map(({ id }) => id);
        expect(ids.toSorted()).toEqual(
          [here, there, other].map(({ socket }) => socket.id).toSorted(),
        );
      }
      const [found, ...more] = await a.in("room").fetchSockets();
      expect(more).toEqual([]);
      expect(found?.id).toBe(there.socket.id);
      expect(found?.rooms).toEqual(new Set([there.socket.id, "room"]));
      expect(found?.data.name).toBe("there");
      expect(found?.data.bytes).toEqual(Buffer.from([1]));
      expect(found?.handshake.query).toEqual(there.socket.handshake.query);
      const gone = once(there.client, "disconnect");
      found?.disconnect();
      await gone;
    });

    test("sends events from server to server, with and without an acknowledgement", async () => {
      const { a, b } = await start();
      const event = once(b, "told");
      a.serverSideEmit("told", 1, { two: Buffer.from([2]) });
      const [one, { two }] = (await event) as [number, { two: Uint8Array }];
      expect([one, ...two]).toEqual([1, 2]);
      b.on("asked", (question: string, answer: (text: string) => void) => answer(`${question}!`));
      a.on("asked", (question: string, answer: (text: string) => void) => answer(`${question}?`));
      expect(await a.serverSideEmitWithAck("asked", "really")).toEqual(["really!"]);
      expect(await b.serverSideEmitWithAck("asked", "really")).toEqual(["really?"]);
    });

    test("collects acknowledgements of all nodes", async () => {
      const { a, here, there, other } = await start();
      for (const [i, { client }] of [here, there, other].entries()) {
        client.on("ask", (_question: string, answer: (value: unknown) => void) =>
          answer({ i, bytes: Buffer.from([i]) }),
        );
      }
      const answers = await a.timeout(5000).emitWithAck("ask", "what");
      const sorted = answers.toSorted((x: { i: number }, y: { i: number }) => x.i - y.i);
      expect(
        sorted.map((answer: { i: number; bytes: Uint8Array }) => [answer.i, ...answer.bytes]),
      ).toEqual([
        [0, 0],
        [1, 1],
        [2, 2],
      ]);
    });

    test("counts the servers", async () => {
      const { a, b, to } = await start();
      expect(await a.adapter.serverCount()).toBe(2);
      expect(await b.adapter.serverCount()).toBe(2);
      await to.close();
      await until(async () => (await a.adapter.serverCount()) === 1);
    });
  });
});

test("keeps the order of what one turn and several send", async () => {
  const [a, b] = [fleet.start(redis.port), fleet.start(redis.port)];
  await assembled("/", a, b);
  const { client } = await b.connect();
  const numbers: number[] = [];
  client.on("number", (number: number) => numbers.push(number));
  for (let i = 0; i < 3000; i++) {
    a.io.emit("number", i);
    if (i % 500 === 0) {
      await Bun.sleep(1);
    }
  }
  await settled(a, "/", client);
  expect(numbers).toEqual(Array.from({ length: 3000 }, (_, i) => i));
});

test("serves its own clients at once, and what it sends is not changed by what the program does next", async () => {
  const [a, b] = [fleet.start(redis.port), fleet.start(redis.port)];
  await assembled("/", a, b);
  const { client, socket } = await b.connect();
  const own = await a.connect();
  const sent: unknown[] = [];
  own.socket.onAnyOutgoing((...event: unknown[]) => sent.push(event));
  const arrived = once(client, "list");
  const list = [1];
  a.io.emit("list", list);
  expect(sent).toHaveLength(1);
  list.push(2);
  expect(await arrived).toEqual([[1]]);
  expect(socket.connected).toBeTrue();
});

const CLIENTS: { name: string; make(url: string): Promise<{ client: object; end(): unknown }> }[] =
  [
    {
      name: "ioredis 6",
      make: async (url) => {
        const client = new Redis6(url);
        return { client, end: () => client.disconnect() };
      },
    },
    { name: "node-redis 4", make: (url) => connected(createClient4({ url })) },
    { name: "node-redis 5", make: (url) => connected(createClient5({ url })) },
    { name: "node-redis 6", make: (url) => connected(createClient6({ url })) },
  ];

async function connected(client: {
  connect(): Promise<unknown>;
  disconnect(): unknown;
  on(event: "error", listener: () => void): unknown;
}) {
  client.on("error", () => {});
  await client.connect();
  return { client, end: () => client.disconnect() };
}

test.each(CLIENTS)("works with $name", async ({ make }) => {
  const { client: redisClient, end } = await make(`redis://127.0.0.1:${redis.port}`);
  const settings = { server: { connectionStateRecovery: {} } };
  const a = fleet.startOver(redisClient as Redis, settings, end);
  const b = fleet.start(redis.port, { ...settings, isReference: true });
  await assembled("/", a, b);
  for (const [from, to] of [
    [a, b],
    [b, a],
  ] as const) {
    const { client, socket } = await to.connect();
    const events = record(client);
    from.io.emit("first", Buffer.from([1]));
    await settled(from, "/", client);
    expect(events[0]?.slice(0, 2)).toEqual(["first", Buffer.from([1])]);
    expect(await from.io.in(socket.id).fetchSockets()).toHaveLength(1);
    const gone = once(socket, "disconnect");
    client.io.engine.close();
    await gone;
    from.io.emit("missed");
    const other = await from.connect();
    await settled(from, "/", other.client);
    client.connect();
    await once(client, "connect");
    expect(client.recovered).toBeTrue();
    await settled(to, "/", client);
    expect(events.map(([name]) => name)).toEqual(["first", "missed"]);
  }
});

test("tells which rooms are occupied on any node", async () => {
  const [a, b] = [fleet.start(redis.port), fleet.start(redis.port)];
  await assembled("/", a, b);
  const { socket } = await b.connect();
  await socket.join("before");
  const told: string[] = [];
  a.adapterOf().on("occupied", (room: string) => told.push(`+${room}`));
  a.adapterOf().on("vacated", (room: string) => told.push(`-${room}`));
  await until(() => told.includes("+before"));
  await socket.join("room");
  await until(() => told.includes("+room"));
  socket.disconnect();
  await until(() => told.includes("-room") && told.includes("-before"));
  expect(told.toSorted()).toEqual(["+before", "+room", "-before", "-room"]);
});

test("counts sockets without fetching them", async () => {
  const nodes = [{}, {}, { isReference: true }].map((each) => fleet.start(redis.port, each));
  await assembled("/", ...nodes);
  for (const node of nodes) {
    await (await node.connect()).socket.join("room");
  }
  const [a] = nodes;
  const rooms = new Set(["room"]);
  expect(await a?.adapterOf().count({ rooms, flags: {} })).toBe(3);
});

test("answers as soon as a node that does not answer is gone", async () => {
  const [a, b] = [fleet.start(redis.port), fleet.start(redis.port)];
  await assembled("/", a, b);
  b.io.on("asked", () => {}); // and no answer
  const asked = a.io.serverSideEmitWithAck("asked").catch((error: unknown) => error);
  await once(b.io, "asked");
  const begin = performance.now();
  await b.close();
  await asked;
  expect(performance.now() - begin).toBeLessThan(3000);
});

test("hears an emitter of another program that writes to the stream", async () => {
  const node = fleet.start(redis.port);
  const { client } = await node.connect();
  const arrived = once(client, "emitted");
  const data = {
    packet: { type: 2, nsp: "/", data: ["emitted", 1] },
    opts: { rooms: [], except: [] },
  };
  const fields = { uid: "emitter", nsp: "/", type: "3", data: JSON.stringify(data) };
  await node.redis.xadd("socket.io", "*", ...Object.entries(fields).flat());
  expect(await arrived).toEqual([1]);
  const told = once(node.io, "told");
  const event = { ...fields, type: "9", data: JSON.stringify({ packet: ["told", 2] }) };
  await node.redis.xadd("socket.io", "*", ...Object.entries(event).flat());
  expect(await told).toEqual([2]);
});

test("trims the stream", async () => {
  const node = fleet.start(redis.port, { adapter: { streamName: "trimmed", maxLen: 50 } });
  await until(() => node.redis.status === "ready");
  for (let i = 0; i < 1000; i++) {
    node.io.emit("number", i);
  }
  await node.close();
  const client = new Redis(redis.port, "127.0.0.1");
  const length = await client.xlen("trimmed");
  client.disconnect();
  expect(length).toBeLessThan(200);
  expect(length).toBeGreaterThanOrEqual(50);
});

test("leaves the client alone when it closes, and nothing else", async () => {
  const client = new Redis(redis.port, "127.0.0.1");
  const node = fleet.startOver(client, {}, () => {});
  await node.connect();
  node.io.of("/other");
  const list = async () => String(await client.client("LIST"));
  await until(async () => / cmd=xread /.test(await list()) && / sub=5 /.test(await list()));
  await node.close();
  expect(client.status).toBe("ready");
  await until(async () => (await list()).trim().split("\n").length === 1);
  expect(client.listenerCount("message") + client.listenerCount("messageBuffer")).toBe(0);
  client.disconnect();
});

test("refuses options that make no sense, with a code", () => {
  const client = new Redis(redis.port, "127.0.0.1", { lazyConnect: true });
  for (const options of [
    { streamCount: 0 },
    { maxLen: -1 },
    { readCount: 1.5 },
    { blockTimeInMs: -1 },
    { streamName: 1 },
    { offsetTimeout: 0 },
    { onlyPlaintext: "yes" },
  ]) {
    expect(() => createStreamsAdapter(client, options as RedisStreamsAdapterOptions)).toThrow(
      expect.objectContaining({ code: "ERR_INVALID_OPTION" }),
    );
  }
});
