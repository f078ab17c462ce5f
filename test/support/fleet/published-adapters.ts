// The published adapters, as tests and the processes of their nodes make them.

import { createAdapter as createClusterAdapter } from "@socket.io/cluster-adapter";
import { createAdapter as createPostgresAdapter } from "@socket.io/postgres-adapter";
import { createAdapter, createShardedAdapter } from "@socket.io/redis-adapter";
import { createAdapter as createStreamsAdapter } from "@socket.io/redis-streams-adapter";
import { Redis } from "ioredis";
import { Pool } from "pg";
import { type AdapterConfig, type MadeAdapter, XREAD_BLOCK_MS } from "./adapter-config.ts";

export type PublishedAdapter = ReturnType<
  | typeof createAdapter
  | typeof createShardedAdapter
  | typeof createStreamsAdapter
  | typeof createClusterAdapter
  | typeof createPostgresAdapter
>;

const HEARTBEATS = { heartbeatInterval: 100, heartbeatTimeout: 600 };

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
