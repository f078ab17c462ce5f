// The Redis adapters of this package, by the suite for adapters.

import { afterAll, beforeAll } from "bun:test";
import { type AdapterFeatures, testAdapter } from "bun-socket.io/adapter-tests";
import { makeOwn } from "../support/fleet/own-adapters.ts";
import { OWN, ProcessNodes } from "../support/fleet/process-nodes.ts";
import type { AdapterConfig, RedisConfig } from "../support/fleet/published-adapters.ts";
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

function testOwn(
  name: string,
  configOf: (redisConfig: RedisConfig) => AdapterConfig,
  supports: Partial<AdapterFeatures> = {},
): void {
  testAdapter({
    name,
    createNode(request) {
      const config = configOf({
        redisPort: redis.port,
        key: request.fleet,
        requestsTimeoutMs: REQUESTS_MS,
      });
      return request.isMortal ? processes.start(OWN, config, request) : makeOwn(config);
    },
    requestsTimeoutMs: REQUESTS_MS,
    supports: {
      presence: true,
      allSockets: "it gives those of its own node, as the reference does",
      ...supports,
    },
  });
}

testOwn("classic pub/sub, static", (config) => ({ kind: "classic", ...config }), {});
