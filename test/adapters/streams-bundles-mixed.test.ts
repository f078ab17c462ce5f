// Messages that are written as one entry of a stream only where all nodes read that: beside nodes of the
// reference each has an entry of its own.

import { afterEach, beforeEach, expect, test } from "bun:test";
import { Redis } from "ioredis";
import { RedisGate } from "../support/redis-gate.ts";
import { type RedisServer, startRedis } from "../support/redis.ts";
import {
  assembled,
  Fleet,
  type FleetNode,
  type NodeSettings,
  type Pair,
  until,
} from "./streams-fleet.ts";

const MANY = 40;
const MAX_LEN = 100;
/** Where it is kept who was there, and what stands there when only nodes of this package were. */
const SEEN = "socket.io:nodes";
const OURS = "ours";

let redis: RedisServer;
let direct: Redis;
const fleet = new Fleet();
const gates: RedisGate[] = [];
beforeEach(async () => {
  redis = await startRedis();
  direct = new Redis({ host: "127.0.0.1", port: redis.port, retryStrategy: () => 50 });
  direct.on("error", () => {}); // Redis is ended meanwhile
});
afterEach(async () => {
  await fleet.end();
  for (const gate of gates.splice(0)) {
    gate.close();
  }
  direct.disconnect();
  await redis.stop();
});

const start = (settings: NodeSettings = {}): FleetNode =>
  fleet.start(redis.port, { adapter: { maxLen: MAX_LEN }, ...settings });

/** A node of the reference, and what it can be cut off with. */
async function startReference(settings: NodeSettings = {}): Promise<[FleetNode, RedisGate]> {
  const gate = await RedisGate.to(redis.port);
  gates.push(gate);
  return [fleet.start(gate.port, { isReference: true, ...settings }), gate];
}

/** Collects the numbers that a client gets, from 0 on. */
function collect({ client }: Pair): number[] {
  const heard: number[] = [];
  client.on("number", (number) => {
    if (number >= 0) heard.push(number);
  });
  return heard;
}

function numbers(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, index) => from + index);
}

/** Emits numbers in one turn, each once, and waits until Redis has them. */
async function emit({ io, adapterOf }: FleetNode, from: number, to: number): Promise<void> {
  for (let number = from; number < to; number++) {
    io.emit("number", number);
  }
  await until(() => {
    const { waiting, inFlight } = adapterOf().stats.outbox;
    return waiting + inFlight === 0;
  });
}

/** How many messages each entry of a stream has. */
async function sizes(stream = "socket.io"): Promise<number[]> {
  const entries = await direct.xrange(stream, "-", "+");
  return entries.map(([, fields]) => {
    const place = fields.indexOf("size");
    return place < 0 ? 1 : Number(fields[place + 1]);
  });
}

const isBundled = async (): Promise<boolean> => (await sizes()).some((size) => size > 1);

/** Emits what is not counted until it is bundled. */
async function untilBundled(node: FleetNode): Promise<void> {
  do {
    await emit(node, -MANY, 0);
  } while (!(await isBundled()));
}

/** Says that for long only nodes of this package were there. */
async function sayOurs(stream = "socket.io"): Promise<void> {
  await direct.set(`${stream}:nodes`, OURS, "PX", 10_000);
}

/** How often a script had to write messages one by one. */
async function scripts(): Promise<number> {
  const stats = await direct.info("commandstats");
  return Number(/cmdstat_eval:calls=(\d+)/.exec(stats)?.[1] ?? 0);
}

test("what one turn sends is one entry where only nodes of this package are", async () => {
  await sayOurs();
  const nodes = [start(), start(), start({ adapter: { bundle: false } })] as const;
  await assembled("/", ...nodes);
  const lists = await Promise.all(nodes.map(async (node) => collect(await node.connect())));
  await untilBundled(nodes[0]);
  await direct.del("socket.io");
  await emit(nodes[0], 0, MANY);
  await until(() => lists.every((heard) => heard.length >= MANY));
  expect(lists).toEqual(lists.map(() => numbers(0, MANY)));
  expect(await sizes()).toEqual([MANY]);
  // The one that never does it reads it all the same.
  await emit(nodes[2], MANY, 2 * MANY);
  await until(() => lists.every((heard) => heard.length >= 2 * MANY));
  expect(lists).toEqual(lists.map(() => numbers(0, 2 * MANY)));
  expect((await sizes()).slice(1)).toEqual(numbers(0, MANY).map(() => 1));
  expect(nodes.flatMap(({ errors }) => errors)).toEqual([]);
});

