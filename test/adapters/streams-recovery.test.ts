// Clients that come back, to any node of a fleet over Redis streams.

import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { Redis } from "ioredis";
import type { Socket as ClientSocket } from "socket.io-client";
import type { RedisStreamsAdapterOptions } from "../../adapters/redis/streams.ts";
import { connected, once } from "../support/clients.ts";
import { type RedisServer, startRedis } from "../support/redis.ts";
import {
  assembled,
  Fleet,
  type FleetNode,
  type NodeSettings,
  type Pair,
  until,
} from "./streams-fleet.ts";

let redis: RedisServer;
let direct: Redis;
const fleet = new Fleet();
beforeAll(async () => {
  redis = await startRedis();
  direct = new Redis(redis.port, "127.0.0.1");
});
afterEach(async () => {
  await fleet.end();
  await direct.flushall();
});
afterAll(async () => {
  direct.disconnect();
  await redis.stop();
});

const RECOVERY = { connectionStateRecovery: { maxDisconnectionDuration: 60_000 } };

function start(settings: NodeSettings = {}): FleetNode {
  return fleet.start(redis.port, { ...settings, server: { ...RECOVERY, ...settings.server } });
}

/** Lists the events of a client; the offset of each is checked and left out. */
function record(client: ClientSocket): unknown[][] {
  const events: unknown[][] = [];
  client.onAny((...event: unknown[]) => {
    if (event[0] !== "probe" && event[0] !== "settled") {
      expect(event.at(-1)).toMatch(/^\d+-\d+$/);
      events.push(event.slice(0, -1));
    }
  });
  return events;
}

async function settled(from: FleetNode, ...clients: ClientSocket[]): Promise<void> {
  const all = Promise.all(clients.map((client) => once(client, "settled")));
  from.io.emit("settled");
  await all;
}

/** A client that has got something, and with it an offset. */
async function join(node: FleetNode): Promise<Pair> {
  const pair = await node.connect();
  const first = once(pair.client, "settled");
  pair.socket.emit("settled");
  await first;
  return pair;
}

/** Ends the connection without a word to the namespace, and waits until the node knows. */
async function drop({ client, socket }: Pair): Promise<void> {
  const gone = once(socket, "disconnect");
  client.io.engine.close();
  await gone;
}

/** Connects a client again, to a node. */
async function comeBack(client: ClientSocket, node: FleetNode): Promise<Pair> {
  Object.assign(client.io, { uri: node.url });
  client.connect();
  await connected(client);
  return { client, socket: node.socketOf(client) };
}

const savedSessions = () => direct.keys("sio:session:*");

const FLEETS = [
  { name: "one node", kinds: [false] },
  { name: "two nodes of this package", kinds: [false, false] },
  { name: "this package, back to the reference", kinds: [false, true] },
  { name: "the reference, back to this package", kinds: [true, false] },
];

describe.each(FLEETS)("$name", ({ kinds }) => {
  async function startAll() {
    const nodes = kinds.map((isReference) => start({ isReference }));
    await assembled("/", ...nodes);
    const [a, b = a] = nodes as [FleetNode, FleetNode?];
    return { a, b };
  }

  test("gives a client its id, rooms and data back, and what it missed, in order", async () => {
    const { a, b } = await startAll();
    const pair = await join(a);
    await pair.socket.join(["r1", "r2"]);
    pair.socket.data = { name: "alice", bytes: Buffer.from([1]) };
    const { id } = pair.socket;
    const events = record(pair.client);
    await drop(pair);
    await until(async () => (await savedSessions()).length > 0);
    a.io.emit("everyone", 1, { two: [2] });
    b.io.to("r1").emit("room", Buffer.from([0, 255]));
    a.io.to("other").emit("other room");
    b.io.except("r2").emit("excepted");
    a.io.to(id).emit("id");
    const other = await join(b);
    await settled(a, other.client);
    await settled(b, other.client);
    const back = await comeBack(pair.client, b);
    expect([back.socket.recovered, back.client.recovered, back.socket.id]).toEqual([
      true,
      true,
      id,
    ]);
    expect(back.socket.rooms).toEqual(new Set([id, "r1", "r2"]));
    expect(back.socket.data.name).toBe("alice");
    expect([...back.socket.data.bytes]).toEqual([1]);
    b.io.to("r2").emit("new");
    a.io.to(id).emit("new from the other");
    await settled(a, back.client);
    await settled(b, back.client);
    const names = events.map(([name]) => name);
    expect(names.toSorted()).toEqual(["everyone", "id", "new", "new from the other", "room"]);
    expect(names.slice(0, 3).toSorted()).toEqual(["everyone", "id", "room"]);
    expect(events.find(([name]) => name === "room")).toEqual(["room", Buffer.from([0, 255])]);
    expect(await savedSessions()).toEqual([]);
  });

  test("starts a new session for a client that is not known, or whose offset is not", async () => {
    const { a, b } = await startAll();
    const pair = await join(a);
    await drop(pair);
    await until(async () => (await savedSessions()).length > 0);
    await direct.del(...(await savedSessions()));
    const back = await comeBack(pair.client, b);
    expect([back.client.recovered, back.socket.recovered]).toEqual([false, false]);
    const again = await join(a);
    await drop(again);
    Object.assign(again.client, { _lastOffset: "9999999999999-1" });
    expect((await comeBack(again.client, b)).client.recovered).toBeFalse();
    const last = await join(a);
    await drop(last);
    Object.assign(last.client, { _lastOffset: "nonsense" });
    expect((await comeBack(last.client, b)).client.recovered).toBeFalse();
  });
});

