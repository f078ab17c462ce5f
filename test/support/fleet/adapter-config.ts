// Which adapter a node of a fleet has.

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

/** How long a read of a stream waits: closing has to wait for it. */
export const XREAD_BLOCK_MS = 200;