test.each([undefined, true])(
  "the same over sharded channels, with streams of their own for namespaces (bundle: %p)",
  async (bundle) => {
    const adapter = { useShardedPubSub: true, streamCount: 2, bundle };
    const streams = ["socket.io-0", "socket.io-1"];
    for (const stream of streams) await sayOurs(stream);
    const nodes = [start({ adapter }), start({ adapter })] as const;
    const namespaces = ["/", "/a", "/b", "/c"];
    for (const namespace of namespaces) {
      for (const { io } of nodes) io.of(namespace);
      await assembled(namespace, ...nodes);
    }
    const lists = await Promise.all(
      namespaces.map(async (namespace) => collect(await nodes[1].connect({}, namespace))),
    );
    let sent = 0;
    const sendAll = (): void => {
      for (const namespace of namespaces) {
        for (const number of numbers(sent, sent + MANY)) {
          nodes[0].io.of(namespace).emit("number", number);
        }
      }
      sent += MANY;
    };
    const bundled = async (stream: string) => (await sizes(stream)).some((size) => size > 1);
    do {
      sendAll();
      await until(() => lists.every((heard) => heard.length >= sent));
    } while (!(await Promise.all(streams.map(bundled))).every(Boolean));
    expect(lists).toEqual(lists.map(() => numbers(0, sent)));
  },
);

test("a node of the reference misses nothing from its subscription on, whenever it comes", async () => {
  await sayOurs();
  const nodes = [start({ adapter: {} }), start({ adapter: {} })] as const;
  await assembled("/", ...nodes);
  const heard = collect(await nodes[1].connect());
  await untilBundled(nodes[0]);
  const [reference] = await startReference();
  const late = collect(await reference.connect());
  let next = 0;
  let since = -1; // the first one sent when it is there
  while (since < 0 || next < since + 20 * MANY) {
    if (since < 0 && (await nodes[0].io.of("/").adapter.serverCount()) === 3) since = next;
    await emit(nodes[0], next, next + MANY);
    next += MANY;
  }
  await until(() => heard.length >= next && late.at(-1) === next - 1);
  expect(heard).toEqual(numbers(0, next));
  expect(late.filter((number) => number >= since)).toEqual(numbers(since, next));
}, 20_000);

test.each([
  ["is cut off", async () => {}],
  [
    "was there when Redis was killed, and comes back last",
    async () => {
      await redis.kill();
      await redis.restart();
    },
  ],
])(
  "a node of the reference that %s misses nothing",
  async (_what, happens) => {
    await sayOurs();
    const adapter = { maxLen: 100_000 }; // nothing is cut off meanwhile
    const nodes = [start({ adapter }), start({ adapter })] as const;
    const [reference, gate] = await startReference({ adapter });
    await assembled("/", ...nodes, reference);
    const pairs = await Promise.all([nodes[1], reference].map((node) => node.connect()));
    const lists = pairs.map(collect);
    let next = 0;
    const burst = async (): Promise<void> => {
      await emit(nodes[0], next, next + MANY);
      next += MANY;
    };
    await burst();
    await until(() => lists.every((heard) => heard.length >= next));
    gate.shut();
    await happens();
    await until(async () => (await nodes[0].io.of("/").adapter.serverCount()) === 2);
    // Until it was decided several times whether they are to be bundled.
    const before = await scripts();
    while ((await scripts()) < before + 6) {
      await burst();
      await Bun.sleep(5); // they are not to be too many
    }
    gate.open();
    await burst();
    await until(() => lists.every((heard) => heard.length >= next));
    expect(lists).toEqual(lists.map(() => numbers(0, next)));
    expect(await isBundled()).toBe(false);
  },
  20_000,
);

test("when one has gone, messages are bundled again as soon as the stream has nothing of its time", async () => {
  const nodes = [start(), start()] as const;
  const [reference] = await startReference();
  await assembled("/", ...nodes, reference);
  const heard = collect(await nodes[1].connect());
  await emit(nodes[0], 0, MANY);
  const [[last = ""] = []] = await direct.xrevrange("socket.io", "+", "-", "COUNT", 1);
  await until(async () => (await direct.get(SEEN)) === "others");
  await reference.close();
  await untilBundled(nodes[0]);
  expect(await direct.xrange("socket.io", "-", last)).toEqual([]);
  expect(await direct.get(SEEN)).toBe(OURS);
  await emit(nodes[0], MANY, 2 * MANY);
  await until(() => heard.length >= 2 * MANY);
  expect(heard).toEqual(numbers(0, 2 * MANY));
}, 30_000);

test("one that was there while nobody sent anything is remembered", async () => {
  await sayOurs();
  const node = start();
  const [reference] = await startReference();
  await assembled("/", node, reference);
  await sayOurs(); // as if nothing had been sent
  await until(async () => (await direct.get(SEEN)) === "others");
});

