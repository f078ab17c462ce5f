// The adapters of this package, as tests and the processes of their nodes make them.

import type { ServerOptions } from "bun-socket.io";
import { createAdapter, createShardedAdapter, createStreamsAdapter } from "bun-socket.io/redis";
import {
  type AdapterConfig,
  type MadeAdapter,
  type RedisConfig,
  XREAD_BLOCK_MS,
} from "./adapter-config.ts";

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
/** The addresses of a cluster: ioredis takes them as they are, node-redis as URLs. */
type Address = { host: string; port: number; url: string };
interface Package<Client> {
  one(address: Address): Client;
  cluster(addresses: Address[]): Client;
}

// Only the package that is asked for is loaded: a process that is started for a test is there sooner.
const IOREDIS: Record<"ioredis" | "ioredis-6", () => Promise<Package<IoredisClient>>> = {
  async ioredis() {
    const { Cluster, Redis } = await import("ioredis");
    return {
      one: ({ host, port }) => new Redis(port, host),
      cluster: (addresses) => new Cluster(addresses.map(({ host, port }) => ({ host, port }))),
    };
  },
  async "ioredis-6"() {
    const { Cluster, Redis } = await import("ioredis-6");
    return {
      one: ({ host, port }) => new Redis(port, host),
      cluster: (addresses) => new Cluster(addresses.map(({ host, port }) => ({ host, port }))),
    };
  },
};
const NODE_REDIS: Record<"redis" | "redis-5" | "redis-4", () => Promise<Package<NodeRedisClient>>> =
  {
    async redis() {
      const { createClient, createCluster } = await import("redis");
      return {
        one: ({ url }) => createClient({ url }),
        cluster: (addresses) => createCluster({ rootNodes: addresses.map(({ url }) => ({ url })) }),
      };
    },
    async "redis-5"() {
      const { createClient, createCluster } = await import("redis-5");
      return {
        one: ({ url }) => createClient({ url }),
        cluster: (addresses) => createCluster({ rootNodes: addresses.map(({ url }) => ({ url })) }),
      };
    },
    async "redis-4"() {
      const { createClient, createCluster } = await import("redis-4");
      return {
        one: ({ url }) => createClient({ url }),
        cluster: (addresses) => createCluster({ rootNodes: addresses.map(({ url }) => ({ url })) }),
      };
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
  const addressOf = (port: number): Address => ({
    host: HOST,
    port,
    url: `redis://${HOST}:${port}`,
  });
  const open = <Made>({ one, cluster }: Package<Made>): Made =>
    clusterPorts === undefined
      ? one(addressOf(redisPort))
      : cluster(clusterPorts.map((port) => addressOf(port)));
  if (kind === "ioredis" || kind === "ioredis-6") {
    const client = open(await IOREDIS[kind]());
    client.on("error", () => {}); // a test may end Redis
    return { client, stop: () => client.disconnect() };
  }
  const client = open(await NODE_REDIS[kind]());
  client.on("error", () => {}); // without a listener node-redis ends the process
  await client.connect();
  return {
    client,
    async stop() {
      await (client.destroy === undefined ? client.disconnect() : client.destroy());
    },
  };
}
