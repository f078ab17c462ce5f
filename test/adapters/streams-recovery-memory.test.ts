import { expect, test } from "bun:test";
import { resolveStreamsOptions } from "../../adapters/redis/options.ts";
import type { OwnedRedis, RedisCommand, RedisReply } from "../../adapters/redis/port.ts";
import { OffsetQueue } from "../../adapters/redis/stream-offsets.ts";
import { StreamRecovery } from "../../adapters/redis/stream-recovery.ts";
import type { LoggedEntry } from "../../adapters/redis/stream-scan.ts";
import { StreamsHub } from "../../adapters/redis/streams-hub.ts";
import { encodeBase64 } from "../../adapters/redis/streams-wire.ts";

/** A Redis that knows one session, and is away when it comes to its stream. */
class LostRedis implements OwnedRedis {
  readonly isReady = true;
  readonly isCluster = false;
  readonly asked: unknown[] = [];
  /** Settles the answer to the first question. */
  readonly answer = Promise.withResolvers<void>();

  async send(commands: readonly RedisCommand[]): Promise<(RedisReply | Error)[]> {
    this.asked.push(...commands.map(({ args }) => args[0]));
    await this.answer.promise;
    const session = { sid: "sid", pid: "pid", rooms: ["sid"], data: {}, nsp: "/", start: "1-1" };
    return commands.map(({ args: [name] }) => {
      switch (name) {
        case "GET":
          return encodeBase64(session);
        case "DEL":
          return 1;
        default:
          return new Error("Connection is closed.");
      }
    });
  }

  onState = () => () => {};
  onError = () => () => {};
  onInterrupted = () => () => {};
  onResubscribed = () => () => {};
  publish = async () => [];
  countSubscribers = async () => [1];
  subscribe = async () => {};
  unsubscribe() {}
  end() {}
  duplicate = () => this;
}

function open(requestsTimeout: number) {
  const redis = new LostRedis();
  const hub = new StreamsHub(redis, resolveStreamsOptions({ requestsTimeout }));
  const owner = { nsp: { name: "/" }, onDropped() {} };
  const reader = {
    origin: "1-1",
    position: "1-1",
    until: async () => true,
  };
  const recovery = new StreamRecovery({
    hub,
    owner,
    uid: "me",
    nsp: { name: "/" },
    reader,
    queue: new OffsetQueue(1_000),
    stream: "socket.io",
    strayStream: undefined,
    durationMs: 60_000,
    send() {},
    serverCount: async () => 1,
    report() {},
  });
  return { redis, recovery };
}

/** How many of the events that were read since are in memory. */
async function countKept(recovery: StreamRecovery): Promise<number> {
  const entries = Array.from({ length: 100 }, (_, index): WeakRef<LoggedEntry> => {
    const entry = { uid: "you", nsp: "/", type: 3, seq: index + 1, data: () => "{}" };
    const logged = { id: `2-${index}`, entry };
    recovery.onEntry(logged);
    return new WeakRef(logged);
  });
  await new Promise(setImmediate); // till then, all that was looked at is held
  Bun.gc(true);
  return entries.filter((entry) => entry.deref() !== undefined).length;
}

test("nothing is kept for a client whose session could not be restored", async () => {
  const { redis, recovery } = open(5_000);
  redis.answer.resolve();
  await expect(recovery.restore("pid", "1-1")).rejects.toThrow("Connection is closed");
  expect(redis.asked).toEqual(["GET", "DEL", "XRANGE"]);
  expect(await countKept(recovery)).toBeLessThan(20);
});

test("nothing is kept for a client whose session is found too late", async () => {
  const { redis, recovery } = open(1);
  expect(await recovery.restore("pid", "1-1")).toBeNull();
  redis.answer.resolve();
  await new Promise(setImmediate);
  expect(redis.asked).toEqual(["GET", "DEL"]);
  expect(await countKept(recovery)).toBeLessThan(20);
});
