// Entries of a stream that are written once more, with the clients of every package.

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { Redis } from "ioredis";
import { commandsOf } from "../../adapters/redis/client.ts";
import type { RedisCommand } from "../../adapters/redis/port.ts";
import { writeInOrder } from "../../adapters/redis/stream-rewrite.ts";
import { CLIENTS, type ProgramClient } from "../support/redis-clients.ts";
import { state } from "../support/redis-connections.ts";
import { type RedisServer, startRedis } from "../support/redis.ts";

const PREFIX = "prefix:";
const STREAM = "stream";

let redis: RedisServer;
let direct: Redis;
const open: ProgramClient[] = [];

beforeAll(async () => {
  redis = await startRedis();
  direct = new Redis(redis.port);
});
beforeEach(async () => {
  await direct.flushall();
  await direct.acl("SETUSER", "default", "+eval");
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((client) => client.end()));
});
afterAll(async () => {
  direct.disconnect();
  await redis.stop();
});

function entry(id: string, text: string): RedisCommand {
  return { key: STREAM, args: ["XADD", STREAM, "MAXLEN", "~", 10_000, id, "text", text] };
}

async function written(key: string): Promise<[id: string, text: string | undefined][]> {
  const entries = await direct.xrange(key, "-", "+");
  return entries.map(([id, fields]) => [id, fields[1]]);
}

describe.each([...CLIENTS])("$name", ({ name, create }) => {
  const isIoredis = name.startsWith("ioredis");
  const key = isIoredis ? PREFIX + STREAM : STREAM; // only this package has such an option

  const connect = async () => {
    const client = create(redis.port, isIoredis ? { keyPrefix: PREFIX } : {});
    open.push(client);
    const commands = commandsOf(client.client);
    await client.connect();
    await state(commands);
    return commands;
  };

  test("each has its id, or the next one that is free, in their order", async () => {
    await direct.xadd(key, "20-7", "text", "of another");
    const commands = await connect();
    const ids = ["10-0", "20-7", "20-8", "30-0"];
    const replies = await writeInOrder(
      commands,
      STREAM,
      ids.map((id, i) => entry(id, `${i} grüße`)),
    );
    expect(replies).toEqual(["20-8", "20-9", "20-10", "30-0"]);
    expect(await written(key)).toEqual([
      ["20-7", "of another"],
      ["20-8", "0 grüße"],
      ["20-9", "1 grüße"],
      ["20-10", "2 grüße"],
      ["30-0", "3 grüße"],
    ]);
  });

  test("where scripts are not allowed, they are in their order with new ids", async () => {
    await direct.xadd(key, "20-7", "text", "of another");
    await direct.acl("SETUSER", "default", "-eval");
    const commands = await connect();
    const ids = ["10-0", "20-7", "20-8", "30-0"];
    const replies = await writeInOrder(
      commands,
      STREAM,
      ids.map((id) => entry(id, id)),
    );
    const now = await written(key);
    expect(now.map(([, text]) => text)).toEqual(["of another", ...ids]);
    expect(now.slice(1).map(([id]) => id)).toEqual(replies.map(String));
  });

  test.each(["+eval", "-eval"])("a thousand have the ids that they had (%s)", async (rule) => {
    await direct.acl("SETUSER", "default", rule);
    const commands = await connect();
    const ids = Array.from({ length: 1000 }, (_, i) => `${i + 1}-1`);
    const replies = await writeInOrder(
      commands,
      STREAM,
      ids.map((id) => entry(id, id)),
    );
    expect(replies.map(String)).toEqual(ids);
    expect(await written(key)).toEqual(ids.map((id) => [id, id]));
  });

  test("each is told why it cannot be written", async () => {
    await direct.set(key, "no stream");
    const commands = await connect();
    const replies = await writeInOrder(commands, STREAM, [entry("1-0", "a"), entry("2-0", "b")]);
    expect(replies.map(String)).toEqual([
      expect.stringContaining("WRONGTYPE"),
      expect.stringContaining("WRONGTYPE"),
    ]);
  });
});

test("behind one that Redis cannot take now, none is written", async () => {
  const client = CLIENTS[0]?.create(redis.port) as ProgramClient;
  open.push(client);
  const commands = commandsOf(client.client);
  await state(commands);
  await direct.config("SET", "maxmemory", "1");
  const replies = await writeInOrder(commands, STREAM, [entry("1-0", "a"), entry("2-0", "b")]);
  await direct.config("SET", "maxmemory", "0");
  expect(replies.map(String)).toEqual([
    expect.stringContaining("OOM"),
    expect.stringContaining("OOM"),
  ]);
  expect(await written(STREAM)).toEqual([]);
});
