// The adapters that are published for `socket.io`, unchanged, on the server of this package.

import { afterAll, beforeAll } from "bun:test";
import { type AdapterFeatures, type NodeRequest, testAdapter } from "bun-socket.io/adapter-tests";
import type { AdapterConfig } from "../support/fleet/adapter-config.ts";
import { OWN_SERVER, ProcessNodes } from "../support/fleet/process-nodes.ts";
import { makePublished } from "../support/fleet/published-adapters.ts";
import { type RedisServer, startRedis } from "../support/redis.ts";

let redis: RedisServer;
const processes = new ProcessNodes();
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(async () => {
  await processes.stop();
  await redis.stop();
});

const COMMON: Partial<AdapterFeatures> = {
  earlyEnds: "it waits until the time of the request is over",
  earlyAckEnds: "it waits until the time of the request is over",
  allSockets: "it gives those of its own node",
  silentWhenClosed: "it still sends",
};
const LATE_ENCODING = "it encodes when the client has taken the command";

function testPublished(
  name: string,
  configOf: (request: NodeRequest) => AdapterConfig,
  supports: Partial<AdapterFeatures>,
): void {
  testAdapter({
    name,
    createNode(request) {
      const config = configOf(request);
      return request.isMortal
        ? processes.start(OWN_SERVER, config, request)
        : makePublished(config);
    },
    supports: { ...COMMON, ...supports },
  });
}

testPublished(
  "@socket.io/redis-adapter",
  ({ fleet: key, requestsTimeoutMs }) => ({
    kind: "classic",
    redisPort: redis.port,
    key,
    requestsTimeoutMs,
  }),
  { hugeNumbers: "its encoding, notepack.io, makes them 0", requestsTimeout: true },
);

for (const subscriptionMode of ["static", "dynamic", "dynamic-private"] as const) {
  testPublished(
    `@socket.io/redis-adapter, sharded, ${subscriptionMode}`,
    ({ fleet: key }) => ({ kind: "sharded", redisPort: redis.port, key, subscriptionMode }),
    { encodesAtOnce: LATE_ENCODING },
  );
}

testPublished(
  "@socket.io/redis-streams-adapter",
  ({ fleet: key }) => ({ kind: "streams", redisPort: redis.port, key }),
  {
    encodesAtOnce: LATE_ENCODING,
    arrayBuffers: "its encoding makes them empty objects",
    recovery: true,
    recoveryElsewhere: true,
  },
);
