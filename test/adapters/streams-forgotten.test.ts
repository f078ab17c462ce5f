// Redis forgets what it has acknowledged, before the nodes have read it.

import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { Redis } from "ioredis";
import { once } from "../support/clients.ts";
import { type RedisServer, startRedis } from "../support/redis.ts";
import {
  assembled,
  Fleet,
  type FleetNode,
  type NodeSettings,
  type Pair,
  until,
} from "./streams-fleet.ts";

// So that each node can be kept from reading; they are there after a restart, too.
const USERS = ["a", "b", "c"].flatMap((name) => [
  "--user",
  name,
  "on",
  "nopass",
  "~*",
  "&*",
  "+@all",
]);

/** So many are written again in several steps. */
const MANY = 1_000;

/** For longer than a node keeps what it has read back itself. */
const KEPT_MS = 2_100;

let redis: RedisServer;
const fleet = new Fleet();
const directs: Redis[] = [];
beforeEach(async () => {
  redis = await startRedis({ args: USERS });
  // As if only nodes of this package had been there for long: then it is safe.
  await connect().set("socket.io:nodes", "ours", "PX", 10_000);
});
afterEach(async () => {
  await fleet.end();
  for (const direct of directs.splice(0)) {
    direct.disconnect();
  }
  await redis.stop();
});

function connect(): Redis {
  const direct = new Redis(redis.port, "127.0.0.1", { retryStrategy: () => 50 });
  direct.on("error", () => {}); // Redis is ended meanwhile
  directs.push(direct);
  return direct;
}

const start = (username: string, settings: NodeSettings = {}): FleetNode =>
  fleet.start(redis.port, settings, { username, password: "" });

/** From now on, these nodes write, but read nothing of the stream until Redis is restarted. */
async function holdReaders(direct: Redis, ...users: string[]): Promise<void> {
  for (const user of users) {
    await direct.acl("SETUSER", user, "-xread");
    await direct.client("KILL", "SKIPME", "yes", "USER", user);
  }
}

async function isWritten(direct: Redis, text: string): Promise<void> {
  await until(async () =>
    JSON.stringify(await direct.xrange("socket.io", "-", "+")).includes(text),
  );
}

async function entriesWith(direct: Redis, text: string): Promise<unknown[]> {
  const entries = await direct.xrange("socket.io", "-", "+");
  return entries.filter((entry) => JSON.stringify(entry).includes(text));
}

/** The arguments of each event of this name that comes to a client. */
function record({ client }: Pair, name: string): unknown[][] {
  const events: unknown[][] = [];
  client.on(name, (...args: unknown[]) => events.push(args));
  return events;
}

const isLast = (events: unknown[][], last: string) => events.at(-1)?.[0] === last;

const WAYS: readonly { way: string; settings: NodeSettings }[] = [
  { way: "in bundles where it is safe", settings: {} },
  { way: "one by one", settings: { adapter: { bundle: false } } },
  { way: "with recovery", settings: { server: { connectionStateRecovery: {} } } },
  { way: "in bundles in any case", settings: { adapter: { bundle: true } } },
];

