import { afterEach, describe, expect, test } from "bun:test";
import { type RedisServer, startRedis } from "../support/redis.ts";
import { startRedisCluster } from "../support/redis-cluster.ts";
import { connect, type NodeOptions, RedisNode } from "./replay-node.ts";

const CHANNELS = ["a", "b", "c"];

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) {
    await cleanup();
  }
});

async function startServer(args: readonly string[] = []): Promise<RedisServer> {
  const server = await startRedis({ args });
  cleanups.push(() => server.stop());
  return server;
}

async function startNode(
  port: number | readonly number[],
  uid: string,
  options?: NodeOptions,
): Promise<RedisNode> {
  const node = new RedisNode(port, uid, options);
  cleanups.push(() => node.stop());
  await node.start(CHANNELS);
  return node;
}

async function startPair(port: number, options?: NodeOptions) {
  const one = await startNode(port, "one", options);
  const two = await startNode(port, "two", options);
  return { one, two };
}

/** Has nodes say something in each of many turns of the event loop. */
async function talk(nodes: readonly RedisNode[], turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn++) {
    for (const node of nodes) {
      node.say(CHANNELS[turn % CHANNELS.length] ?? "a");
    }
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}

async function expectAll(nodes: readonly RedisNode[]): Promise<void> {
  for (const to of nodes) {
    for (const from of nodes.filter((node) => node !== to)) {
      await to.hears(from);
      expect(to.heard(from.uid)).toEqual(from.sent.map(({ index }) => index));
      expect(to.losses).toEqual([]);
    }
    expect(to.drops).toEqual([]);
  }
}

/** Runs a command on a connection of its own. */
async function command(port: number, ...args: [string, ...string[]]): Promise<unknown> {
  const client = connect(port);
  try {
    return await client.call(...args);
  } finally {
    client.disconnect();
  }
}

describe.each(["channel", "shard"] as const)("replay over Redis (%s)", (kind) => {
  test("brings all when Redis is killed and started again", async () => {
    const server = await startServer();
    const { one, two } = await startPair(server.port, { kind });
    await talk([one, two], 100);
    await server.kill();
    await talk([one, two], 300);
    await server.restart();
    await talk([one, two], 300);
    await expectAll([one, two]);
  }, 20_000);

  test("brings all when Redis is killed in the midst of it, again and again", async () => {
    const server = await startServer();
    const { one, two } = await startPair(server.port, { kind });
    for (let round = 0; round < 4; round++) {
      const talking = talk([one, two], 500);
      await server.kill();
      await server.restart();
      await talking;
    }
    await expectAll([one, two]);
  }, 30_000);

  test("brings all when the subscribers are cut off", async () => {
    const server = await startServer();
    const { one, two } = await startPair(server.port, { kind });
    for (let round = 0; round < 5; round++) {
      const talking = talk([one, two], 400);
      await command(server.port, "CLIENT", "KILL", "TYPE", "pubsub");
      await talking;
    }
    await expectAll([one, two]);
    expect(one.replay.stats.interruptions).toBeGreaterThan(0);
  }, 20_000);

  test("brings all, late, when Redis halts for a while", async () => {
    const server = await startServer();
    const { one, two } = await startPair(server.port, { kind });
    await talk([one, two], 100);
    server.pause();
    await talk([one, two], 3_000);
    server.resume();
    await talk([one, two], 100);
    await expectAll([one, two]);
  }, 20_000);

  test("brings all when Redis lets its clients wait", async () => {
    const server = await startServer();
    const { one, two } = await startPair(server.port, { kind });
    await command(server.port, "CLIENT", "PAUSE", "300", "ALL");
    await talk([one, two], 1_000);
    await expectAll([one, two]);
  }, 20_000);
});

