// The Redis adapters of this package, by the suite for adapters.

import { afterAll, beforeAll } from "bun:test";
import { type AdapterFeatures, testAdapter } from "bun-socket.io/adapter-tests";
import type { AdapterConfig, RedisConfig } from "../support/fleet/adapter-config.ts";
import { makeOwn } from "../support/fleet/own-adapters.ts";
import { OWN, ProcessNodes } from "../support/fleet/process-nodes.ts";
import { type RedisServer, startRedis } from "../support/redis.ts";

const REQUESTS_MS = 300;

let redis: RedisServer;
const processes = new ProcessNodes();
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(async () => {
  await processes.stop();
  await redis.stop();
}, 60_000);

interface Kind {
  name: string;
  configOf(redisConfig: RedisConfig): AdapterConfig;
  supports?: Partial<AdapterFeatures>;
}

const MODES = ["static", "dynamic", "dynamic-private"] as const;
const CLASSIC: readonly Kind[] = MODES.map((subscriptionMode) => ({
  name: `classic pub/sub, ${subscriptionMode}`,
  configOf: (config) => ({ kind: "classic", subscriptionMode, ...config }),
}));
const SHARDED: readonly Kind[] = MODES.map((subscriptionMode) => ({
  name: `sharded pub/sub, ${subscriptionMode}`,
  configOf: (config) => ({ kind: "sharded", subscriptionMode, ...config }),
}));
const STREAMS: Kind = {
  name: "streams",
  configOf: (config) => ({ kind: "streams", ...config }),
  supports: { recovery: true, recoveryElsewhere: true },
};

function testOwn({ name, configOf, supports }: Kind, more: Partial<RedisConfig> = {}): void {
  testAdapter({
    name: `${name}, with ${more.client ?? "ioredis"}`,
    createNode(request) {
      const config = configOf({
        redisPort: redis.port,
        key: request.fleet,
        requestsTimeoutMs: REQUESTS_MS,
        ...more,
      });
      return request.isMortal ? processes.start(OWN, config, request) : makeOwn(config);
    },
    requestsTimeoutMs: REQUESTS_MS,
    supports: {
      presence: true,
      allSockets: "it gives those of its own node, as the reference does",
      silentWhenClosed: "it still sends, as the reference does",
      ...supports,
    },
  });
}

for (const kind of [...CLASSIC, ...SHARDED, STREAMS]) {
  testOwn(kind);
}