test("what Redis keeps is bounded by messages, however many are in an entry", async () => {
  await sayOurs();
  const kept = async (adapter: NodeSettings["adapter"]): Promise<number> => {
    const node = start({ adapter: { maxLen: 1_000, ...adapter } });
    await assembled("/", node, start({ adapter: { maxLen: 1_000, ...adapter } }));
    const own = collect(await node.connect());
    await untilBundled(node);
    const all = 10_000;
    for (let from = 0; from < all; from += 200) {
      await emit(node, from, from + 200);
    }
    await until(() => own.length === all);
    await emit(node, -200, 0);
    await emit(node, -200, 0);
    return (await sizes()).reduce((sum, size) => sum + size, 0);
  };
  for (const bundle of [true, undefined]) {
    const messages = await kept({ bundle });
    expect(messages).toBeGreaterThanOrEqual(1_000);
    expect(messages).toBeLessThan(2_500);
    await direct.del("socket.io");
    await fleet.end();
  }
});

test.each([
  ["scripts", ["-@scripting"]],
  ["what the script needs", ["-xtrim"]],
  ["the key of who was there", ["resetkeys", "~socket.io"]],
  ["the channel of bundles", ["resetchannels", "&socket.io#*"]],
])(
  "where Redis does not allow %s, each message has an entry of its own, and nobody is told",
  async (_what, rules) => {
    await sayOurs();
    await direct.acl("SETUSER", "node", "on", "nopass", "~*", "&*", "+@all", ...rules);
    const login = { username: "node", password: "" };
    const adapter = { maxLen: MAX_LEN };
    const nodes = [
      fleet.start(redis.port, { adapter }, login),
      fleet.start(redis.port, { adapter }, login),
    ] as const;
    await assembled("/", ...nodes);
    const heard = collect(await nodes[1].connect());
    for (let i = 0; i < 5; i++) {
      await emit(nodes[0], i * MANY, (i + 1) * MANY);
    }
    await until(() => heard.length >= 5 * MANY);
    expect(heard).toEqual(numbers(0, 5 * MANY));
    expect(await isBundled()).toBe(false);
    expect(nodes.flatMap(({ errors }) => errors)).toEqual([]);
  },
);

test("where they are forbidden later, or forgotten, nothing is lost", async () => {
  await sayOurs();
  const nodes = [start(), start()] as const;
  await assembled("/", ...nodes);
  const heard = collect(await nodes[1].connect());
  await untilBundled(nodes[0]);
  await direct.script("FLUSH");
  await emit(nodes[0], 0, MANY);
  expect((await sizes()).at(-1)).toBe(MANY);
  await direct.acl("SETUSER", "default", "-eval");
  await emit(nodes[0], MANY, 2 * MANY);
  expect((await sizes()).at(-1)).toBe(1);
  await until(() => heard.length >= 2 * MANY);
  expect(heard).toEqual(numbers(0, 2 * MANY));
  expect(nodes.flatMap(({ errors }) => errors)).toEqual([]);
});

test("beside a node with recovery each message has an offset of its own", async () => {
  await sayOurs();
  const nodes = [start(), start({ server: { connectionStateRecovery: {} } })] as const;
  await assembled("/", ...nodes);
  const offsets = new Set<unknown>();
  const { client } = await nodes[1].connect();
  client.on("number", (_number, offset) => offsets.add(offset));
  await until(async () => (await direct.get(SEEN)) === "others");
  await emit(nodes[0], 0, MANY);
  await until(() => offsets.size === MANY);
});

test("what is written one by one is what is written without bundles", async () => {
  const nodes = [start({ adapter: {} }), start({ adapter: { bundle: false } })] as const;
  const names = ["/", '/ä"\\\n', "/b"];
  for (const name of names) {
    for (const { io } of nodes) io.of(name);
    await assembled(name, ...nodes);
  }
  const contents: unknown[] = ["text", '"\n"\u2028é', Buffer.from([1, 255]), 2 ** 53, [{ a: [] }]];
  const written = async ({ io }: FleetNode): Promise<string[][]> => {
    const [[last = "0-0"] = []] = await direct.xrevrange("socket.io", "+", "-", "COUNT", 1);
    for (let i = 0; i < MANY; i++) {
      const name = names[Math.floor(i / 10) % names.length] ?? "/";
      const target = i % 4 === 3 ? io.of(name).to(`röom ${i}`) : io.of(name);
      target.emit("event", contents[i % contents.length], i);
      if (i % 9 === 0) io.of(name).socketsJoin('"room"');
    }
    const count = MANY + Math.ceil(MANY / 9);
    await until(async () => (await direct.xrange("socket.io", `(${last}`, "+")).length === count);
    const entries = await direct.xrange("socket.io", `(${last}`, "+");
    return entries.map(([, fields]) => fields.filter((_, i) => ![1, 7].includes(i))); // uid and seq are its own
  };
  const before = await scripts();
  await until(async () => (await scripts()) > before); // it has looked, and may use the script
  const byScript = await scripts();
  const ours = await written(nodes[0]);
  expect(await scripts()).toBeGreaterThan(byScript);
  expect(ours).toEqual(await written(nodes[1]));
});
