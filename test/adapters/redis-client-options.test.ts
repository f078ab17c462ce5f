// What programs set on their Redis clients, and what they give that is none.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Redis } from "ioredis";
import { createClient } from "redis";
import { commandsOf, subscriptionsOf } from "../../adapters/redis/client.ts";
import { SocketIOError } from "../../lib/errors.ts";
import { CLIENTS } from "../support/redis-clients.ts";
import { endingClients } from "../support/redis-clients-open.ts";
import { asked, next, state, until } from "../support/redis-connections.ts";
import { type RedisServer, startRedis } from "../support/redis.ts";

const keep = endingClients();

let redis: RedisServer;

beforeAll(async () => {
  redis = await startRedis();
});

afterAll(async () => {
  await redis.stop();
});

const IOREDIS_OPTIONS: [string, object][] = [
  ["a keyPrefix", { keyPrefix: "prefix:" }],
  ["maxRetriesPerRequest 0", { maxRetriesPerRequest: 0 }],
  ["maxRetriesPerRequest null", { maxRetriesPerRequest: null }],
  ["no offline queue", { enableOfflineQueue: false }],
  ["lazyConnect", { lazyConnect: true }],
  ["autoResubscribe off", { autoResubscribe: false }],
  ["autoResendUnfulfilledCommands off", { autoResendUnfulfilledCommands: false }],
  ["a commandTimeout", { commandTimeout: 2000 }],
  ["auto-pipelining", { enableAutoPipelining: true }],
  ["stringNumbers", { stringNumbers: true }],
  ["another database", { db: 3 }],
  ["readOnly", { readOnly: true }],
  ["no ready check", { enableReadyCheck: false }],
];

const NODE_REDIS_OPTIONS: [string, object][] = [
  ["no offline queue", { disableOfflineQueue: true }],
  ["another database", { database: 3 }],
  ["RESP 3", { RESP: 3 }],
  ["a short queue", { commandsQueueMaxLength: 1000 }],
  ["a name", { name: "chat" }],
];

const CASES = CLIENTS.flatMap((kind) =>
  (kind.name.startsWith("ioredis") ? IOREDIS_OPTIONS : NODE_REDIS_OPTIONS).map(
    ([what, options]) => ({ name: `${kind.name} with ${what}`, create: kind.create, options }),
  ),
);

describe.each(CASES)("a client of $name", ({ create, options }) => {
  test("is heard on the channels as they are named, also after an outage", async () => {
    const server = await startRedis();
    const program = create(server.port, options);
    keep(program);
    const commands = commandsOf(program.client);
    const subs = subscriptionsOf(program.client);
    await program.connect();
    await Promise.all([state(commands), state(subs)]);
    const heard: string[] = [];
    const listener = (_payload: Buffer, channel: string) => heard.push(channel);
    await Promise.all([
      subs.subscribe("channel", "c", listener),
      subs.subscribe("pattern", "p*", listener),
      subs.subscribe("shard", "s", listener),
    ]);
    for (let round = 1; round <= 2; round++) {
      const classic = ["c", "p1"].map((channel) => ({ channel, payload: Buffer.from("x") }));
      expect(await commands.publish(classic, false)).toEqual([null, null]);
      expect(await commands.publish([{ channel: "s", payload: "x" }], true)).toEqual([null]);
      await until(() => heard.length === 3);
      expect(heard.toSorted()).toEqual(["c", "p1", "s"]);
      heard.length = 0;
      expect(await commands.countSubscribers(["c", "d"], false)).toEqual([1, 0]);
      expect(await commands.countSubscribers(["s"], true)).toEqual([1]);
      // Any client of another package hears it, too.
      const channels = await asked(server, (other) => other.pubsub("SHARDCHANNELS"));
      expect(channels).toEqual(["s"]);
      if (round === 1) {
        const back = next((listener) => subs.onResubscribed(listener));
        await server.kill();
        await state(subs, false);
        await state(commands, false);
        await server.restart();
        await Promise.all([back, state(commands), state(subs)]);
      }
    }
    await program.end();
    await server.stop();
  }, 15_000);
});

describe("a keyPrefix", () => {
  test("goes before the keys of commands", async () => {
    const [kind] = CLIENTS;
    const program = kind?.create(redis.port, { keyPrefix: "prefix:" });
    if (!program) throw new Error("there is a client");
    keep(program);
    const commands = commandsOf(program.client);
    await state(commands);
    await commands.send([{ key: "k", args: ["SET", "k", "v"] }]);
    expect(await asked(redis, (other) => other.get("prefix:k"))).toBe("v");
  });
});

describe.each([...CLIENTS])("one client of $name for both", ({ create }) => {
  test("sends commands while it is subscribed", async () => {
    const program = create(redis.port);
    keep(program);
    const commands = commandsOf(program.client);
    const subs = subscriptionsOf(program.client);
    await program.connect();
    await state(commands);
    const heard: string[] = [];
    await subs.subscribe("channel", "both", (payload) => heard.push(`${payload}`));
    expect(await commands.publish([{ channel: "both", payload: "x" }], false)).toEqual([null]);
    expect((await commands.send([{ key: "k", args: ["DEL", "none"] }]))[0]).toBe(0);
    await until(() => heard.length === 1);
  });
});

describe("a client that the program itself subscribes with", () => {
  test("keeps its subscriptions, and hears nothing of the adapters'", async () => {
    const client = new Redis(redis.port);
    const heard: string[] = [];
    client.on("message", (channel: string) => heard.push(channel));
    await client.subscribe("own");
    const subs = subscriptionsOf(client);
    await subs.subscribe("channel", "ours", () => heard.push("ours, as wanted"));
    await asked(redis, async (other) => {
      await other.publish("ours", "x");
      await other.publish("own", "x");
    });
    await until(() => heard.length === 2);
    expect(heard.toSorted()).toEqual(["ours, as wanted", "own"]);
    client.disconnect();
  });
});

describe("a client of node-redis without a listener for errors", () => {
  test("does not end the process when Redis goes away", async () => {
    const server = await startRedis();
    const client = createClient({ socket: { port: server.port } });
    const commands = commandsOf(client);
    const errors: Error[] = [];
    commands.onError((error) => errors.push(error));
    await client.connect();
    await server.kill();
    await until(() => errors.length > 0);
    await server.restart();
    await state(commands);
    expect(await commands.publish([{ channel: "c", payload: "x" }], false)).toEqual([null]);
    client.destroy();
    await server.stop();
  });
});

describe("what is no client", () => {
  test.each([
    ["nothing", undefined],
    ["null", null],
    ["an address", "redis://localhost"],
    ["options", { host: "localhost", port: 6379 }],
    ["a function", () => {}],
    ["something else", new Map()],
  ])("is refused: %s", (_name, value) => {
    for (const wrap of [commandsOf, subscriptionsOf]) {
      let thrown: unknown;
      try {
        wrap(value);
      } catch (error) {
        thrown = error;
      }
      expect(thrown).toBeInstanceOf(SocketIOError);
      expect(thrown).toHaveProperty("code", "ERR_INVALID_ARGUMENT");
      expect(String(thrown)).toContain("ioredis 5 or 6");
    }
  });
});
