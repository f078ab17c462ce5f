import type { AdapterNamespace } from "../adapter.ts";
import { commandsOf, subscriptionsOf } from "./client.ts";
import {
  type ResolvedShardedOptions,
  resolveShardedOptions,
  type ShardedRedisAdapterOptions,
} from "./options.ts";
import { PubSubAdapter } from "./pubsub-adapter.ts";
import type { PubSubClients } from "./pubsub-transport.ts";
import { ShardedWire } from "./sharded-wire.ts";

/**
 * Makes adapters over the sharded pub/sub of Redis 7, which nodes with the `createShardedAdapter()` of
 * `@socket.io/redis-adapter` understand.
 *
 * @param pubClient a client of ioredis or node-redis, which sends. It is not closed.
 * @param subClient another one, with whose settings the subscriptions are made. It may be the same.
 * @param options see {@link ShardedRedisAdapterOptions}
 * @returns the server's option `adapter`
 * @throws SocketIOError with `ERR_INVALID_OPTION`
 */
export function createShardedAdapter(
  pubClient: object,
  subClient: object,
  options?: ShardedRedisAdapterOptions,
): (nsp: AdapterNamespace) => ShardedRedisAdapter {
  const resolved = resolveShardedOptions(options);
  const clients = { commands: commandsOf(pubClient), subscriptions: subscriptionsOf(subClient) };
  return (nsp) => new ShardedRedisAdapter(nsp, clients, resolved);
}

/** The adapter of `createShardedAdapter()`. */
export class ShardedRedisAdapter extends PubSubAdapter<ShardedWire> {
  constructor(nsp: AdapterNamespace, clients: PubSubClients, options: ResolvedShardedOptions) {
    super(nsp, clients, options, (uid, name, rooms) => new ShardedWire(uid, name, rooms, options));
  }
}
