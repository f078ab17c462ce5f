import { expect, test } from "bun:test";
import { RedisAdapter } from "../../adapters/redis/classic.ts";
import { resolveClassicOptions } from "../../adapters/redis/options.ts";
import type { ChannelMessage } from "../../adapters/redis/port.ts";
import { until } from "../support/pubsub.ts";

const ROOMS_REQUEST = '"type":132';

test("who asks for rooms before it is subscribed asks again when it is, and hears the answers", async () => {
  const published: string[] = [];
  const confirmed = Promise.withResolvers<void>();
  const connection = {
    isReady: true,
    isCluster: false,
    onState: () => () => {},
    onError: () => () => {},
  };
  const commands = {
    ...connection,
    publish: async (messages: readonly ChannelMessage[]) => {
      published.push(...messages.map(({ payload }) => String(payload)));
      return messages.map(() => null);
    },
    send: async () => [],
    countSubscribers: async () => [1],
    duplicate: (): never => {
      throw new Error("it is not asked for another");
    },
  };
  const subscriptions = {
    ...connection,
    subscribe: () => confirmed.promise,
    unsubscribe() {},
    onInterrupted: () => () => {},
    onResubscribed: () => () => {},
  };
  const nsp = {
    name: "/",
    sockets: new Map(),
    server: { encoder: { encode: () => [] }, opts: {} },
    _ids: 0,
    _onServerSideEmit() {},
  };
  const adapter = new RedisAdapter(nsp, { commands, subscriptions }, resolveClassicOptions({}));
  const started = adapter.init();
  adapter.on("occupied", () => {});
  const requests = () => published.filter((message) => message.includes(ROOMS_REQUEST)).length;
  await until(() => requests() === 1);
  confirmed.resolve();
  await started;
  await new Promise(setImmediate);
  await new Promise(setImmediate);
  expect(requests()).toBe(2);
  await adapter.close();
});
