import { afterEach, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { subscriptionsOf } from "../../adapters/redis/client.ts";
import { startRedis } from "../support/redis.ts";

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) {
    await cleanup();
  }
});

/** A node of a cluster that serves all slots, or none. */
async function startNode() {
  const directory = await mkdtemp(join(tmpdir(), "redis-refused-"));
  cleanups.push(() => rm(directory, { recursive: true }));
  const redis = await startRedis({ args: ["--cluster-enabled", "yes", "--dir", directory] });
  cleanups.push(() => redis.stop());
  const client = new Redis(redis.port, "127.0.0.1", { enableReadyCheck: false });
  client.on("error", () => {});
  cleanups.push(() => client.disconnect());
  const untilState = async (wanted: string) => {
    while (!String(await client.cluster("INFO")).includes(`cluster_state:${wanted}`)) {
      await Bun.sleep(20);
    }
  };
  return {
    client,
    async serve() {
      await client.call("CLUSTER", "ADDSLOTSRANGE", "0", "16383");
      await untilState("ok");
    },
    async serveNothing() {
      await client.call("CLUSTER", "DELSLOTSRANGE", "0", "16383");
      await untilState("fail");
    },
  };
}

test("what a cluster that is down does not take is missed until it is up again", async () => {
  const node = await startNode();
  await node.serve();
  const subscriptions = subscriptionsOf(node.client);
  const told: string[] = [];
  subscriptions.onInterrupted(() => told.push("interrupted"));
  const back = Promise.withResolvers<void>();
  subscriptions.onResubscribed(() => {
    told.push("back");
    back.resolve();
  });
  await subscriptions.subscribe("shard", "a", () => {});
  await node.serveNothing();
  await node.client.client("KILL", "TYPE", "pubsub");
  await Bun.sleep(500);
  expect(told).toEqual(["interrupted"]);
  expect(subscriptions.isReady).toBe(false);
  await node.serve();
  await back.promise;
  expect(told).toEqual(["interrupted", "back"]);
  expect(await node.client.call("PUBSUB", "SHARDNUMSUB", "a")).toEqual(["a", 1]);
}, 20_000);
