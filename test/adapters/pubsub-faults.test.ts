// The adapters over pub/sub while Redis is away, slow or fed with nonsense.

import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { Socket as ClientSocket } from "socket.io-client";
import { encodeMsgpack } from "../../adapters/redis/codec.ts";
import { once } from "../support/clients.ts";
import { Fleet, MODES, type Node, pubSubOf, until } from "../support/pubsub.ts";

const EVERY_MS = 4;

const NIL = Buffer.of(0xc0);
const NO_MSGPACK = Buffer.of(0xc1);
const PACKET = { type: 2, data: ["hello"], nsp: "/" };
/** What ends nodes of the reference, by the channel. */
const CLASSIC_POISON: [channel: string, payload: string | Buffer][] = [
  ["k#/#", NO_MSGPACK],
  ["k#/#", NIL],
  ["k#/#", Buffer.from(encodeMsgpack(["x", PACKET]))], // no options
  ["k#/#room#", Buffer.from(encodeMsgpack(["x", PACKET]))],
  ["k-request#/#", '{"uid":"x","requestId":"y","type":5}'], // no options
  ["k-request#/#", NIL],
  ["k-request#/#", NO_MSGPACK],
  ["k-response#/#", NIL],
  ["k-response#/#", NO_MSGPACK],
];
const SHARDED_POISON: typeof CLASSIC_POISON = [
  ["k#/#", '{"uid":"x","nsp":"/","type":3}'], // no data
  ["k#/#", NIL],
  ["k#/#", NO_MSGPACK],
  ["k#/#", '{"uid":"x","nsp":"/","type":7,"data":{"requestId":"y"}}'], // no options
];

const fleet = new Fleet();
beforeEach(() => fleet.startRedis());
afterEach(() => fleet.end());

/** Two nodes that send to each other, each with a client that hears all. */
class Flow {
  readonly #ends: { node: Node; client: ClientSocket; heard: Map<string, number[]> }[] = [];
  #sent = 0;
  #timer: ReturnType<typeof setInterval> | undefined;

  async begin(nodes: readonly Node[]): Promise<void> {
    for (const node of nodes) {
      const { client, socket } = await fleet.join(node);
      const heard = new Map<string, number[]>();
      this.#ends.push({ node, client, heard });
      client.on("tick", (from: number, number: number, kind: string) => {
        const key = `${from} ${kind}`;
        heard.set(key, [...(heard.get(key) ?? []), number]);
      });
      await socket.join("room");
    }
    this.#timer = setInterval(() => this.#send(), EVERY_MS);
  }

