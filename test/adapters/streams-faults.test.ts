// What goes wrong with Redis, and nodes over its streams that go on.

import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { connect as connectTo, type Socket } from "node:net";
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

let redis: RedisServer;
const fleet = new Fleet();
const directs: Redis[] = [];
beforeEach(async () => {
  redis = await startRedis();
});
afterEach(async () => {
  redis.resume();
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

const start = (settings: NodeSettings = {}): FleetNode => fleet.start(redis.port, settings);
const startTwo = async (settings: NodeSettings = {}): Promise<[FleetNode, FleetNode]> => {
  const nodes: [FleetNode, FleetNode] = [start(settings), start(settings)];
  await assembled("/", ...nodes);
  return nodes;
};

/** Numbered events from one node to the clients of all, as long as something lasts. */
class Traffic {
  readonly #from: FleetNode;
  readonly #name: string;
  readonly #timer: ReturnType<typeof setInterval>;
  sent = 0;

  constructor(from: FleetNode, name: string) {
    this.#from = from;
    this.#name = name;
    this.#timer = setInterval(() => from.io.emit(name, this.sent++), 5);
  }

  /** The numbers that come to a client. */
  at({ client }: Pair): number[] {
    const numbers: number[] = [];
    client.on(this.#name, (number: number) => numbers.push(number));
    return numbers;
  }

  async stopped(...lists: number[][]): Promise<void> {
    clearInterval(this.#timer);
    const last = this.sent++;
    this.#from.io.emit(this.#name, last);
    await until(() => lists.every((list) => list.at(-1) === last));
  }

  get all(): number[] {
    return Array.from({ length: this.sent }, (_, i) => i);
  }
}

/** Runs something between two nodes that send without pause, and checks that all got everything. */
async function underTraffic(
  [a, b]: [FleetNode, FleetNode],
  fault: () => Promise<void>,
): Promise<void> {
  const [here, there] = [await a.connect(), await b.connect()];
  const traffics = [new Traffic(a, "from a"), new Traffic(b, "from b")];
  const lists = traffics.map((traffic) => [traffic.at(here), traffic.at(there)]);
  await until(() => lists.flat().every((list) => list.length > 5));
  await fault();
  await until(() => lists.flat().every((list) => list.length > 20));
  for (const [i, traffic] of traffics.entries()) {
    await traffic.stopped(...(lists[i] ?? []));
    expect(lists[i]).toEqual([traffic.all, traffic.all]);
  }
}

test("nothing is lost when Redis is killed and comes back without its data, nor is local delivery late", async () => {
  const nodes = await startTwo();
  const [a] = nodes;
  const pair = await a.connect();
  const delays: number[] = [];
  pair.client.on("from a", () => delays.push(performance.now()));
  await underTraffic(nodes, async () => {
    await redis.kill();
    await Bun.sleep(1500);
    await redis.restart();
  });
  const gaps = delays.slice(1).map((time, i) => time - (delays[i] ?? 0));
  expect(Math.max(...gaps)).toBeLessThan(500);
});

test("nothing is lost when Redis halts", async () => {
  await underTraffic(await startTwo(), async () => {
    redis.pause();
    await Bun.sleep(1500);
    redis.resume();
  });
});

test("nothing is lost when the connections of all clients are cut, again and again", async () => {
  const nodes = await startTwo();
  const direct = connect();
  await underTraffic(nodes, async () => {
    for (let i = 0; i < 10; i++) {
      await direct.client("KILL", "SKIPME", "yes");
      await Bun.sleep(60);
    }
  });
});

test("what is sent while Redis is down at the start arrives", async () => {
  const { port } = redis;
  await redis.stop();
  const nodes: [FleetNode, FleetNode] = [fleet.start(port), fleet.start(port)];
  const [here, there] = [await nodes[0].connect(), await nodes[1].connect()];
  const traffic = new Traffic(nodes[0], "from a");
  const lists = [traffic.at(here), traffic.at(there)];
  await until(() => (lists[0]?.length ?? 0) > 50);
  expect(lists[1]).toEqual([]);
  await redis.restart();
  await until(() => (lists[1]?.length ?? 0) > 100);
  await traffic.stopped(...lists);
  expect(lists).toEqual([traffic.all, traffic.all]);
  expect(await nodes[0].io.fetchSockets()).toHaveLength(2);
});

test("a node that comes to Redis late reads what was written since it was started, and nothing older", async () => {
  const { port } = redis;
  await redis.stop();
  const startedAt = Date.now();
  const node = fleet.start(port, {}, { retryStrategy: () => 300 });
  const { client } = await node.connect();
  const events: string[] = [];
  client.onAny((event: string) => events.push(event));
  await redis.restart();
  const direct = connect();
  await add(direct, GOOD, `${startedAt - 1000}-0`);
  await add(
    direct,
    { ...GOOD, data: GOOD.data.replace("good", "meanwhile") },
    `${startedAt + 100}-0`,
  );
  const last = once(client, "last");
  await add(direct, { ...GOOD, data: GOOD.data.replace("good", "last") });
  await last;
  expect(events).toEqual(["meanwhile", "last"]);
});

async function add(direct: Redis, fields: Record<string, string>, id = "*"): Promise<void> {
  await direct.xadd("socket.io", id, ...Object.entries(fields).flat());
}

const GOOD = {
  uid: "emitter",
  nsp: "/",
  type: "3",
  data: JSON.stringify({
    packet: { type: 2, nsp: "/", data: ["good"] },
    opts: { rooms: [], except: [] },
  }),
};

/** Waits until a node reads the stream: a stream with ids of the future, it begins to read at its end. */
async function hasBegun(node: FleetNode, direct: Redis): Promise<void> {
  const { client } = await node.connect();
  const heard = once(client, "begun");
  await add(direct, { ...GOOD, data: GOOD.data.replace("good", "begun") });
  await heard;
  client.disconnect();
}

async function readsOf(direct: Redis): Promise<number> {
  return Number(/cmdstat_xread:calls=(\d+)/.exec(await direct.info("commandstats"))?.[1] ?? 0);
}

test("entries that make no sense are reported once, and those behind them are read", async () => {
  const node = start();
  const { client } = await node.connect();
  const direct = connect();
  const bad = [
    { nothing: "of this" },
    { nsp: "/" },
    { nsp: "/", type: "three" },
    { ...GOOD, data: "{" },
    { ...GOOD, data: "wcHBwQ==" },
    { ...GOOD, data: "null" },
    { uid: "u", nsp: "/", type: "3" },
    { ...GOOD, data: '{"packet":null,"opts":null}' },
    { ...GOOD, data: '{"packet":{"type":2,"data":["x"]}}' },
    { ...GOOD, data: '{"packet":{"type":2,"data":"x"},"opts":{"rooms":[],"except":[]}}' },
    { ...GOOD, data: '{"packet":{"type":2,"data":["x"]},"opts":{"rooms":7,"except":[]}}' },
    { ...GOOD, type: "4", data: "{}" },
    { ...GOOD, type: "5", data: '{"opts":{"rooms":[],"except":[]}}' },
    { ...GOOD, type: "6", data: "{}" },
    { ...GOOD, type: "9", data: '{"packet":{}}' },
    { ...GOOD, data: `{"packet":${"[".repeat(20_000)}` },
  ];
  const ignored = [
    { ...GOOD, nsp: "/unknown" },
    { ...GOOD, type: "99" },
    { ...GOOD, seq: "-1" },
  ];
  const events: string[] = [];
  client.onAny((event: string) => events.push(event));
  for (const fields of [...bad, ...ignored]) {
    await add(direct, fields);
  }
  const before = await readsOf(direct);
  await add(direct, GOOD);
  await until(() => events.filter((event) => event === "good").length === 2);
  expect(events).toEqual(["good", "good"]); // that with a number that is none is one
  expect(node.errors.map((error) => Reflect.get(error, "code"))).toEqual(
    bad.map(() => "ERR_MALFORMED_MESSAGE"),
  );
  await Bun.sleep(200);
  expect((await readsOf(direct)) - before).toBeLessThan(20);
});

test("an error that nobody listens for ends nothing", async () => {
  const node = start();
  node.adapterOf().removeAllListeners("error");
  const { client } = await node.connect();
  const direct = connect();
  const warned = new Promise<unknown>((resolve) => process.once("warning", resolve));
  await add(direct, { ...GOOD, data: "{" });
  const arrived = once(client, "good");
  await add(direct, GOOD);
  await arrived;
  expect(String(await warned)).toContain("error");
});

test("malformed requests are reported, and those behind them are answered", async () => {
  const [a] = await startTwo();
  const direct = connect();
  for (const payload of [[0xc1], [0xc0], [], [0x81, 0xa4, 0x74, 0x79, 0x70, 0x65, 0x07]]) {
    await direct.publish("socket.io#/#", Buffer.from(payload));
  }
  expect(await a.io.fetchSockets()).toHaveLength(0);
  expect(a.errors.map((error) => Reflect.get(error, "code"))).toEqual(
    Array(4).fill("ERR_MALFORMED_MESSAGE"),
  );
});

test("a key of the wrong type is told of, not asked for all the time, and done with when it is gone", async () => {
  const direct = connect();
  await direct.set("socket.io", "a text");
  const [a, b] = [start(), start()];
  const [here, there] = [await a.connect(), await b.connect()];
  const local = once(here.client, "local");
  a.io.emit("local");
  await local;
  await until(() =>
    [a, b].every(({ errors }) => errors.some(({ message }) => message.includes("WRONGTYPE"))),
  );
  await until(() => a.adapterOf().stats.dropped === 1);
  const before = await direct.info("commandstats");
  await Bun.sleep(1000);
  const calls = (info: string) =>
    [...info.matchAll(/cmdstat_x\w+(?:\|\w+)?:calls=(\d+)/g)].reduce(
      (sum, [, count]) => sum + Number(count),
      0,
    );
  expect(calls(await direct.info("commandstats")) - calls(before)).toBeLessThan(20);
  await direct.del("socket.io");
  let isHeard = false;
  there.client.on("again", () => {
    isHeard = true;
  });
  await until(() => {
    a.io.emit("again");
    return isHeard;
  });
});

test("a stream that is deleted, or everything, is read on", async () => {
  const [a, b] = await startTwo();
  const { client } = await b.connect();
  const direct = connect();
  const numbers: number[] = [];
  client.on("number", (number: number) => numbers.push(number));
  for (const [i, wipe] of [() => direct.flushall(), () => direct.del("socket.io")].entries()) {
    a.io.emit("number", 2 * i);
    await until(() => numbers.at(-1) === 2 * i);
    await wipe();
    a.io.emit("number", 2 * i + 1);
    await until(() => numbers.at(-1) === 2 * i + 1);
  }
  expect(numbers).toEqual([0, 1, 2, 3]);
  expect(b.adapterOf().stats.lost).toBe(0);
});

test("a stream whose ids begin anew below the last one is read on", async () => {
  const node = start({ adapter: { blockTimeInMs: 100 } });
  const { client } = await node.connect();
  const direct = connect();
  await hasBegun(node, direct);
  const first = once(client, "good");
  await add(direct, GOOD, "9999999999999-0");
  await first;
  await direct.flushall();
  const second = once(client, "good");
  await add(direct, GOOD, "7-7"); // not the time: in the same ms, it would be an id that was read before
  await second;
});

test("a stream that has lost its end, as a replica that takes over may have, is not read twice", async () => {
  const node = start({ adapter: { blockTimeInMs: 100 } });
  const { client } = await node.connect();
  const direct = connect();
  await hasBegun(node, direct);
  let count = 0;
  client.on("good", () => count++);
  for (const [i, id] of ["9999999999990-0", "9999999999991-0", "9999999999992-0"].entries()) {
    await add(direct, GOOD, id);
    await until(() => count === i + 1);
  }
  const dump = await direct.dumpBuffer("socket.io");
  await add(direct, GOOD, "9999999999998-0");
  await until(() => count === 4);
  await direct.restore("socket.io", 0, dump, "REPLACE");
  await add(direct, GOOD, "9999999999993-0");
  await until(() => count === 5);
  await add(direct, GOOD, "9999999999994-0");
  await until(() => count === 6);
});

// As where a replica takes over whose clock is behind; or where Redis forgets the end a second time as
// nodes write again what it had forgotten: what one of them wrote behind the others has its old id then.
test.each([
  ["reaches as far as before", "9999999999998-0"],
  ["is shorter", "9999999999996-0"],
])("what came into the past of a stream that %s is read, and nothing twice", async (_name, end) => {
  const node = start({ adapter: { blockTimeInMs: 100 } });
  const { client } = await node.connect();
  const direct = connect();
  await hasBegun(node, direct);
  const heard: string[] = [];
  client.onAny((event: string) => heard.push(event));
  const entry = (name: string) => ({ ...GOOD, data: GOOD.data.replace("good", name) });
  for (const id of [0, 4, 6, 8]) {
    await add(direct, entry(`first ${id}`), `999999999999${id}-0`);
  }
  await until(() => heard.length === 4);
  await direct.replicaof("127.0.0.1", 1);
  await direct.replicaof("NO", "ONE"); // so it says that it has a history of its own
  const rewrite = direct.multi().del("socket.io");
  for (const [id, name] of Object.entries({
    0: "first 0",
    5: "new 5",
    6: "first 6",
    8: "first 8",
  })) {
    if (`999999999999${id}-0` <= end) {
      rewrite.xadd("socket.io", `999999999999${id}-0`, ...Object.entries(entry(name)).flat());
    }
  }
  await rewrite.client("KILL", "SKIPME", "yes").exec();
  await until(() => heard.length === 5);
  await add(direct, entry("last"), "9999999999999-0");
  await until(() => heard.includes("last"));
  expect(heard.slice(4)).toEqual(["new 5", "last"]);
  expect(node.adapterOf().stats.lost).toBe(0);
});

test("what has ids of before a node began is read if the clock of Redis was turned back", async () => {
  let behindS = 0;
  const TIME = /^(\*2\r\n\$10\r\n)(\d{10})(?=\r\n\$\d+\r\n\d+\r\n$)/; // the reply to TIME
  const link = Bun.listen<{ server: Socket; client: Socket }>({
    hostname: "127.0.0.1",
    port: 0,
    socket: {
      open(client) {
        const server = connectTo(redis.port, "127.0.0.1");
        Object.assign(client, { data: { server } });
        server.on("error", () => client.end());
        server.on("data", (data) =>
          client.write(
            data
              .toString("latin1")
              .replace(TIME, (_all, start, seconds) => `${start}${Number(seconds) - behindS}`),
          ),
        );
        server.on("close", () => client.end());
      },
      data: ({ data: { server } }, data) => void server.write(data),
      close: ({ data: { server } }) => void server.destroy(),
    },
  });
  const node = fleet.start(link.port, { adapter: { blockTimeInMs: 100 } });
  const { client } = await node.connect();
  const direct = connect();
  await until(async () => (await readsOf(direct)) > 0);
  const before = `${Date.now() - 30_000}-0`;
  const heard = once(client, "good");
  behindS = 60;
  await add(direct, GOOD, before);
  await heard;
  link.stop(true);
});

test("entries that were cut off before they were read are counted and told of", async () => {
  const [a, b] = await startTwo();
  const { client } = await b.connect();
  const numbers: number[] = [];
  client.on("number", (number: number) => numbers.push(number));
  const lost: { stream: string; messages: number }[] = [];
  b.adapterOf().on("lost", (details) => lost.push(details));
  const direct = connect();
  await direct.acl("SETUSER", "default", "-xread");
  await direct.client("KILL", "SKIPME", "yes", "TYPE", "normal");
  await until(() => b.errors.length > 0);
  expect(b.errors[0]?.message).toContain("NOPERM");
  for (let i = 0; i < 1000; i++) {
    a.io.emit("number", i);
  }
  await until(async () =>
    String(await direct.xinfo("STREAM", "socket.io")).includes("entries-added"),
  );
  await until(async () => {
    const entries = await direct.xrevrange("socket.io", "+", "-", "COUNT", 1);
    return JSON.stringify(entries).includes("999]");
  });
  await direct.xtrim("socket.io", "MAXLEN", 100);
  await direct.acl("SETUSER", "default", "+xread");
  await until(() => numbers.at(-1) === 999);
  await until(() => lost.length > 0);
  expect(lost).toEqual([{ stream: "socket.io", messages: 1000 - numbers.length }]);
  expect(b.adapterOf().stats.lost).toBe(1000 - numbers.length);
  expect(numbers).toEqual(
    Array.from({ length: numbers.length }, (_, i) => 1000 - numbers.length + i),
  );
});

test("a message that was written twice is delivered once", async () => {
  const node = start();
  const { client } = await node.connect();
  const direct = connect();
  let count = 0;
  client.on("good", () => count++);
  const last = once(client, "last");
  for (const seq of ["1", "1", "2", "4", "3", "4", "3"]) {
    await add(direct, { ...GOOD, uid: "node", seq });
  }
  await add(direct, { ...GOOD, data: GOOD.data.replace("good", "last") });
  await last;
  expect(count).toBe(4);
});

describe("with recovery", () => {
  const server = { connectionStateRecovery: {} };

  test("nothing is lost, doubled or out of order when Redis is killed and comes back", async () => {
    await underTraffic(await startTwo({ server }), async () => {
      await redis.kill();
      await Bun.sleep(700);
      await redis.restart();
    });
  });

  test("clients are served without offsets once Redis is away for too long, and with them again later", async () => {
    const [a, b] = await startTwo({ server, adapter: { offsetTimeout: 300 } });
    const [here, there] = [await a.connect(), await b.connect()];
    const events: unknown[][] = [];
    here.client.onAny((...event: unknown[]) => events.push(event));
    await redis.kill();
    await until(() => a.redis.status !== "ready");
    a.io.emit("event", 1);
    a.io.local.emit("event", 2);
    a.io.emit("event", 3);
    expect(events).toEqual([]);
    await until(() => events.length === 3);
    a.io.emit("event", 4);
    await until(() => events.length === 4);
    expect(events).toEqual([1, 2, 3, 4].map((number) => ["event", number]));
    const remote: unknown[] = [];
    there.client.on("event", (number: unknown) => remote.push(number));
    await redis.restart();
    await until(() => remote.length === 3);
    a.io.emit("event", 5);
    await until(() => events.length === 5);
    expect(events.at(-1)).toEqual(["event", 5, expect.stringMatching(/^\d+-\d+$/)]);
    await until(() => remote.length === 4);
    expect(remote).toEqual([1, 3, 4, 5]);
  });

  test("clients are served without an offset at once if Redis refuses the write", async () => {
    const direct = connect();
    await direct.set("socket.io", "a text");
    const a = start({ server });
    const { client } = await a.connect();
    const events: unknown[][] = [];
    client.onAny((...event: unknown[]) => events.push(event));
    for (let i = 0; i < 3; i++) {
      a.io.emit("event", i);
      await until(() => events.length === i + 1);
    }
    expect(events).toEqual([0, 1, 2].map((i) => ["event", i]));
  });

  async function drop({ client, socket }: Pair): Promise<void> {
    const gone = once(socket, "disconnect");
    client.io.engine.close();
    await gone;
  }

  test("a session that could not be kept as Redis was away is kept later, and found here at once", async () => {
    const [a, b] = await startTwo({ server });
    const pairs = [await a.connect(), await a.connect()] as const;
    for (const { client, socket } of pairs) {
      socket.data = "kept";
      const first = once(client, "first");
      socket.emit("first");
      await first;
    }
    await until(() => a.redis.status === "ready");
    redis.pause();
    for (const pair of pairs) {
      await drop(pair);
    }
    const [early, late] = pairs;
    early.client.connect();
    redis.resume();
    await once(early.client, "connect");
    expect(early.client.recovered).toBeTrue();
    Object.assign(late.client.io, { uri: b.url });
    late.client.connect();
    await once(late.client, "connect");
    expect(late.client.recovered).toBeTrue();
    expect(b.socketOf(late.client).data).toBe("kept");
  });

  test("a client that comes back while Redis is away waits for it a while, and starts anew if it stays away", async () => {
    const a = start({ server, adapter: { requestsTimeout: 700, offsetTimeout: 100 } });
    const back = await a.connect();
    const gone = await a.connect();
    const first = once(gone.client, "first");
    a.io.emit("first");
    await first;
    await drop(back);
    await drop(gone);
    const direct = connect();
    await until(async () => (await direct.keys("sio:session:*")).length === 2);
    await redis.kill();
    await until(() => a.redis.status !== "ready");
    gone.client.connect();
    await once(gone.client, "connect");
    expect(gone.client.recovered).toBeFalse();
    const begin = performance.now();
    back.client.connect();
    await once(back.client, "connect");
    expect(back.client.recovered).toBeFalse();
    expect(performance.now() - begin).toBeLessThan(600); // it has been away for long by now
    await redis.restart();
    await until(() => a.redis.status === "ready");
  });
});

test("a client that comes back while Redis halts starts anew when its time is over", async () => {
  const a = start({ server: { connectionStateRecovery: {} }, adapter: { requestsTimeout: 100 } });
  const pair = await a.connect();
  await until(() => a.redis.status === "ready");
  const direct = connect();
  const gone = once(pair.socket, "disconnect");
  pair.client.io.engine.close();
  await gone;
  await until(async () => (await direct.keys("sio:session:*")).length === 1);
  redis.pause();
  pair.client.connect();
  await once(pair.client, "connect");
  expect(pair.client.recovered).toBeFalse();
  redis.resume();
});

test("closing ends within its bounds while Redis is away, and leaves nothing behind", async () => {
  const [a] = await startTwo();
  await redis.kill();
  await until(() => a.redis.status !== "ready");
  a.io.emit("event");
  const begin = performance.now();
  await a.close();
  expect(performance.now() - begin).toBeLessThan(7000);
}, 15_000);