test("delivers every event once and in order, however often a client moves from node to node", async () => {
  const nodes = [start(), start(), start()];
  await assembled("/", ...nodes);
  let pair = await join(nodes[0] as FleetNode);
  const numbers: number[] = [];
  pair.client.on("number", (number: number) => numbers.push(number));
  let sent = 0;
  let isOver = false;
  const senders = (async () => {
    while (!isOver) {
      for (let i = 0; i < 3; i++) {
        nodes[0]?.io.emit("number", sent++);
      }
      await Bun.sleep(1);
    }
  })();
  for (let i = 1; i <= 12; i++) {
    await Bun.sleep(5);
    const { id } = pair.socket;
    await drop(pair);
    pair = await comeBack(pair.client, nodes[i % 3] as FleetNode);
    expect([pair.client.recovered, pair.socket.id]).toEqual([true, id]);
  }
  isOver = true;
  await senders;
  await settled(nodes[0] as FleetNode, pair.client);
  expect(numbers).toEqual(Array.from({ length: sent }, (_, i) => i));
});

test("keeps one order on all nodes for what several send at once", async () => {
  const nodes = [start(), start()];
  await assembled("/", ...nodes);
  const pairs = await Promise.all(nodes.map((node) => node.connect()));
  const all = pairs.map(({ client }) => record(client));
  for (let i = 0; i < 200; i++) {
    nodes.forEach((node, j) => {
      node.io.emit("event", i, j);
    });
    if (i % 20 === 0) {
      await Bun.sleep(1);
    }
  }
  for (const node of nodes) {
    await settled(node, ...pairs.map(({ client }) => client));
  }
  expect(all[0]).toHaveLength(400);
  expect(all[1]).toEqual(all[0] as unknown[][]);
});

test("does not let volatile events and acknowledgements overtake or be overtaken, nor gives them offsets", async () => {
  const a = start();
  const { client, socket } = await join(a);
  const events: unknown[][] = [];
  client.onAny((...event: unknown[]) => {
    const callback = event.at(-1);
    if (typeof callback === "function") {
      event[event.length - 1] = "callback";
      callback("answer");
    }
    events.push(event);
  });
  a.io.emit("first");
  a.io.volatile.emit("volatile");
  a.io.local.emit("local");
  a.io.socketsJoin("room");
  a.io.to("room").emit("room");
  const answers = a.io.timeout(1000).emitWithAck("ask");
  a.io.to("room").emit("behind");
  expect(await answers).toEqual(["answer"]);
  a.io.to("room").emit("bye");
  a.io.in("room").disconnectSockets();
  await Promise.all([once(socket, "disconnect"), once(client, "disconnect")]);
  const withoutOffsets = events.map((event) =>
    event.filter((item) => !/^\d+-\d+$/.test(String(item))),
  );
  expect(withoutOffsets).toEqual([
    ["first"],
    ["volatile"],
    ["local"],
    ["room"],
    ["ask", "callback"],
    ["behind"],
    ["bye"],
  ]);
  expect(events.map((event) => event.length)).toEqual([2, 1, 1, 2, 2, 2, 2]);
});

test("recovers a client that has got nothing yet", async () => {
  const [a, b] = [start(), start()];
  await assembled("/", a, b);
  const pair = await a.connect();
  const events = record(pair.client);
  await drop(pair);
  a.io.emit("one");
  b.io.emit("two");
  const other = await join(b);
  await settled(a, other.client);
  const back = await comeBack(pair.client, b);
  expect(back.client.recovered).toBeTrue();
  await settled(b, back.client);
  expect(events.map(([name]) => name).toSorted()).toEqual(["one", "two"]);
});

