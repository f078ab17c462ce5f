import { afterEach, describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { Redis } from "ioredis";
import { commandsOf } from "../../adapters/redis/client.ts";
import { type Dropped, Outbox } from "../../adapters/redis/outbox.ts";
import type { OutboxOptions } from "../../adapters/redis/outbox-limits.ts";
import { outboxOf } from "../../adapters/redis/outbox-shared.ts";
import type { ChannelMessage, RedisReply } from "../../adapters/redis/port.ts";
import { until } from "../support/pubsub.ts";
import { freePort, type RedisServer, startRedis } from "../support/redis.ts";

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) {
    await cleanup();
  }
});

async function startServer(): Promise<RedisServer> {
  const server = await startRedis();
  cleanups.push(() => server.stop());
  return server;
}

function connect(port: number): Redis {
  const client = new Redis(port, "127.0.0.1", {
    retryStrategy: () => 30,
    // Errors of the connection come as errors of commands too.
    maxRetriesPerRequest: 0,
  });
  client.on("error", () => {});
  cleanups.push(() => client.disconnect());
  return client;
}

/** An owner that keeps what it is told. */
class Owner {
  readonly drops: Dropped[] = [];
  readonly #waits: (() => void)[] = [];

  onDropped(dropped: Dropped): void {
    this.drops.push(dropped);
    for (const wait of this.#waits.splice(0)) {
      wait();
    }
  }

