// Adapters for several nodes with Redis between them: what the packages `@socket.io/redis-adapter`,
// `@socket.io/redis-streams-adapter` and `@socket.io/redis-emitter` are for the reference.

export { createAdapter, RedisAdapter } from "./classic.ts";
export { Emitter } from "./emitter.ts";
export type { BroadcastOperator } from "./emitter-operator.ts";
export type { EmitterOptions } from "./emitter-options.ts";
export type { Dropped, DropReason } from "./outbox-drops.ts";
export type { OutboxStats } from "./outbox-stats.ts";
export type {
  KeepOptions,
  Parser,
  RedisAdapterOptions,
  ShardedRedisAdapterOptions,
  SubscriptionMode,
} from "./options.ts";
export type { PubSubAdapter } from "./pubsub-adapter.ts";
export type { PubSubStats } from "./pubsub-transport.ts";
export type { Loss, LossReason, ReplayStats } from "./replay.ts";
export { createShardedAdapter, ShardedRedisAdapter } from "./sharded.ts";
export {
  createStreamsAdapter,
  type LostEntries,
  type RedisStreamsAdapterOptions,
  StreamsAdapter,
  type StreamsStats,
} from "./streams.ts";
