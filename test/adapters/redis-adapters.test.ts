// The adapters over a Redis that the tests play themselves: what comes when is up to them.

import { expect, test } from "bun:test";
import { type Packet, PacketType } from "socket.io-parser";
import type { AdapterNamespace } from "../../adapters/adapter.ts";
import { RedisAdapter } from "../../adapters/redis/classic.ts";
import { resolveClassicOptions, resolveStreamsOptions } from "../../adapters/redis/options.ts";
import { commandOf } from "../../adapters/redis/outbox-queue.ts";
import type {
  ChannelMessage,
  OwnedRedis,
  RedisCommand,
  RedisReply,
} from "../../adapters/redis/port.ts";
import { EntryCommand } from "../../adapters/redis/stream-command.ts";
import { StreamKeeper } from "../../adapters/redis/stream-keeper.ts";
import { StreamLimit } from "../../adapters/redis/stream-limit.ts";
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
  send = async (_commands: readonly RedisCommand[]): Promise<(RedisReply | Error)[]> => [];
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

test.each([
  ["is one entry again, where it was a bundle", true, 1],
  ["is two entries again, where it was none", false, 2],
])("what has one id in a stream that Redis has forgotten %s", async (_what, isBundle, count) => {
  const written: unknown[] = [];
  class ForgetfulRedis extends PlayedRedis {
    override send = async (commands: readonly RedisCommand[]) =>
      commands.map(({ args }) => {
        if (args[0] === "EVAL") {
          const entries = args.slice(5);
          while (entries.length > 0) {
            written.push(entries.splice(0, Number(entries[0]) + 1));
          }
          return written.map(() => "1-1");
        }
        return args[0] === "XINFO" ? new Error("ERR no such key") : [];
      });
  }
  const redis = new ForgetfulRedis();
  const options = resolveStreamsOptions({});
  const reader = { position: "9-9" };
  const length = { cutId: undefined };
  const limit = new StreamLimit(options.maxLen, () => 0);
  const keeper = new StreamKeeper(redis, "socket.io", options.maxLen, reader, length);
  const bundler = isBundle ? { smallest: 2, isReady: () => true, send: async () => [] } : undefined;
  for (const seq of [1, 2]) {
    const content = { uid: "me", nsp: "/", type: 5, seq, event: undefined, data: "{}" };
    const command = new EntryCommand("socket.io", limit, content);
    const place = { number: seq, at: 0, owner: { onDropped() {} } };
    keeper.onWritten(commandOf(place, command, undefined, bundler), "1-1");
  }
  keeper.onBreak();
  expect(await keeper.mend()).toBeTrue();
  expect(written).toHaveLength(count);
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