describe.each(WAYS)("$way", ({ settings }) => {
  test("what no node had read when Redis was killed arrives everywhere, once and in order", async () => {
    const direct = connect();
    const nodes = [start("a", settings), start("b", settings)] as const;
    await assembled("/", ...nodes);
    const pairs = [await nodes[0].connect(), await nodes[1].connect()] as const;
    const lists = pairs.map((pair) => ["from 0", "from 1"].map((name) => record(pair, name)));
    await holdReaders(direct, "a", "b");
    const sent: string[][] = [[], []];
    const emit = (text: string): void => {
      for (const [i, { io }] of nodes.entries()) {
        sent[i]?.push(`${text} of ${i}`);
        io.emit(`from ${i}`, `${text} of ${i}`);
      }
    };
    await until(() => nodes.every(({ redis: { status } }) => status === "ready"));
    for (let i = 0; i < 20; i++) {
      emit(`acknowledged ${i}`);
    }
    await isWritten(direct, "acknowledged 19 of 0");
    await isWritten(direct, "acknowledged 19 of 1");
    await redis.kill();
    emit("meanwhile");
    await redis.restart();
    emit("afterwards");
    await until(() =>
      lists.every((list) => list.every((events, i) => isLast(events, `afterwards of ${i}`))),
    );
    const texts = lists.map((list) => list.map((events) => events.map(([text]) => text)));
    expect(texts).toEqual([sent, sent]);
  });

  test("what is written again is not lost when Redis is killed meanwhile, again and again", async () => {
    const direct = connect();
    const nodes = [start("a", settings), start("b", settings)] as const;
    await assembled("/", ...nodes);
    const pairs = [await nodes[0].connect(), await nodes[1].connect()] as const;
    const lists = pairs.map((pair) => ["from 0", "from 1"].map((name) => record(pair, name)));
    await holdReaders(direct, "a", "b");
    await until(() => nodes.every(({ redis: { status } }) => status === "ready"));
    const numbers = Array.from({ length: MANY }, (_, i) => i);
    for (const i of numbers) {
      for (const [from, { io }] of nodes.entries()) io.emit(`from ${from}`, i);
    }
    for (const from of nodes.keys()) {
      await isWritten(direct, `\\"from ${from}\\",${MANY - 1}`);
    }
    const whole = await direct.xlen("socket.io");
    for (const part of [0, 0.001, 0.2, 0.5]) {
      await redis.kill();
      await redis.restart();
      await until(async () => (await direct.xlen("socket.io").catch(() => -1)) >= part * whole);
    }
    for (const [from, { io }] of nodes.entries()) io.emit(`from ${from}`, MANY);
    await until(() => lists.every((list) => list.every((events) => events.at(-1)?.[0] === MANY)));
    const heard = lists.map((list) => list.map((events) => events.map(([number]) => number)));
    const all = [...numbers, MANY];
    expect(heard).toEqual([
      [all, all],
      [all, all],
    ]);
  }, 20_000);

  test("what only the other node had not read arrives there", async () => {
    const direct = connect();
    const nodes = [start("a", settings), start("b", settings)] as const;
    await assembled("/", ...nodes);
    const pairs = [await nodes[0].connect(), await nodes[1].connect()] as const;
    const [here, there] = [record(pairs[0], "event"), record(pairs[1], "event")];
    await holdReaders(direct, "b");
    for (let i = 0; i < 20; i++) {
      nodes[0].io.emit("event", `${i}`);
    }
    await until(() => here.length === 20);
    await isWritten(direct, '\\"19\\"');
    await redis.kill();
    await redis.restart();
    await until(() => there.length === 20);
    nodes[0].io.emit("event", "20");
    await until(() => there.length === 21 && here.length === 21);
    const numbers = Array.from({ length: 21 }, (_, i) => `${i}`);
    expect(here.map(([text]) => text)).toEqual(numbers);
    expect(there).toEqual(here); // the offsets, too: nobody has written in between
  });

  test.each([
    { scripts: "with scripts", rule: "+eval" },
    { scripts: "without scripts", rule: "-eval" },
  ])("what a node writes again behind another one is in order, $scripts", async ({ rule }) => {
    const direct = connect();
    const [a, b] = [start("a", settings), start("b", settings)];
    await assembled("/", a, b);
    const pairs = [await a.connect(), await b.connect()] as const;
    const lists = pairs.map((pair) => ["from a", "from b"].map((name) => record(pair, name)));
    await holdReaders(direct, "a", "b");
    await until(() => [a, b].every((node) => node.redis.status === "ready"));
    const emit = async (node: FleetNode, name: string, text: string): Promise<void> => {
      node.io.emit(name, text);
      await isWritten(direct, text);
    };
    await emit(a, "from a", "first of a");
    await emit(b, "from b", "only of b"); // its id is between those of the others
    await emit(a, "from a", "second of a");
    await emit(a, "from a", "third of a");
    const before = await entriesWith(direct, "of a");
    await redis.kill();
    a.redis.disconnect();
    await redis.restart();
    await direct.acl("SETUSER", "a", rule);
    await isWritten(direct, "only of b");
    await a.redis.connect();
    await isWritten(direct, "third of a");
    const after = await entriesWith(direct, "of a");
    if (rule === "+eval") {
      expect(after.slice(-2)).toEqual(before.slice(-2)); // only the first id is too low
    }
    a.io.emit("from a", "last of a");
    await until(() => lists.every(([ofA = []]) => isLast(ofA, "last of a")));
    const texts = lists.map((list) => list.map((events) => events.map(([text]) => text)));
    const sent = [["first of a", "second of a", "third of a", "last of a"], ["only of b"]];
    expect(texts).toEqual([sent, sent]);
  });
});

test("what another node has not read is still there if this one reads again sooner than it writes", async () => {
  const direct = connect();
  const server = { connectionStateRecovery: {} };
  const [a, b] = [start("a", { server }), start("b", { server })];
  await assembled("/", a, b);
  const pairs = [await a.connect(), await b.connect()] as const;
  const [here, there] = [record(pairs[0], "event"), record(pairs[1], "event")];
  const ofOther = record(pairs[0], "of other");
  await holdReaders(direct, "b");
  a.io.emit("event", "1");
  a.io.emit("event", "2");
  await until(() => here.length === 2); // with recovery: a has read it back
  await redis.kill();
  a.redis.disconnect();
  await Bun.sleep(KEPT_MS); // until it would be too old to be kept
  await redis.restart();
  for (const text of ["first", "second"]) {
    b.io.emit("of other", text);
    await until(() => isLast(ofOther, text)); // a reads: its position is behind what is lost
  }
  await a.redis.connect();
  a.io.emit("event", "3");
  await until(() => isLast(there, "3"));
  expect(there.map(([text]) => text)).toEqual(["1", "2", "3"]);
});