test("many nodes that are cut off at once all get what they missed, in parts", async () => {
  const server = await startServer();
  const nodes = await Promise.all(
    Array.from({ length: 6 }, (_, index) => startNode(server.port, `node${index}`)),
  );
  await talk(nodes, 10);
  const filling = "x".repeat(5_000);
  await command(server.port, "CLIENT", "KILL", "TYPE", "pubsub");
  for (let count = 0; count < 100; count++) {
    for (const node of nodes) {
      node.say("a", filling);
    }
  }
  await talk(nodes, 10);
  await expectAll(nodes);
  const replayed = nodes.map(({ replay }) => replay.stats.replayed);
  expect(Math.max(...replayed)).toBeGreaterThan(100);
}, 30_000);

test("a subscriber too slow for the output buffer of Redis still gets all", async () => {
  const server = await startServer(["--client-output-buffer-limit", "pubsub 1mb 0 0"]);
  const sender = await startNode(server.port, "sender");
  const count = 12_000;
  const receiver = Bun.spawn(
    [process.execPath, `${import.meta.dir}/replay-receiver.ts`, `${server.port}`, `${count}`],
    { stdout: "pipe", stderr: "inherit" },
  );
  cleanups.push(() => receiver.kill("SIGKILL"));
  const lines = readLines(receiver.stdout);
  expect((await lines.next()).value).toBe("ready");
  sender.say("a");
  receiver.kill("SIGSTOP");
  const filling = "x".repeat(1_000);
  while (sender.sent.length < count) {
    sender.say("a", filling);
  }
  await sender.outbox.flush(10_000);
  // Redis has given it up.
  expect(await command(server.port, "PUBSUB", "NUMSUB", "receiver")).toEqual(["receiver", 0]);
  receiver.kill("SIGCONT");
  const { value } = await lines.next();
  const { heard, losses, stats } = JSON.parse(String(value));
  expect(heard).toEqual(Array.from({ length: count }, (_, index) => index));
  expect(losses).toEqual([]);
  expect(stats.replayed).toBeGreaterThan(0);
}, 30_000);

/** That each node got all, in order on each channel. */
async function expectAllOnEach(nodes: readonly RedisNode[]): Promise<void> {
  for (const to of nodes) {
    for (const from of nodes.filter((node) => node !== to)) {
      await to.hears(from);
      for (const channel of CHANNELS) {
        const isHere = (said: { uid: string; channel: string }) =>
          said.uid === from.uid && said.channel === channel;
        const heard = to.delivered.filter(isHere).map(({ index }) => index);
        expect(heard).toEqual(from.sent.filter(isHere).map(({ index }) => index));
      }
      expect(to.losses).toEqual([]);
    }
    expect(to.drops).toEqual([]);
  }
}

describe.each(["channel", "shard"] as const)("replay over a Redis Cluster (%s)", (kind) => {
  test("brings all when the subscribers of one server are cut off, and when a master dies", async () => {
    const cluster = await startRedisCluster({ masters: 3, replicasPerMaster: 1 });
    cleanups.push(() => cluster.stop());
    const ports = cluster.nodes.map(({ port }) => port);
    const one = await startNode(ports, "one", { kind });
    const two = await startNode(ports, "two", { kind });
    await talk([one, two], 100);
    for (const { port } of cluster.masters) {
      const talking = talk([one, two], 300);
      await command(port, "CLIENT", "KILL", "TYPE", "pubsub");
      await talking;
    }
    await expectAllOnEach([one, two]);
    const [first] = cluster.masters;
    const talking = talk([one, two], 300);
    await first?.kill();
    await talking;
    await talk([one, two], 300);
    await expectAllOnEach([one, two]);
  }, 60_000);
});

async function* readLines(stream: ReadableStream<Uint8Array<ArrayBuffer>>) {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    rest += text;
    for (let end = rest.indexOf("\n"); end >= 0; end = rest.indexOf("\n")) {
      yield rest.slice(0, end);
      rest = rest.slice(end + 1);
    }
  }
}