test("recovers a client that has got nothing yet where nothing was ever sent", async () => {
  const a = start();
  const pair = await a.connect();
  await drop(pair);
  const b = start();
  await assembled("/", a, b);
  const back = await comeBack(pair.client, b);
  expect(back.client.recovered).toBeTrue();
});

test("recovers a client that has got nothing yet where the stream reaches back far enough, else not", async () => {
  const adapter = { maxLen: 100 };
  const a = start({ adapter });
  const fill = async () => {
    for (let i = 0; i < 300; i++) {
      a.io.emit("fill");
    }
    await settled(a, (await a.connect()).client);
  };
  await fill();
  const early = await a.connect();
  const late = await a.connect();
  await drop(early);
  await drop(late);
  a.io.emit("missed");
  const events = record(late.client);
  expect((await comeBack(late.client, a)).client.recovered).toBeTrue();
  await settled(a, late.client);
  expect(events).toEqual([["missed"]]);
  await fill();
  expect((await comeBack(early.client, a)).client.recovered).toBeFalse();
});

test("does not recover with holes when the stream was cut behind the offset", async () => {
  const a = start({ adapter: { maxLen: 100 } });
  const pair = await join(a);
  await drop(pair);
  const { client } = await a.connect();
  for (let i = 0; i < 1000; i++) {
    a.io.emit("fill");
  }
  await settled(a, client);
  expect((await comeBack(pair.client, a)).client.recovered).toBeFalse();
});

test("reads what was missed page by page", async () => {
  const a = start();
  const pair = await join(a);
  const events = record(pair.client);
  await drop(pair);
  for (let i = 0; i < 2500; i++) {
    a.io.emit("number", i);
  }
  await settled(a, (await a.connect()).client);
  const back = await comeBack(pair.client, a);
  expect(back.client.recovered).toBeTrue();
  await settled(a, back.client);
  expect(events.map(([, i]) => i)).toEqual(Array.from({ length: 2500 }, (_, i) => i));
});

test("recovers across a restart of the whole fleet", async () => {
  const before = [start(), start()];
  await assembled("/", ...before);
  const pairs = await Promise.all(before.map((node) => join(node)));
  const all = pairs.map(({ client }) => record(client));
  for (const { socket } of pairs) {
    await socket.join("room");
  }
  const gone = pairs.map(({ client }) => once(client, "disconnect"));
  before[0]?.io.to("room").emit("just before");
  await before[0]?.close();
  expect(await savedSessions()).toHaveLength(1);
  await before[1]?.close();
  expect(await savedSessions()).toHaveLength(2);
  await Promise.all(gone);
  const after = [start(), start()];
  await assembled("/", ...after);
  const ids = pairs.map(({ socket }) => socket.id);
  const backs = await Promise.all(
    pairs.map(({ client }, i) => comeBack(client, after[1 - i] as FleetNode)),
  );
  expect(backs.map(({ client, socket }) => [client.recovered, socket.id])).toEqual(
    ids.map((id) => [true, id]),
  );
  after[0]?.io.to("room").emit("after");
  await settled(after[0] as FleetNode, ...backs.map(({ client }) => client));
  expect(all).toEqual([
    [["just before"], ["after"]],
    [["just before"], ["after"]],
  ]);
});

test("recovers a client that is back at another node before its old one has noticed", async () => {
  const [a, b] = [start(), start()];
  await assembled("/", a, b);
  const pair = await join(a);
  await pair.socket.join("room");
  const { id } = pair.socket;
  const gone = once(pair.socket, "disconnect");
  // As with a client that has changed networks: its old connection is silent, and open.
  const { client } = await b.connect({
    auth: {
      pid: Reflect.get(pair.client, "_pid"),
      offset: Reflect.get(pair.client, "_lastOffset"),
    },
  });
  expect(await gone).toContain("transport close");
  const socket = b.socketOf(client);
  expect([socket.recovered, socket.id]).toEqual([true, id]);
  expect(socket.rooms).toEqual(new Set([id, "room"]));
  expect(a.io.of("/").sockets.has(id)).toBeFalse();
  expect((await a.io.fetchSockets()).filter((each) => each.id === id)).toHaveLength(1);
});

