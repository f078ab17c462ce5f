// The Redis adapters of this package, ready for the suite for adapters.

import { afterAll, beforeAll } from "bun:test";
import { type AdapterFeatures, testAdapter } from "bun-socket.io/adapter-tests";
import { type RedisServer, startRedis } from "../redis.ts";
import { type RedisCluster, startRedisCluster } from "../redis-cluster.ts";
import type { AdapterConfig, ClientKind, RedisConfig } from "./adapter-config.ts";
import { makeOwn } from "./own-adapters.ts";
import { OWN, ProcessNodes } from "./process-nodes.ts";

const START_MS = 60_000;
const MODES = ["static", "dynamic", "dynamic-private"] as const;

/** One of the adapters, in one of its modes. */
export interface OwnKind {
  name: string;
  configOf(redisConfig: RedisConfig): AdapterConfig;
  supports?: Partial<AdapterFeatures>;
}

export const [CLASSIC, CLASSIC_DYNAMIC, CLASSIC_PRIVATE] = MODES.map((subscriptionMode) => ({
  name: `classic pub/sub, ${subscriptionMode}`,
  configOf: (config) => ({ kind: "classic", subscriptionMode, ...config }),
})) as [OwnKind, OwnKind, OwnKind];

export const [SHARDED_STATIC, SHARDED, SHARDED_PRIVATE] = MODES.map((subscriptionMode) => ({
  name: `sharded pub/sub, ${subscriptionMode}`,
  configOf: (config) => ({ kind: "sharded", subscriptionMode, ...config }),
})) as [OwnKind, OwnKind, OwnKind];

export const STREAMS: OwnKind = {
  name: "streams",
  configOf: (config) => ({ kind: "streams", ...config }),
  supports: { recovery: true, recoveryElsewhere: true },
};

/** Starts what is wanted for the tests of a file, and defines tests. */
export class OwnSuite {
  #redis: RedisServer | undefined;
  #cluster: RedisCluster | undefined;
  readonly #processes = new ProcessNodes();

  /** @param masters how many masters a cluster has; 0: there is a Redis of its own */
  constructor(masters = 0) {
    beforeAll(async () => {
      if (masters > 0) {
        this.#cluster = await startRedisCluster({ masters });
      } else {
        this.#redis = await startRedis();
      }
    }, START_MS);
    afterAll(async () => {
      await this.#processes.stop();
      await this.#redis?.stop();
      await this.#cluster?.stop();
    }, START_MS);
  }

  /** Defines the tests of an adapter with one package of Redis clients. */
  test({ name, configOf, supports }: OwnKind, client: ClientKind, without?: typeof supports): void {
    testAdapter({
      name: `${name}, with ${client}`,
      createNode: (request) => {
        const clusterPorts = this.#cluster?.nodes.map(({ port }) => port);
        const config = configOf({
          redisPort: this.#redis?.port ?? 0,
          ...(clusterPorts === undefined ? {} : { clusterPorts }),
          key: request.fleet,
          requestsTimeoutMs: request.requestsTimeoutMs,
          client,
        });
        return request.isMortal ? this.#processes.start(OWN, config, request) : makeOwn(config);
      },
      supports: {
        requestsTimeout: true,
        presence: true,
        allSockets: "it gives those of its own node, as the reference does",
        ...supports,
        ...without,
      },
    });
  }
}

/** Processes take time to start; that nodes die is tried elsewhere. */
export const WITHOUT_DEATHS: Partial<AdapterFeatures> = {
  deaths: "the same code as in another mode, where it is tried",
};