  #send(): void {
    for (const [index, { node }] of this.#ends.entries()) {
      node.io.emit("tick", index, this.#sent, "all");
      node.io.to("room").emit("tick", index, this.#sent, "room");
    }
    this.#sent++;
  }

  get sent(): number {
    return this.#sent;
  }

  /** Waits until so many more were sent. */
  async more(count: number): Promise<void> {
    const goal = this.#sent + count;
    await until(() => this.#sent >= goal);
  }

  /** Waits until so many more were sent, and each node's own client has heard them. */
  async moreAtHome(count: number): Promise<void> {
    await this.more(count);
    const goal = this.#sent;
    await until(() =>
      this.#ends.every(({ heard }, index) => (heard.get(`${index} all`)?.length ?? 0) >= goal),
    );
  }

  /** Stops, and expects that each client has got each event once, and those of one kind in order. */
  async end(): Promise<void> {
    clearInterval(this.#timer);
    const all = Array.from({ length: this.#sent }, (_, number) => number);
    const keys = this.#ends.flatMap((_, from) => [`${from} all`, `${from} room`]);
    const isDone = () =>
      this.#ends.every(({ heard }) =>
        keys.every((key) => (heard.get(key)?.length ?? 0) >= all.length),
      );
    const deadline = performance.now() + 10_000;
    await until(() => isDone() || performance.now() > deadline);
    for (const { heard } of this.#ends) {
      for (const key of keys) {
        expect([key, heard.get(key)]).toEqual([key, all]);
      }
    }
  }
}

describe.each(MODES)("an adapter over pub/sub ($name)", (mode) => {
  test("loses nothing when Redis is killed and comes back", async () => {
    const nodes = await fleet.startNodes(2, mode);
    const flow = new Flow();
    await flow.begin(nodes);
    await flow.more(50);
    await fleet.redis.kill();
    await flow.moreAtHome(150);
    await fleet.redis.restart();
    await flow.more(150);
    await flow.end();
    for (const { io } of nodes) {
      expect(pubSubOf(io).stats).toMatchObject({ dropped: 0, outbox: { waiting: 0 } });
    }
  }, 20_000);

  test("loses nothing when Redis is halted, and serves the node's own clients meanwhile", async () => {
    const nodes = await fleet.startNodes(2, mode);
    const flow = new Flow();
    await flow.begin(nodes);
    await flow.more(50);
    fleet.redis.pause();
    await flow.moreAtHome(200);
    fleet.redis.resume();
    await flow.more(50);
    await flow.end();
  }, 20_000);

  test("loses nothing when the connections are cut, one after the other", async () => {
    const nodes = await fleet.startNodes(2, mode);
    const flow = new Flow();
    await flow.begin(nodes);
    for (const type of ["pubsub", "normal", "pubsub"]) {
      await flow.more(60);
      await fleet.ask("CLIENT", "KILL", "TYPE", type, "SKIPME", "yes");
    }
    await flow.more(100);
    await flow.end();
  }, 20_000);
});

const SOME = MODES.filter(
  ({ subscriptionMode, isSharded }) => (subscriptionMode === "dynamic") === isSharded,
).filter(({ subscriptionMode }) => subscriptionMode !== "dynamic-private");

describe.each(SOME)("an adapter over pub/sub ($name)", (mode) => {
  test("starts without Redis, and delivers once it is there what was sent meanwhile", async () => {
    await fleet.redis.kill();
    const nodes = [0, 1].map(() => fleet.startNode(mode));
    const flow = new Flow();
    const joined = flow.begin(nodes).catch(() => {});
    // Its own clients connect and are served; only joining a room may have to wait for Redis.
    const [first] = nodes;
    if (first === undefined) throw new Error("no node");
    const { client } = await fleet.join(first);
    const heard = once(client, "hello");
    first.io.emit("hello");
    await heard;
    await Bun.sleep(300);
    await fleet.redis.restart();
    await joined;
    await flow.more(50);
    await flow.end();
  }, 20_000);

  test("says that an answer is partial while Redis is away", async () => {
    const [first] = await fleet.startNodes(2, mode, { requestsTimeout: 300 });
    if (first === undefined) throw new Error("no node");
    await fleet.join(first);
    await fleet.redis.kill();
    await until(() => first.pub.status !== "ready");
    const error = await first.io.fetchSockets().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "ERR_PARTIAL_RESPONSE" });
    expect((error as { responses: unknown[] }).responses).toHaveLength(1);
    expect(await first.io.local.fetchSockets()).toHaveLength(1);
    const count = await first.io
      .of("/")
      .adapter.serverCount()
      .catch((thrown: unknown) => thrown);
    expect(count).toMatchObject({ code: "ERR_REDIS" });
    await fleet.redis.restart();
  }, 20_000);

  test("does not take a fleet that is coming back for a small one", async () => {
    const nodes = await fleet.startNodes(3, mode);
    const [first] = nodes;
    if (first === undefined) throw new Error("no node");
    for (const node of nodes) {
      await fleet.join(node);
    }
    await fleet.redis.kill();
    await fleet.redis.restart();
    expect(await first.io.fetchSockets()).toHaveLength(3);
  }, 20_000);

  test("tells what it had to drop", async () => {
    const [first] = await fleet.startNodes(2, mode, { outbox: { maxBytes: 20_000 } });
    if (first === undefined) throw new Error("no node");
    await fleet.redis.kill();
    await until(() => first.pub.status !== "ready");
    const adapter = pubSubOf(first.io);
    const drops: { messages: number; reason: string }[] = [];
    adapter.on("dropped", (dropped) => drops.push(dropped));
    for (let index = 0; index < 50; index++) {
      first.io.emit("big", "x".repeat(1_000));
    }
    await until(() => drops.length > 0);
    expect(drops).toHaveLength(1);
    expect(drops[0]?.reason).toBe("overflow");
    expect(drops[0]?.messages).toBe(adapter.stats.dropped);
    expect(drops[0]?.messages).toBeWithin(30, 40);
  }, 20_000);

  test("does not send late what may be lost", async () => {
    const nodes = await fleet.startNodes(2, mode);
    const [first, second] = nodes;
    if (first === undefined || second === undefined) throw new Error("no nodes");
    const { client } = await fleet.join(second);
    const heard: unknown[] = [];
    client.on("hello", (text) => heard.push(text));
    const end = once(client, "end");
    first.io.volatile.emit("hello", "now");
    await until(() => heard.length === 1);
    await fleet.redis.kill();
    await until(() => first.pub.status !== "ready");
    first.io.volatile.emit("hello", "late");
    first.io.emit("hello", "kept");
    await fleet.redis.restart();
    first.io.emit("end");
    await end;
    expect(heard).toEqual(["now", "kept"]);
  }, 20_000);

  test("is not disturbed by nonsense, and tells of it", async () => {
    const nodes = await fleet.startNodes(2, mode, { key: "k" });
    const [first, second] = nodes;
    if (first === undefined || second === undefined) throw new Error("no nodes");
    const errors: unknown[] = [];
    pubSubOf(second.io).on("error", (error) => errors.push(error));
    const { client } = await fleet.join(second);
    const channels = (await fleet.ask(
      "PUBSUB",
      mode.isSharded ? "SHARDCHANNELS" : "CHANNELS",
    )) as string[];
    const payloads = [
      "",
      "{",
      "{}",
      "null",
      "\xc1",
      "\x93\x01\x02",
      '{"type":3}',
      '{"type":5}',
      '{"type":5,"uid":"x","requestId":"y"}',
      '{"type":3,"uid":"x","nsp":"/","data":{"packet":{"type":2,"data":7},"opts":null}}',
      '{"type":34,"uid":"x","nsp":"/","data":null}',
      '{"type":35,"uid":"x","nsp":"/","data":{"messages":7}}',
      '{"type":66,"uid":"x","data":null}',
      '{"type":67,"uid":"x","data":{"messages":7}}',
      '{"type":7,"uid":"x","nsp":"/","data":null,"link":[-1,7]}',
      '{"type":9,"uid":"x","nsp":"/","data":{"packet":["hello"]},"link":["a"]}',
    ];
    const command = mode.isSharded ? "SPUBLISH" : "PUBLISH";
    for (const channel of [...channels, ...(mode.isSharded ? [] : ["k#/#", "k#/#room#"])]) {
      for (const payload of payloads) {
        await fleet.ask(command, channel, payload);
      }
    }
    const heard = once(client, "hello");
    first.io.emit("hello", "still there");
    expect(await heard).toEqual(["still there"]);
    expect(errors.length).toBeGreaterThan(payloads.length);
    for (const error of errors) {
      expect(error).toMatchObject({ code: "ERR_MALFORMED_MESSAGE" });
    }
  }, 20_000);

  test("tells of each of the messages that end a node of the reference, and goes on", async () => {
    const nodes = await fleet.startNodes(2, mode, { key: "k" });
    const [first, second] = nodes;
    if (first === undefined || second === undefined) throw new Error("no nodes");
    const errors: { code: string }[] = [];
    pubSubOf(second.io).on("error", (error) => errors.push(error as { code: string }));
    const { client, socket } = await fleet.join(second);
    await socket.join("room");
    const command = mode.isSharded ? "SPUBLISH" : "PUBLISH";
    const control = fleet.connect();
    for (const [channel, payload] of mode.isSharded ? SHARDED_POISON : CLASSIC_POISON) {
      errors.length = 0;
      await control.call(command, channel, payload);
      const heard = once(client, "hello");
      first.io.emit("hello", "still there");
      await heard;
      const told = errors.map(({ code }) => code);
      expect([channel, payload, told]).toEqual([channel, payload, ["ERR_MALFORMED_MESSAGE"]]);
    }
  }, 20_000);

  test("loses what was missed where replay is off, and nothing else", async () => {
    const nodes = await fleet.startNodes(2, mode, { replay: false });
    const [first, second] = nodes;
    if (first === undefined || second === undefined) throw new Error("no nodes");
    const { client } = await fleet.join(second);
    const heard: unknown[] = [];
    client.on("hello", (text) => heard.push(text));
    first.io.emit("hello", 1);
    await until(() => heard.length === 1);
    await fleet.redis.kill();
    await fleet.redis.restart();
    await fleet.together(nodes);
    first.io.emit("hello", 2);
    await until(() => heard.includes(2));
    expect(pubSubOf(first.io).stats.replay).toBeUndefined();
  }, 20_000);
});
