import { expect, test } from "bun:test";
import type { OwnedRedis, RedisReply } from "../../adapters/redis/port.ts";
import { StreamConnection } from "../../adapters/redis/stream-connection.ts";

/** A Redis that takes its time. */
class SlowRedis implements OwnedRedis {
  readonly isReady = true;
  readonly isCluster = false;
  readonly answer = Promise.withResolvers<(RedisReply | Error)[]>();
  send = () => this.answer.promise;
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

test("who waits for longer than a timer can does not give up at once", async () => {
  const redis = new SlowRedis();
  const connection = new StreamConnection(redis, "stream", () => {});
  const asked = connection.ask(["XREAD"], 2 ** 31 + 10_000);
  await Bun.sleep(20);
  redis.answer.resolve(["here"]);
  expect(await asked).toBe("here");
  connection.end();
});
