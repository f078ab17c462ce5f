// What bun-socket.io/metrics tells of adapters over a real Redis: how long other nodes take to answer, and
// what was dropped.

import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { collectMetrics, type Metrics } from "bun-socket.io/metrics";
import { createAdapter, createShardedAdapter, createStreamsAdapter } from "bun-socket.io/redis";
import { Fleet, type Node, until } from "../support/pubsub.ts";

const LAG_MS = 10;
const REQUESTS_MS = 400;
const TEST_MS = 20_000;

const fleet = new Fleet();
beforeEach(() => fleet.startRedis());
afterEach(() => fleet.end());

const ADAPTERS = [
  { name: "classic", make: createAdapter },
  { name: "sharded", make: createShardedAdapter },
  {
    name: "streams",
    make: (pub: object, _sub: object, options: object) => createStreamsAdapter(pub, options),
  },
];

/** Two nodes that know of each other, and collect metrics. */
async function startNodes(
  make: (typeof ADAPTERS)[number]["make"],
  requestsTimeout: number,
  outbox: { maxBytes?: number; maxDuration?: number } = {},
): Promise<{ node: Node; metrics: Metrics }[]> {
  const started = [0, 1].map(() => {
    const [pub, sub] = [fleet.connect(), fleet.connect()];
    const node = fleet.add({ adapter: make(pub, sub, { requestsTimeout, outbox }) }, pub, sub);
    return { node, metrics: collectMetrics(node.io, { lagIntervalMs: LAG_MS }) };
  });
  await fleet.together(started.map(({ node }) => node));
  return started;
}

/** The answers that there were: how many, those of them that took longer than half a second, and their sum. */
function lagOf(metrics: Metrics): { count: number; slow: number; sum: number } {
  const { adapter_lag_seconds: lag } = metrics.snapshot();
  if (lag.type !== "histogram") throw new Error("no histogram");
  const [all] = lag.distributions;
  const { count = 0, sum = 0, buckets = {} } = all ?? {};
  return { count, slow: count - (buckets["0.5"] ?? 0), sum };
}

function counted(
  metrics: Metrics,
  name: "adapter_lag_failures" | "adapter_drops" | "acks" | "ack_timeouts",
): number {
  const metric = metrics.snapshot()[name];
  if (metric.type === "histogram") throw new Error("no number");
  return metric.samples.reduce((sum, { value }) => sum + value, 0);
}

/** Counts the messages that an adapter says it has dropped. */
function recordDrops({ io }: Node): { overflow: number; expired: number } {
  const drops = { overflow: 0, expired: 0 };
  io.of("/").adapter.on(
    "dropped",
    ({ messages, reason }: { messages: number; reason: "overflow" | "expired" }) => {
      drops[reason] += messages;
    },
  );
  return drops;
}

describe.each(ADAPTERS)("an adapter over Redis ($name)", ({ make }) => {
  test(
    "the lag is measured, and grows while Redis is halted",
    async () => {
      const nodes = await startNodes(make, 10_000);
      for (const { metrics } of nodes) {
        await until(() => lagOf(metrics).count >= 5);
        expect(lagOf(metrics).sum).toBeGreaterThan(0);
        expect(counted(metrics, "adapter_lag_failures")).toBe(0);
      }
      const slow = nodes.map(({ metrics }) => lagOf(metrics).slow);
      fleet.redis.pause();
      await Bun.sleep(600);
      fleet.redis.resume();
      for (const [index, { metrics }] of nodes.entries()) {
        await until(() => lagOf(metrics).slow > (slow[index] ?? 0));
        expect(lagOf(metrics).sum).toBeGreaterThan(0.5);
        expect(counted(metrics, "adapter_lag_failures")).toBe(0);
      }
    },
    TEST_MS,
  );

  test(
    "each node counts its own clients' acknowledgements of a broadcast",
    async () => {
      const nodes = await startNodes(make, 10_000);
      for (const [index, { node }] of nodes.entries()) {
        const { client } = await fleet.join(node);
        client.on("question", (reply) => reply(index));
        await fleet.join(node); // who does not answer
      }
      const error = await nodes[0]?.node.io
        .timeout(500)
        .emitWithAck("question")
        .catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: "ERR_ACK_TIMEOUT" });
      expect((error as { responses: number[] }).responses.toSorted()).toEqual([0, 1]);
      for (const { metrics } of nodes) {
        await until(() => counted(metrics, "ack_timeouts") > 0);
        expect([counted(metrics, "acks"), counted(metrics, "ack_timeouts")]).toEqual([1, 1]);
      }
    },
    TEST_MS,
  );

  test(
    "answers that do not come are failures",
    async () => {
      const nodes = await startNodes(make, REQUESTS_MS);
      await until(() => nodes.every(({ metrics }) => lagOf(metrics).count > 0));
      fleet.redis.pause();
      for (const { metrics } of nodes) {
        await until(() => counted(metrics, "adapter_lag_failures") > 0);
      }
      fleet.redis.resume();
    },
    TEST_MS,
  );

  test(
    "what waits beyond the bounds while Redis is away is counted as dropped",
    async () => {
      const [first, second] = await startNodes(make, REQUESTS_MS, { maxBytes: 20_000 });
      if (first === undefined || second === undefined) throw new Error("no nodes");
      const drops = recordDrops(first.node);
      await fleet.redis.kill();
      await until(() => first.node.pub.status !== "ready");
      for (let index = 0; index < 50; index++) first.node.io.emit("big", "x".repeat(1_000));
      await until(() => drops.overflow > 0);
      expect(drops.overflow).toBeWithin(25, 50);
      expect(counted(first.metrics, "adapter_drops")).toBe(drops.overflow);
      expect(first.metrics.text()).toContain(
        `socketio_adapter_drops_total{namespace="/"} ${drops.overflow}\n`,
      );
      expect(counted(second.metrics, "adapter_drops")).toBe(0);
      await fleet.redis.restart();
    },
    TEST_MS,
  );

  test(
    "what waits for too long is counted as dropped, too",
    async () => {
      const [first] = await startNodes(make, REQUESTS_MS, { maxDuration: 50 });
      if (first === undefined) throw new Error("no node");
      const drops = recordDrops(first.node);
      await fleet.redis.kill();
      await until(() => first.node.pub.status !== "ready");
      const before = drops.expired; // such as an answer to the other node
      for (let index = 0; index < 3; index++) first.node.io.emit("news");
      await until(() => drops.expired >= before + 3);
      expect(counted(first.metrics, "adapter_drops")).toBe(drops.expired);
      await fleet.redis.restart();
    },
    TEST_MS,
  );
});
