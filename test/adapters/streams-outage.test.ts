// An outage in which nodes send more than a stream keeps.

import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { Redis } from "ioredis";
import { Emitter } from "../../adapters/redis/index.ts";
import type { RedisStreamsAdapterOptions } from "../../adapters/redis/streams.ts";
import { type RedisServer, startRedis } from "../support/redis.ts";
import { assembled, Fleet, type FleetNode, type Pair, until } from "./streams-fleet.ts";

const KEPT = 100;
const SENT = 1_000;
const NUMBERS = Array.from({ length: SENT }, (_, i) => i);

let redis: RedisServer;
const fleet = new Fleet();
beforeEach(async () => {
  redis = await startRedis();
});
afterEach(async () => {
  redis.resume();
  await fleet.end();
  await redis.stop();
});

function heardAt({ client }: Pair, event: string): number[] {
  const numbers: number[] = [];
  client.on(event, (number: number) => numbers.push(number));
  return numbers;
}

/** Sends as many events as there are numbers, most of them after a while. */
async function send(node: FleetNode, event: string): Promise<void> {
  for (const number of NUMBERS) {
    node.io.emit(event, number);
    if (number % 5 === 0) {
      await Bun.sleep(number === 20 ? 300 : 0);
    }
  }
}

const OPTIONS: [string, RedisStreamsAdapterOptions][] = [
  ["as they come", {}],
  ["in bundles", { bundle: true }],
  ["one by one", { bundle: false }],
];

describe.each(OPTIONS)("of what nodes send, %s,", (_name, options) => {
  // The one that is back late has to read what the other one has written meanwhile.
  const start = async (): Promise<[FleetNode, FleetNode]> => {
    const adapter = { maxLen: KEPT, ...options };
    const early = fleet.start(redis.port, { adapter }, { retryStrategy: () => 20 });
    const late = fleet.start(redis.port, { adapter }, { retryStrategy: () => 700 });
    await assembled("/", early, late);
    return [early, late];
  };

  const lossless = async (
    nodes: readonly FleetNode[],
    senders: readonly FleetNode[],
    fault: () => Promise<void>,
    end: () => Promise<void>,
  ): Promise<void> => {
    const lists: number[][] = [];
    for (const node of nodes) {
      const pair = await node.connect();
      lists.push(...senders.map((_, index) => heardAt(pair, `of ${index}`)));
    }
    await fault();
    await Promise.all(senders.map((node, index) => send(node, `of ${index}`)));
    await end();
    await until(() => lists.every((list) => list.at(-1) === SENT - 1));
    expect(lists).toEqual(lists.map(() => NUMBERS));
    expect(nodes.map((node) => node.adapterOf().stats.lost)).toEqual(nodes.map(() => 0));
  };

  test("nothing is lost while Redis is away, although a stream keeps less", async () => {
    const nodes = await start();
    await lossless(
      nodes,
      nodes,
      () => redis.kill(),
      () => redis.restart(),
    );
  });

  test("nothing is lost while Redis halts, although a stream keeps less", async () => {
    const nodes = await start();
    // What is on its way to Redis when it halts is cut off as ever, and would cut off what another sends.
    await lossless(
      nodes,
      nodes.slice(0, 1),
      async () => redis.pause(),
      async () => redis.resume(),
    );
  });
});

test("nothing is lost of what an emitter sends while Redis is away, although a stream keeps less", async () => {
  const node = fleet.start(redis.port, { adapter: { maxLen: KEPT } }, { retryStrategy: () => 700 });
  await assembled("/", node);
  const heard = heardAt(await node.connect(), "event");
  const client = new Redis(redis.port, "127.0.0.1", { retryStrategy: () => 20 });
  const emitter = new Emitter(client, { adapter: "streams", maxLen: KEPT });
  emitter.on("error", () => {}); // Redis is ended meanwhile
  try {
    await redis.kill();
    for (const number of NUMBERS) {
      emitter.emit("event", number);
    }
    await Bun.sleep(1_200); // less is not held to be an outage
    await redis.restart();
    await until(() => heard.at(-1) === SENT - 1);
    expect(heard).toEqual(NUMBERS);
  } finally {
    await emitter.close();
    client.disconnect();
  }
});

test("a stream is as short as it should be again when the outage is over", async () => {
  const node = fleet.start(redis.port, { adapter: { maxLen: KEPT } });
  await assembled("/", node);
  await redis.kill();
  await send(node, "event");
  await redis.restart();
  const direct = new Redis(redis.port, "127.0.0.1");
  try {
    await until(async () => (await direct.xlen("socket.io")) >= SENT);
    await until(async () => {
      node.io.emit("later");
      return (await direct.xlen("socket.io")) <= 3 * KEPT;
    });
  } finally {
    direct.disconnect();
  }
}, 20_000);
