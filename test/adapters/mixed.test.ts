// Mixed fleets: nodes of this package on Bun together with nodes of `socket.io` on Node.js, over the
// same Redis. The suite for adapters has each node do each thing to all of them.

import { afterAll, beforeAll } from "bun:test";
import { type AdapterFeatures, type NodeRequest, testAdapter } from "bun-socket.io/adapter-tests";
import type { AdapterConfig } from "../support/fleet/adapter-config.ts";
import { OWN, ProcessNodes, REFERENCE_ON_NODE } from "../support/fleet/process-nodes.ts";
import { makeOwn } from "../support/fleet/own-adapters.ts";
import { type RedisServer, startRedis } from "../support/redis.ts";

let redis: RedisServer;
const processes = new ProcessNodes();
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(async () => {
  await processes.stop();
  await redis.stop();
}, 60_000);

const REFERENCE_LIMITS: Partial<AdapterFeatures> = {
  earlyEnds: "nodes of the reference wait until the time of the request is over",
  earlyAckEnds: "nodes of the reference wait until the time of the request is over",
  encodesAtOnce: "nodes of the reference do not all",
  allSockets: "nodes of the reference give their own",
  deafWhenClosed: "not asked of nodes of the reference",
  silentWhenClosed: "nodes of the reference still send",
  presence: "nodes of the reference do not tell their rooms",
};

function testMixed(
  name: string,
  configOf: (request: NodeRequest) => AdapterConfig,
  supports: Partial<AdapterFeatures> = {},
): void {
  testAdapter({
    name: `both, over ${name}`,
    createNode(request) {
      const config = configOf(request);
      // The one in the middle, and the one that starts late.
      if (request.index % 2 === 1) {
        return processes.start(REFERENCE_ON_NODE, config, request);
      }
      return request.isMortal ? processes.start(OWN, config, request) : makeOwn(config);
    },
    supports: { ...REFERENCE_LIMITS, ...supports },
  });
}

testMixed(
  "classic pub/sub",
  ({ fleet: key, requestsTimeoutMs }) => ({
    kind: "classic",
    redisPort: redis.port,
    key,
    requestsTimeoutMs,
  }),
  {
    requestsTimeout: true,
    hugeNumbers: "notepack.io, which nodes of the reference use, makes them 0",
  },
);

for (const subscriptionMode of ["static", "dynamic", "dynamic-private"] as const) {
  testMixed(`sharded pub/sub, ${subscriptionMode}`, ({ fleet: key }) => ({
    kind: "sharded",
    redisPort: redis.port,
    key,
    subscriptionMode,
  }));
}

testMixed("streams", ({ fleet: key }) => ({ kind: "streams", redisPort: redis.port, key }), {
  arrayBuffers: "nodes of the reference make them empty objects",
  recovery: true,
  recoveryElsewhere: true,
});