test("what is written again has its old id: nodes of the reference that had read it get it once", async () => {
  const direct = connect();
  const server = { connectionStateRecovery: {} };
  const a = start("a", { server });
  const reference = start("c", { isReference: true });
  await assembled("/", a, reference);
  const pairs = [await a.connect(), await reference.connect()] as const;
  const lists = pairs.map((pair) => record(pair, "event"));
  for (let i = 0; i < 10; i++) {
    a.io.emit("event", `${i}`);
  }
  await until(() => lists.every(({ length }) => length === 10));
  const before = await direct.xrange("socket.io", "-", "+");
  await redis.kill();
  await redis.restart();
  await isWritten(direct, '\\"9\\"');
  const after = await direct.xrange("socket.io", "-", "+");
  expect(before.slice(-10)).toEqual(after.slice(-10));
  a.io.emit("event", "last");
  await until(() => lists.every((events) => isLast(events, "last")));
  expect(lists.map(({ length }) => length)).toEqual([11, 11]);
});

test("a client that had its last event before Redis was killed recovers with its offset", async () => {
  const a = start("a", { server: { connectionStateRecovery: {} } });
  const { client, socket } = await a.connect();
  const events = record({ client, socket }, "event");
  a.io.emit("event", "first");
  await until(() => events.length === 1);
  await redis.kill();
  await redis.restart();
  const gone = once(socket, "disconnect");
  client.io.engine.close();
  await gone;
  a.io.emit("event", "second");
  client.connect();
  await once(client, "connect");
  expect(client.recovered).toBeTrue();
  await until(() => events.length === 2);
  expect(events.map(([text]) => text)).toEqual(["first", "second"]);
});

test("nothing is written again when everything is deleted, or connections are cut", async () => {
  const direct = connect();
  const [a, b] = [start("a"), start("b")];
  await assembled("/", a, b);
  const pair = await b.connect();
  const events = record(pair, "event");
  a.io.emit("event", "before");
  await until(() => isLast(events, "before"));
  await direct.client("KILL", "SKIPME", "yes");
  a.io.emit("event", "cut");
  await until(() => isLast(events, "cut"));
  const length = await direct.xlen("socket.io");
  await direct.client("KILL", "SKIPME", "yes");
  await until(() => [a, b].every(({ redis: { status } }) => status === "ready"));
  a.io.emit("event", "cut again");
  await until(() => isLast(events, "cut again"));
  expect(await direct.xlen("socket.io")).toBe(length + 1);
  await direct.flushall();
  a.io.emit("event", "after");
  await until(() => isLast(events, "after"));
  expect(await direct.xlen("socket.io")).toBe(1);
  expect(events.map(([text]) => text)).toEqual(["before", "cut", "cut again", "after"]);
});

test("with recovery, local clients get what was deleted before this node had read it", async () => {
  const direct = connect();
  const a = start("a", { server: { connectionStateRecovery: {} } });
  const pair = await a.connect();
  const events = record(pair, "event");
  a.io.emit("event", "first");
  await until(() => events.length === 1);
  await holdReaders(direct, "a");
  await until(() => a.redis.status === "ready");
  a.io.emit("event", "deleted");
  await isWritten(direct, "deleted");
  await direct.flushall();
  await direct.acl("SETUSER", "a", "+xread");
  a.io.emit("event", "last");
  await until(() => events.length === 3);
  expect(events.map(([text]) => text)).toEqual(["first", "deleted", "last"]);
});

test("what was cut off a stream that is too long is not written again", async () => {
  const direct = connect();
  const adapter = { maxLen: 10 };
  const [a, b] = [start("a", { adapter }), start("b", { adapter })];
  await assembled("/", a, b);
  const pair = await b.connect();
  const events = record(pair, "event");
  for (let i = 0; i < 1000; i++) {
    a.io.emit("event", `${i}`);
  }
  await until(() => isLast(events, "999"));
  const added = async (): Promise<number> => {
    const info = (await direct.xinfo("STREAM", "socket.io")) as unknown[];
    return Number(info[info.indexOf("entries-added") + 1]);
  };
  const before = await added();
  await direct.client("KILL", "SKIPME", "yes");
  a.io.emit("event", "last");
  await until(() => isLast(events, "last"));
  expect(await added()).toBe(before + 1);
});
