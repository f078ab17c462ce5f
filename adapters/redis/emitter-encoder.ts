import type { ClusterMessage } from "../cluster/messages.ts";
import { ClassicWire } from "./classic-wire.ts";
import type { ResolvedEmitterOptions } from "./emitter-options.ts";
import type { ChannelMessage, RedisCommand } from "./port.ts";
import { ShardedWire } from "./sharded-wire.ts";
import { StreamLimit } from "./stream-limit.ts";
import { encodeEntry, streamsOf } from "./streams-wire.ts";
import type { HeldRooms } from "./wire.ts";

/** The uid of all emitters, also of the reference's. */
const EMITTER_UID = "emitter";
const NO_ROOMS: HeldRooms = new Map();

/** A message to be published, or a command that adds it to a stream. */
export type Encoded =
  | { readonly message: ChannelMessage; readonly isSharded: boolean }
  | { readonly command: RedisCommand };

/** Encodes a message for the nodes of a namespace; throws as {@link ClassicWire.encode}. */
export type Encode = (message: ClusterMessage) => Encoded;

/**
 * Chooses how messages travel.
 *
 * @param nsp the name of the namespace
 * @param options for which adapter
 * @param owedMs for how long Redis has answered nothing although it should have, in ms
 */
export function encoderFor(
  nsp: string,
  options: ResolvedEmitterOptions,
  owedMs: () => number,
): Encode {
  if (options.adapter === "streams") {
    const { stream } = streamsOf(nsp, options);
    const limit = new StreamLimit(options.maxLen, owedMs);
    return (message) => {
      const stamped = { ...message, uid: EMITTER_UID, nsp };
      return { command: encodeEntry(stream, stamped, undefined, limit, options.onlyPlaintext) };
    };
  }
  const wire =
    options.adapter === "sharded"
      ? new ShardedWire(EMITTER_UID, nsp, NO_ROOMS, options)
      : new ClassicWire(EMITTER_UID, nsp, NO_ROOMS, options);
  const { isSharded } = wire;
  return (message) => ({ message: wire.encode(message), isSharded });
}