  nextDrop(): Promise<void> {
    return new Promise((resolve) => this.#waits.push(resolve));
  }
}

function openOutbox(port: number, options?: OutboxOptions): { outbox: Outbox; owner: Owner } {
  return { outbox: outboxOf(commandsOf(connect(port)), options), owner: new Owner() };
}

/** Listens to a channel, and gives what it has heard. */
async function listen(port: number, channel: string): Promise<{ heard: string[] }> {
  const heard: string[] = [];
  const client = connect(port);
  client.on("message", (_channel, message) => heard.push(message));
  client.on("smessage", (_channel, message) => heard.push(message));
  await client.subscribe(channel);
  await client.ssubscribe(channel);
  return { heard };
}

/** Halts Redis, and waits until it stands still: it may answer for a moment. */
async function halt(server: RedisServer): Promise<void> {
  server.pause();
  const stat = `/proc/${server.pid}/stat`;
  await until(() => !existsSync(stat) || / T /.test(readFileSync(stat, "utf8")));
}

/** Waits until a listener has heard something. */
async function hears(listener: { heard: string[] }, last: string): Promise<void> {
  while (listener.heard.at(-1) !== last) {
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}

function numbers(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${index}`);
}

describe("the outbox", () => {
  test("is one for each client", async () => {
    const redis = commandsOf(connect((await startServer()).port));
    expect(outboxOf(redis)).toBe(outboxOf(redis, { maxBytes: 1 }));
  });

  test.each([true, false])("sends in order (sharded: %p)", async (isSharded) => {
    const { port } = await startServer();
    const listener = await listen(port, "x");
    const { outbox, owner } = openOutbox(port);
    for (const text of numbers(5_000)) {
      outbox.publish("x", text, isSharded, owner);
    }
    expect(await outbox.flush(5_000)).toBe(true);
    await hears(listener, "4999");
    expect(listener.heard).toEqual(numbers(5_000));
    expect(outbox.stats).toMatchObject({ sent: 5_000, waiting: 0, inFlight: 0, inFlightBytes: 0 });
  });

  test("sends what one turn publishes in few writes", async () => {
    const { port } = await startServer();
    const { outbox, owner } = openOutbox(port);
    const client = connect(port);
    const reads = async () =>
      Number(/total_reads_processed:(\d+)/.exec(await client.info("stats"))?.[1]);
    outbox.publish("x", "first", false, owner);
    await outbox.flush(5_000);
    const before = await reads();
    for (const text of numbers(500)) {
      outbox.publish("x", text, false, owner);
    }
    await outbox.flush(5_000);
    expect((await reads()) - before).toBeLessThan(20);
  });

  test("sends no lot sooner than 0.3 ms after the last one, and the last one without being asked", async () => {
    const { port } = await startServer();
    const listener = await listen(port, "x");
    const { outbox, owner } = openOutbox(port);
    const client = connect(port);
    const reads = async () =>
      Number(/total_reads_processed:(\d+)/.exec(await client.info("stats"))?.[1]);
    const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
    const lot = (name: string) => {
      for (const text of numbers(5)) {
        outbox.publish("x", `${name} ${text}`, false, owner);
      }
    };
    lot("first");
    await hears(listener, "first 4");
    const before = await reads();
    const start = performance.now();
    for (let count = 0; performance.now() - start < 40; count++) {
      lot(`${count}`);
      await turn();
    }
    lot("last");
    await hears(listener, "last 4");
    const elapsedMs = performance.now() - start;
    // Two more are those of this client.
    expect((await reads()) - before).toBeLessThanOrEqual(elapsedMs / 0.3 + 3);
    expect(outbox.stats).toMatchObject({ waiting: 0 });
  });

  test("goes on after an interruption so short that the client did not tell of it", async () => {
    const heard: string[] = [];
    const attempts: (() => void)[] = [];
    const redis = {
      isReady: true,
      isCluster: true,
      onState: () => () => {},
      onError: () => () => {},
      publish: async (messages: readonly ChannelMessage[]) => {
        if (attempts.length === 0) {
          redis.isReady = false;
          await new Promise<void>((resolve) => attempts.push(resolve));
          return messages.map(() => new Error("Connection is closed."));
        }
        heard.push(...messages.map(({ payload }) => String(payload)));
        return messages.map(() => null);
      },
      send: async () => [],
      countSubscribers: async () => [],
      duplicate: (): never => {
        throw new Error("it is not asked for another");
      },
    };
    const outbox = new Outbox(redis);
    const owner = new Owner();
    outbox.publish("x", "first", false, owner);
    await until(() => attempts.length > 0);
    attempts[0]?.();
    await Bun.sleep(100); // it tries again meanwhile
    redis.isReady = true;
    outbox.publish("x", "second", false, owner);
    expect(await outbox.flush(2_000)).toBe(true);
    expect(heard).toEqual(["first", "second"]);
  });

  test("sends what comes before Redis has answered in one write, where it answers soon", async () => {
    const server = await startServer();
    const { outbox, owner } = openOutbox(server.port);
    const listener = await listen(server.port, "x");
    const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
    for (let ms = 1_000; ms > 1.5; ) {
      const before = performance.now();
      outbox.publish("x", "warm", false, owner);
      expect(await outbox.flush(5_000)).toBe(true);
      ms = performance.now() - before;
    }
    await halt(server);
    const large = "x".repeat(65_536); // so much is not held up
    const lot = ["first", large, ...numbers(8)];
    for (const text of lot) {
      outbox.publish("x", text, false, owner);
    }
    await turn();
    expect(outbox.stats).toMatchObject({ inFlight: 10, waiting: 0 });
    for (const text of numbers(40)) {
      outbox.publish("x", text, false, owner);
      await turn();
    }
    expect(outbox.stats).toMatchObject({ inFlight: 10, waiting: 40 });
    outbox.publish("x", large, false, owner);
    await turn();
    expect(outbox.stats).toMatchObject({ inFlight: 51, waiting: 0 });
    server.resume();
    outbox.publish("x", "last", false, owner);
    await hears(listener, "last");
    const heard = listener.heard.filter((text) => text !== "warm");
    expect(heard).toEqual([...lot, ...numbers(40), large, "last"]);
  });

  test("has nothing wait for an answer where there is little to send", async () => {
    const server = await startServer();
    const { outbox, owner } = openOutbox(server.port);
    const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
    outbox.publish("x", "first", false, owner);
    expect(await outbox.flush(5_000)).toBe(true);
    await halt(server);
    for (const [index, text] of numbers(6).entries()) {
      if (index % 2 === 0) {
        await Bun.sleep(5); // or longer: three within 2 ms are many
      }
      outbox.publish("x", text, false, owner);
      await turn();
      expect(outbox.stats).toMatchObject({ inFlight: index + 1, waiting: 0 });
    }
    server.resume();
    expect(await outbox.flush(5_000)).toBe(true);
  });

  test("keeps what is sent before there is a connection", async () => {
    const port = freePort();
    const { outbox, owner } = openOutbox(port);
    for (const text of numbers(100)) {
      outbox.publish("x", text, false, owner);
    }
    expect(await outbox.flush(50)).toBe(false);
    expect(outbox.stats.waiting).toBe(100);
    const server = await startRedis({ port });
    cleanups.push(() => server.stop());
    expect(await outbox.flush(Number.POSITIVE_INFINITY)).toBe(true);
    expect(outbox.stats).toMatchObject({ sent: 100, dropped: 0 });
    expect(outbox.longestDelayMs).toBeGreaterThanOrEqual(50);
  });

  test("sends each message at least once and in order although Redis is killed again and again", async () => {
    const server = await startServer();
    const { outbox, owner } = openOutbox(server.port);
    const replies: RedisReply[] = [];
    for (let round = 0; round < 4; round++) {
      for (let turn = 0; turn < 200; turn++) {
        const text = `${round * 200 + turn}`;
        outbox.send({ key: "s", args: ["RPUSH", "s", text] }, owner, (reply) => {
          expect(reply).toBeTypeOf("number");
          if (!(reply instanceof Error)) {
            replies.push(reply);
          }
        });
        await new Promise<void>((resolve) => setImmediate(resolve));
        if (turn === 100) {
          await server.kill();
          await server.restart();
        }
      }
    }
    expect(await outbox.flush(10_000)).toBe(true);
    expect(replies.length).toBe(800);
    expect(owner.drops).toEqual([]);
    expect(outbox.stats.sent).toBe(800);
  }, 20_000);

  test("bounds what waits: the oldest is dropped, and its owner told once a turn", async () => {
    const { outbox, owner } = openOutbox(freePort(), { maxBytes: 10 * (128 + 100) });
    const other = new Owner();
    outbox.publish("x", "y".repeat(100), false, other);
    const told = owner.nextDrop();
    for (let count = 0; count < 30; count++) {
      outbox.publish("x", "y".repeat(100), false, owner);
    }
    await told;
    expect(outbox.stats).toMatchObject({ waiting: 10, waitingBytes: 2_280, dropped: 21 });
    expect(owner.drops).toMatchObject([{ messages: 20, bytes: 20 * 228, reason: "overflow" }]);
    expect(other.drops).toMatchObject([{ messages: 1, reason: "overflow" }]);
  });

  test("drops what has waited for too long, and tells the sender of a command", async () => {
    const { outbox, owner } = openOutbox(freePort(), { maxDuration: 60 });
    const told = owner.nextDrop();
    const reply = new Promise((resolve) => {
      outbox.send({ key: "k", args: ["GET", "k"] }, owner, resolve);
    });
    expect(await reply).toMatchObject({ code: "ERR_OUTBOX_FULL" });
    await told;
    expect(owner.drops).toMatchObject([{ messages: 1, reason: "expired" }]);
    expect(await outbox.flush(0)).toBe(true);
  });

  test("drops what Redis refuses, and goes on", async () => {
    const { port } = await startServer();
    const { outbox, owner } = openOutbox(port);
    const client = connect(port);
    await client.set("k", "text");
    const told = owner.nextDrop();
    const refused = new Promise((resolve) => {
      outbox.send({ key: "k", args: ["XADD", "k", "*", "a", "b"] }, owner, resolve);
    });
    const answered = new Promise((resolve) => {
      outbox.send({ key: "k", args: ["GET", "k"] }, owner, resolve);
    });
    expect(await refused).toBeInstanceOf(Error);
    expect(String(await answered)).toBe("text");
    await told;
    expect(owner.drops).toMatchObject([{ messages: 1, reason: "refused" }]);
    expect(owner.drops[0]?.error?.message).toStartWith("WRONGTYPE");
  });

  test("retries what Redis cannot do now, and lets the rest pass", async () => {
    const { port } = await startServer();
    const { outbox, owner } = openOutbox(port);
    const client = connect(port);
    await client.config("SET", "maxmemory", "1");
    const stored = new Promise((resolve) => {
      outbox.send({ key: "s", args: ["XADD", "s", "*", "a", "b"] }, owner, resolve);
    });
    outbox.publish("x", "passes", false, owner);
    const listener = await listen(port, "x");
    outbox.publish("x", "passes too", false, owner);
    await hears(listener, "passes too");
    while (outbox.stats.retried === 0) {
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    await client.config("SET", "maxmemory", "0");
    expect(String(await stored)).toMatch(/^\d+-\d+$/);
    expect(await client.xlen("s")).toBe(1);
    expect(owner.drops).toEqual([]);
  });

  test("hands little to the client while Redis halts, and sends all afterwards", async () => {
    const server = await startServer();
    const { outbox, owner } = openOutbox(server.port);
    const listener = await listen(server.port, "x");
    outbox.publish("x", "first", false, owner);
    await outbox.flush(5_000);
    server.pause();
    const payload = Buffer.alloc(10_000, "x");
    for (let turn = 0; turn < 200; turn++) {
      for (let count = 0; count < 10; count++) {
        outbox.publish("x", payload, false, owner);
      }
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    const { inFlightBytes, waitingBytes } = outbox.stats;
    expect(inFlightBytes).toBeLessThan(5 * 1024 * 1024);
    expect(inFlightBytes + waitingBytes).toBeGreaterThan(20_000_000);
    expect(await outbox.flush(50)).toBe(false);
    server.resume();
    expect(await outbox.flush(10_000)).toBe(true);
    outbox.publish("x", "last", false, owner);
    await hears(listener, "last");
    expect(listener.heard.length).toBe(2_002);
    expect(owner.drops).toEqual([]);
  }, 20_000);

  test("drops nothing of a burst larger than what may wait, while Redis answers", async () => {
    const { port } = await startServer();
    const { outbox, owner } = openOutbox(port, { maxBytes: 1_000_000 });
    outbox.publish("x", "first", false, owner);
    await outbox.flush(5_000);
    for (let count = 0; count < 10_000; count++) {
      outbox.publish("x", "y".repeat(200), false, owner);
    }
    expect(await outbox.flush(5_000)).toBe(true);
    expect(outbox.stats).toMatchObject({ sent: 10_001, dropped: 0 });
  });
});
