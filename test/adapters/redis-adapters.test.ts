// The adapters over a Redis that the tests play themselves: what comes when is up to them.

import { expect, test } from "bun:test";
import { type Packet, PacketType } from "socket.io-parser";
import type { AdapterNamespace } from "../../adapters/adapter.ts";
import { RedisAdapter } from "../../adapters/redis/classic.ts";
import { resolveClassicOptions, resolveStreamsOptions } from "../../adapters/redis/options.ts";
import type { ChannelMessage, OwnedRedis } from "../../adapters/redis/port.ts";
import { StreamsAdapter } from "../../adapters/redis/streams-adapter.ts";
import { StreamsHub } from "../../adapters/redis/streams-hub.ts";
import { until } from "../support/pubsub.ts";

const ROOMS_REQUEST = '"type":132';

/** A Redis that takes what is published, and confirms subscriptions when it is told to. */
class PlayedRedis implements OwnedRedis {
  isReady = true;
  readonly isCluster = false;
  readonly published: string[] = [];
  readonly confirmed = Promise.withResolvers<void>();
  publish = async (messages: readonly ChannelMessage[]) => {
    this.published.push(...messages.map(({ payload }) => String(payload)));
    return messages.map(() => null);
  };
  send = async () => [];
  countSubscribers = async () => [1];
  subscribe = () => this.confirmed.promise;
  unsubscribe() {}
  onState = () => () => {};
  onError = () => () => {};
  onInterrupted = () => () => {};
  onResubscribed = () => () => {};
  duplicate = () => this;
  end() {}
}

function namespace(opts: AdapterNamespace["server"]["opts"] = {}) {
  const encoded: Packet[] = [];
  const encoder = {
    encode(packet: Packet) {
      encoded.push(packet);
      return [];
    },
  };
  const nsp: AdapterNamespace = {
    name: "/",
    sockets: new Map(),
    server: { encoder, opts },
    _ids: 0,
    _onServerSideEmit() {},
  };
  return { nsp, encoded };
}

function classic(redis: OwnedRedis): RedisAdapter {
  const clients = { commands: redis, subscriptions: redis };
  return new RedisAdapter(namespace().nsp, clients, resolveClassicOptions({}));
}

const event = (...data: unknown[]): Packet => ({ type: PacketType.EVENT, nsp: "/", data });
const everyone = { rooms: new Set<string>() };

test("who asks for rooms before it is subscribed asks again when it is", async () => {
  const redis = new PlayedRedis();
  const adapter = classic(redis);
  const started = adapter.init();
  adapter.on("occupied", () => {});
  const requests = () => redis.published.filter((each) => each.includes(ROOMS_REQUEST)).length;
  await until(() => requests() === 1);
  redis.confirmed.resolve();
  await started;
  await until(() => requests() === 2);
  await adapter.close();
});

test("what is sent while something else is encoded is kept once, to be replayed", async () => {
  const adapter = classic(new PlayedRedis());
  const inner = {
    toJSON() {
      adapter.broadcast(event("inner"), everyone);
      return "outer";
    },
  };
  const ignore = () => {};
  adapter.broadcastWithAck(
    event("outer", inner),
    { ...everyone, flags: { timeout: 1 } },
    ignore,
    ignore,
  );
  expect(adapter.stats.replay?.kept).toBe(1);
  await adapter.close();
});

test("an event that is too large to wait for Redis reaches the clients of its node at once", async () => {
  const redis = new PlayedRedis();
  redis.isReady = false;
  const hub = new StreamsHub(redis, resolveStreamsOptions({ outbox: { maxBytes: 0 } }));
  const { nsp, encoded } = namespace({ connectionStateRecovery: {} });
  const adapter = new StreamsAdapter(nsp, hub);
  adapter.on("error", () => {}); // that it was dropped
  adapter.broadcast(event("large"), everyone);
  expect(encoded).toMatchObject([{ data: ["large"] }]);
  await adapter.close();
});
