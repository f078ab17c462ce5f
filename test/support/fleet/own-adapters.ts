// The adapters of this package, as tests and the processes of their nodes make them.

import type { ServerOptions } from "bun-socket.io";
import { createAdapter, createShardedAdapter } from "bun-socket.io/redis";
import { Cluster, Redis } from "ioredis";
import { Cluster as Cluster6, Redis as Redis6 } from "ioredis-6";
import * as redis6 from "redis";
import * as redis4 from "redis-4";
import * as redis5 from "redis-5";
import { createStreamsAdapter } from "../../../adapters/redis/streams.ts";
import {
  type AdapterConfig,
  type MadeAdapter,
  type RedisConfig,
  XREAD_BLOCK_MS,
} from "./published-adapters.ts";

const HOST = "127.0.0.1";

/** What the versions of the packages have in common, as far as it is used here. */
interface IoredisClient {
  disconnect(): void;
  on(event: "error", listener: (error: Error) => void): unknown;
}
interface NodeRedisClient {
  connect(): Promise<unknown>;
  disconnect(): Promise<unknown> | unknown;
  destroy?(): unknown;
  on(event: "error", listener: (error: Error) => void): unknown;
}
type Address = { host: string; port: number };

const IOREDIS: Record<
  "ioredis" | "ioredis-6",
  { one(port: number): IoredisClient; cluster(nodes: Address[]): IoredisClient }
> = {
  ioredis: { one: (port) => new Redis(port, HOST), cluster: (nodes) => new Cluster(nodes) },
  "ioredis-6": { one: (port) => new Redis6(port, HOST), cluster: (nodes) => new Cluster6(nodes) },
};

const NODE_REDIS: Record<
  "redis" | "redis-5" | "redis-4",
  { one(url: string): NodeRedisClient; cluster(rootNodes: { url: string }[]): NodeRedisClient }
> = {
  redis: {
    one: (url) => redis6.createClient({ url }),
    cluster: (rootNodes) => redis6.createCluster({ rootNodes }),
  },
  "redis-5": {
    one: (url) => redis5.createClient({ url }),
    cluster: (rootNodes) => redis5.createCluster({ rootNodes }),
  },
  "redis-4": {
    one: (url) => redis4.createClient({ url }),
    cluster: (rootNodes) => redis4.createCluster({ rootNodes }),
  },
};

interface Client {
  client: object;
  stop(): void | Promise<void>;
}

/** Makes one of the adapters of this package. */
export async function makeOwn(
  config: AdapterConfig,
): Promise<MadeAdapter<NonNullable<ServerOptions["adapter"]>>> {
  if (config.kind === "cluster" || config.kind === "postgres") {
    throw new Error(`there is no adapter for ${config.kind}`);
  }
  const clients = await Promise.all([connect(config), connect(config)]);
  const [{ client: publishing }, { client: subscribing }] = clients;
  const stop = async (): Promise<void> => {
    await Promise.all(clients.map((each) => each.stop()));
  };
  const { key, requestsTimeoutMs: requestsTimeout } = config;
  switch (config.kind) {
    case "classic": {
      const { subscriptionMode } = config;
      const options = { key, requestsTimeout, subscriptionMode };
      return { adapter: createAdapter(publishing, subscribing, options), stop };
    }
    case "sharded": {
      const { subscriptionMode } = config;
      const options = { channelPrefix: key, requestsTimeout, subscriptionMode };
      return { adapter: createShardedAdapter(publishing, subscribing, options), stop };
    }
    case "streams": {
      const options = {
        streamName: key,
        channelPrefix: key,
        blockTimeInMs: XREAD_BLOCK_MS,
        requestsTimeout,
      };
      return { adapter: createStreamsAdapter(publishing, options), stop };
    }
  }
}

async function connect(config: RedisConfig): Promise<Client> {
  const { client: kind = "ioredis", redisPort, clusterPorts } = config;
  if (kind === "ioredis" || kind === "ioredis-6") {
    const { one, cluster } = IOREDIS[kind];
    const client =
      clusterPorts === undefined
        ? one(redisPort)
        : cluster(clusterPorts.map((port) => ({ host: HOST, port })));
    client.on("error", () => {}); // a test may end Redis
    return { client, stop: () => client.disconnect() };
  }
  const { one, cluster } = NODE_REDIS[kind];
  const urlOf = (port: number): string => `redis://${HOST}:${port}`;
  const client =
    clusterPorts === undefined
      ? one(urlOf(redisPort))
      : cluster(clusterPorts.map((port) => ({ url: urlOf(port) })));
  client.on("error", () => {}); // without a listener node-redis ends the process
  await client.connect();
  return {
    client,
    async stop() {
      await (client.destroy === undefined ? client.disconnect() : client.destroy());
    },
  };
}
