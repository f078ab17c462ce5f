// The published adapters, as tests and the processes of their nodes make them.

import { createAdapter as createClusterAdapter } from "@socket.io/cluster-adapter";
import { createAdapter as createPostgresAdapter } from "@socket.io/postgres-adapter";
import { createAdapter, createShardedAdapter } from "@socket.io/redis-adapter";
import { createAdapter as createStreamsAdapter } from "@socket.io/redis-streams-adapter";
import { Redis } from "ioredis";
import { Pool } from "pg";

export type SubscriptionMode = "static" | "dynamic" | "dynamic-private";

/** The packages of Redis clients. */
export type ClientKind = "ioredis" | "ioredis-6" | "redis" | "redis-5" | "redis-4";

/** How a node gets to Redis. */
export interface RedisConfig {
  redisPort: number;
  /** What all channels and keys begin with. */
  key: string;
  /** With which client. Default: ioredis; of this package's adapters alone. */
  client?: ClientKind;
  /** The ports of a cluster; of this package's adapters alone. */
  clusterPorts?: readonly number[];
  /** Of classic pub/sub, and of this package's adapters. */
  requestsTimeoutMs?: number;
}

/** Which adapter a node is to have. It travels to other processes. */
export type AdapterConfig =
  | ({ kind: "classic"; subscriptionMode?: SubscriptionMode } & RedisConfig)
  | ({ kind: "sharded"; subscriptionMode: SubscriptionMode } & RedisConfig)
  | ({ kind: "streams" } & RedisConfig)
  | { kind: "cluster" }
  | { kind: "postgres"; port: number; user: string; key: string };

/** An adapter and how to end what it uses. */
export interface MadeAdapter<Adapter> {
  adapter: Adapter;
  stop(): void | Promise<void>;
}

export type PublishedAdapter = ReturnType<
  | typeof createAdapter
  | typeof createShardedAdapter
  | typeof createStreamsAdapter
  | typeof createClusterAdapter
  | typeof createPostgresAdapter
>;

const HEARTBEATS = { heartbeatInterval: 100, heartbeatTimeout: 600 };
/** How long a read of a stream waits: closing has to wait for it. */
export const XREAD_BLOCK_MS = 200;

/** Makes one of the published adapters. */
export function makePublished(config: AdapterConfig): MadeAdapter<PublishedAdapter> {
  switch (config.kind) {
    case "classic": {
      const { open, stop } = connections(config.redisPort);
      const { key, requestsTimeoutMs: requestsTimeout = 5000 } = config;
      return { adapter: createAdapter(open(), open(), { key, requestsTimeout }), stop };
    }
    case "sharded": {
      const { open, stop } = connections(config.redisPort);
      const { key: channelPrefix, subscriptionMode } = config;
      const adapter = createShardedAdapter(open(), open(), { channelPrefix, subscriptionMode });
      return { adapter, stop };
    }
    case "streams": {
      const { open, stop } = connections(config.redisPort);
      const adapter = createStreamsAdapter(open(), {
        streamName: config.key,
        channelPrefix: config.key,
        blockTimeInMs: XREAD_BLOCK_MS,
      });
      return { adapter, stop };
    }
    case "cluster":
      return { adapter: createClusterAdapter(HEARTBEATS), stop() {} };
    case "postgres": {
      const { port, user, key } = config;
      const pool = new Pool({ host: "127.0.0.1", port, user, database: "postgres", max: 4 });
      // An idle connection that breaks is none of a test's business.
      pool.on("error", () => {});
      const adapter = createPostgresAdapter(pool, {
        ...HEARTBEATS,
        channelPrefix: key,
        errorHandler: (error) => console.error(error),
      });
      return { adapter, stop: () => pool.end() };
    }
  }
}

/** Connections of one node, which end with it. */
function connections(port: number): { open(): Redis; stop(): void } {
  const all: Redis[] = [];
  return {
    open() {
      const connection = new Redis(port, "127.0.0.1");
      connection.on("error", () => {}); // a test may end Redis, or the connection
      all.push(connection);
      return connection;
    },
    stop() {
      for (const connection of all) {
        connection.disconnect();
      }
    },
  };
}
