// What becomes of a batch of commands when the connection is lost in the very moment of writing it.

import { afterEach, describe, expect, test } from "bun:test";
import { Redis } from "ioredis";
import { Redis as Redis6 } from "ioredis-6";
import { commandsOf } from "../../adapters/redis/client.ts";
import type { RedisCommand } from "../../adapters/redis/port.ts";
import { state } from "../support/redis-connections.ts";
import { startRedis } from "../support/redis.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) {
    await cleanup();
  }
});

const CLIENTS = [
  { name: "ioredis 5", create: (port: number) => new Redis(port, "127.0.0.1") },
  { name: "ioredis 6", create: (port: number) => new Redis6(port, "127.0.0.1") },
];

/** Has the next write find the connection lost, as the system may say so at once. */
function loseWhenWritten({ stream }: Pick<Redis, "stream">): void {
  stream.write = () => {
    stream.destroy();
    return false;
  };
}

function commands(...args: string[][]): RedisCommand[] {
  return args.map((each) => ({ key: undefined, args: each }));
}

const BATCHES: readonly { name: string; batch: RedisCommand[] }[] = [
  { name: "commands", batch: commands(["GET", "a"], ["GET", "b"], ["GET", "c"]) },
  {
    name: "XADD alone",
    batch: commands(...["1", "2", "3"].map((n) => ["XADD", "stream", "*", "field", n])),
  },
  {
    name: "EVAL alone",
    batch: commands(...["1", "2", "3"].map((n) => ["EVAL", "return ARGV[1]", "0", n])),
  },
];

describe.each(CLIENTS)("$name", ({ create }) => {
  test.each([...BATCHES])(
    "gives all of them back ($name), and the next its own replies",
    async (it) => {
      const redis = await startRedis();
      cleanups.push(() => redis.stop());
      const client = create(redis.port);
      client.on("error", () => {});
      cleanups.push(() => client.disconnect());
      const port = commandsOf(client);
      await state(port);
      loseWhenWritten(client as Redis);
      const replies = await port.send(it.batch);
      expect(replies.map((reply) => reply instanceof Error)).toEqual([true, true, true]);
      await state(port);
      expect(await port.send(commands(["ECHO", "x"], ["ECHO", "y"]))).toEqual([
        Buffer.from("x"),
        Buffer.from("y"),
      ]);
      const published = port.publish([{ channel: "channel", payload: "payload" }], false);
      expect(await published).toEqual([null]);
    },
  );

  test("gives all messages back, and the next command its own reply", async () => {
    const redis = await startRedis();
    cleanups.push(() => redis.stop());
    const client = create(redis.port);
    client.on("error", () => {});
    cleanups.push(() => client.disconnect());
    const port = commandsOf(client);
    await state(port);
    loseWhenWritten(client as Redis);
    const messages = ["1", "2", "3"].map((payload) => ({ channel: "channel", payload }));
    const results = await port.publish(messages, false);
    expect(results.map((result) => result instanceof Error)).toEqual([true, true, true]);
    await state(port);
    expect(await port.send(commands(["ECHO", "x"]))).toEqual([Buffer.from("x")]);
  });
});
