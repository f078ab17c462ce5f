// What writes messages as one entry or as many, with the clients of every package.

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { Redis } from "ioredis";
import { commandsOf } from "../../adapters/redis/client.ts";
import type { Bundled } from "../../adapters/redis/bundler.ts";
import { CheckedBundler } from "../../adapters/redis/stream-bundler.ts";
import { StreamLength } from "../../adapters/redis/stream-length.ts";
import { StreamLimit } from "../../adapters/redis/stream-limit.ts";
import { encodeEntry } from "../../adapters/redis/streams-wire.ts";
import { MessageType } from "../../adapters/cluster/messages.ts";
import { CLIENTS, type ProgramClient } from "../support/redis-clients.ts";
import { state } from "../support/redis-connections.ts";
import { type RedisServer, startRedis } from "../support/redis.ts";

const PREFIX = "prefix:";
const STREAM = "stream";
const MANY = 300;

let redis: RedisServer;
let direct: Redis;
const open: { end(): unknown }[] = [];

beforeAll(async () => {
  redis = await startRedis();
  direct = new Redis(redis.port);
});
beforeEach(async () => {
  await direct.flushall();
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((client) => client.end()));
});
afterAll(async () => {
  direct.disconnect();
  await redis.stop();
});

function messages(maxLen: number): Bundled[] {
  return Array.from({ length: MANY }, (_, i) => {
    const packet = { type: 2, data: ["grüße", i], nsp: "/ä" };
    const data = { packet, opts: { rooms: [], except: [] } };
    const message = { uid: "a", nsp: "/ä", type: MessageType.BROADCAST, data } as const;
    const command = encodeEntry(STREAM, message, i + 1, new StreamLimit(maxLen, () => 0), false);
    return { channel: STREAM, payload: "", command };
  });
}

async function listen(...channels: string[]): Promise<void> {
  const client = new Redis(redis.port);
  open.push({ end: () => client.disconnect() });
  await client.subscribe(...channels);
}

describe.each([...CLIENTS])("$name", ({ name, create }) => {
  const isIoredis = name.startsWith("ioredis");
  const key = isIoredis ? PREFIX + STREAM : STREAM; // only this package has such an option
  const seen = `${key}:nodes`;

  const connect = async (maxLen = 10_000) => {
    const client = create(redis.port, isIoredis ? { keyPrefix: PREFIX } : {}) as ProgramClient;
    open.push(client);
    const commands = commandsOf(client.client);
    await client.connect();
    await state(commands);
    const length = new StreamLength(STREAM, maxLen, new StreamLimit(maxLen, () => 0));
    const channels = { countChannel: "all", bundleChannel: "bundles" };
    const route = { stream: STREAM, maxLen, isSharded: false, ...channels };
    const bundler = new CheckedBundler(route, length);
    await bundler.look(commands);
    expect(bundler.isReady(commands)).toBe(true);
    return { commands, bundler, length };
  };

  test("each message has an id of its own where others listen, and all have one where none does", async () => {
    const { commands, bundler } = await connect();
    await listen("all");
    const single = await bundler.send(commands, messages(10_000));
    const ids = (await direct.xrange(key, "-", "+")).map(([id]) => id);
    expect(ids).toHaveLength(MANY);
    expect(single.map(String)).toEqual(ids);
    expect(await direct.get(seen)).toBe("others");
    expect(bundler.isReady(commands)).toBe(false); // not for a while

    await listen("bundles");
    await direct.set(seen, "ours");
    const bundled = await bundler.send(commands, messages(10_000));
    const later = (await direct.xrange(key, "-", "+")).slice(MANY);
    expect(later.map(([, fields]) => fields.slice(0, 8))).toEqual([
      ["uid", "a", "nsp", "/ä", "type", "64", "size", "256"],
      ["uid", "a", "nsp", "/ä", "type", "64", "size", `${MANY - 256}`],
    ]);
    expect(bundled.map(String)).toEqual(
      later.flatMap(([id], i) => new Array(i === 0 ? 256 : MANY - 256).fill(id)),
    );
  });

  test("what is behind enough messages is cut off with the next ones", async () => {
    const { commands, bundler, length } = await connect(1_000);
    await listen("all", "bundles");
    await direct.set(seen, "ours");
    let read = "-";
    for (let i = 0; i < 10; i++) {
      await bundler.send(commands, messages(1_000));
      for (const [id, fields] of await direct.xrange(key, read, "+")) {
        length.onRead(id, Number(fields[7]));
        read = `(${id}`;
      }
    }
    const kept = (await direct.xrange(key, "-", "+")).map(([, fields]) => Number(fields[7]));
    const sum = kept.reduce((total, size) => total + size, 0);
    expect(sum).toBeGreaterThanOrEqual(1_000);
    expect(sum).toBeLessThan(2_000);
  });
});

test("a length that is counted anew cuts off nothing that was counted before", () => {
  const length = new StreamLength(STREAM, 100, new StreamLimit(100, () => 0));
  for (let i = 1; i <= 20; i++) length.onRead(`${i}-0`, 10);
  expect(length.cutId).toBe("10-0");
  expect(length.takeTrim()?.args).toEqual(["XTRIM", STREAM, "MINID", "~", "10-0"]);
  expect(length.takeTrim()).toBeUndefined();
  length.reset();
  for (let i = 1; i <= 9; i++) length.onRead(`${i}-1`, 10);
  expect(length.cutId).toBeUndefined();
});
