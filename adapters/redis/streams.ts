import type { AdapterNamespace } from "../adapter.ts";
import { commandsOf } from "./client.ts";
import { type RedisStreamsAdapterOptions, resolveStreamsOptions } from "./options.ts";
import { StreamsAdapter } from "./streams-adapter.ts";
import { StreamsHub } from "./streams-hub.ts";

export type { RedisStreamsAdapterOptions } from "./options.ts";
export { StreamsAdapter } from "./streams-adapter.ts";
export type { LostEntries, StreamsStats } from "./streams-stats.ts";

/**
 * Makes the adapters of a server over Redis streams. What is broadcast goes through a stream, in which
 * nodes that were cut off from Redis find what they missed; so, with the option
 * `connectionStateRecovery`, do clients that come back, to any node. It speaks with nodes that run
 * `@socket.io/redis-streams-adapter` 0.3.
 *
 * @param redisClient a client of ioredis or node-redis, of a Redis or a cluster. It is used for
 * writing, and left open in the end; those that read are made of it.
 * @param options names and bounds; those of names are the same on all nodes
 * @returns what makes the adapter of a namespace: the option `adapter` of one server
 * @throws SocketIOError with `ERR_INVALID_OPTION`, or `ERR_INVALID_ARGUMENT` for a client of no kind
 * that is known
 */
export function createStreamsAdapter(
  redisClient: object,
  options?: RedisStreamsAdapterOptions,
): (nsp: AdapterNamespace) => StreamsAdapter {
  const hub = new StreamsHub(commandsOf(redisClient), resolveStreamsOptions(options));
  return (nsp) => new StreamsAdapter(nsp, hub);
}