test("does not take up a session of another namespace, where middlewares would be skipped", async () => {
  const a = start();
  a.io.of("/admin").use((_socket, next) => next(new Error("no")));
  const pair = await join(a);
  await drop(pair);
  const auth = {
    pid: Reflect.get(pair.client, "_pid"),
    offset: Reflect.get(pair.client, "_lastOffset"),
  };
  await expect(a.connect({ auth }, "/admin")).rejects.toThrow("no");
});

test("takes up a session once", async () => {
  const [a, b] = [start(), start()];
  await assembled("/", a, b);
  const pair = await join(a);
  await drop(pair);
  const auth = {
    pid: Reflect.get(pair.client, "_pid"),
    offset: Reflect.get(pair.client, "_lastOffset"),
  };
  const { id } = pair.socket;
  // One gets it, and then the other claims it from that, or neither does.
  await Promise.allSettled([a.connect({ auth }), b.connect({ auth })]);
  const holders = () => [a, b].filter(({ io }) => io.of("/").sockets.has(id));
  await until(() => holders().length === 1);
  expect(holders()).toHaveLength(1);
});

test("keeps a session that a middleware has refused", async () => {
  let isRefused = false;
  const server = { connectionStateRecovery: { skipMiddlewares: false } };
  const a = start({ server });
  a.io.use((_socket, next) => next(isRefused ? new Error("not now") : undefined));
  const pair = await a.connect();
  await drop(pair);
  a.io.emit("missed");
  isRefused = true;
  pair.client.connect();
  await once(pair.client, "connect_error");
  isRefused = false;
  const events = record(pair.client);
  const back = await comeBack(pair.client, a);
  expect(back.client.recovered).toBeTrue();
  await settled(a, back.client);
  expect(events).toEqual([["missed"]]);
});

test("delivers what is sent while a middleware lets a client wait", async () => {
  const { promise: asked, resolve: onAsked } = Promise.withResolvers<void>();
  const { promise: wait, resolve: go } = Promise.withResolvers<void>();
  const [a, b] = [
    start({ server: { connectionStateRecovery: { skipMiddlewares: false } } }),
    start(),
  ];
  await assembled("/", a, b);
  const pair = await join(a);
  a.io.use(async (_socket, next) => {
    onAsked();
    await wait;
    next();
  });
  const events = record(pair.client);
  await drop(pair);
  a.io.emit("before");
  const back = comeBack(pair.client, a);
  await asked;
  a.io.emit("meanwhile");
  b.io.emit("meanwhile, too");
  await settled(b, (await join(b)).client);
  go();
  const { client } = await back;
  a.io.emit("after");
  await settled(a, client);
  expect(events.map(([name]) => name).toSorted()).toEqual([
    "after",
    "before",
    "meanwhile",
    "meanwhile, too",
  ]);
  expect(events.at(0)).toEqual(["before"]);
  expect(events.at(-1)).toEqual(["after"]);
});

test("keeps sessions for as long as it was told", async () => {
  const a = start({ server: { connectionStateRecovery: { maxDisconnectionDuration: 200 } } });
  const pair = await join(a);
  await drop(pair);
  await until(async () => (await savedSessions()).length > 0);
  const [key = ""] = await savedSessions();
  expect(await direct.pttl(key)).toBeLessThanOrEqual(200);
  await until(async () => (await savedSessions()).length === 0);
  expect((await comeBack(pair.client, a)).client.recovered).toBeFalse();
});

test("tells of data that cannot be kept", async () => {
  const a = start();
  const pair = await join(a);
  pair.socket.data = 1n;
  const warning = new Promise((resolve) => process.once("warning", resolve));
  await drop(pair);
  expect(String(await warning)).toContain("could not keep a session");
  expect((await comeBack(pair.client, a)).client.recovered).toBeFalse();
});

test("uses the keys of the reference, and holds beside them what that does not heed", async () => {
  const adapter: RedisStreamsAdapterOptions = { sessionKeyPrefix: "prefix:" };
  const a = start({ adapter });
  const pair = await join(a);
  await drop(pair);
  const key = `prefix:${Reflect.get(pair.client, "_pid")}`;
  await until(async () => (await direct.exists(key)) === 1);
  const { decode } = await import("@msgpack/msgpack");
  const session = decode(Buffer.from((await direct.get(key)) ?? "", "base64"));
  expect(session).toEqual({
    sid: pair.socket.id,
    pid: Reflect.get(pair.client, "_pid"),
    rooms: [pair.socket.id],
    data: {},
    nsp: "/",
    start: expect.stringMatching(/^\d+-\d+$/),
  });
});
