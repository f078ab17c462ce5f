import { type ClusterMessage, MessageType } from "../cluster/messages.ts";
import { ClassicWire } from "./classic-wire.ts";
import { encodeMsgpack, encoding, hasBinary } from "./codec.ts";
import type { ResolvedEmitterOptions } from "./emitter-options.ts";
import type { ChannelMessage, RedisCommand } from "./port.ts";
import { ShardedWire } from "./sharded-wire.ts";
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
 */
export function encoderFor(nsp: string, options: ResolvedEmitterOptions): Encode {
  if (options.adapter === "streams") {
    return (message) => ({ command: encodeEntry(message, nsp, options) });
  }
  const wire =
    options.adapter === "sharded"
      ? new ShardedWire(EMITTER_UID, nsp, NO_ROOMS, options)
      : new ClassicWire(EMITTER_UID, nsp, NO_ROOMS, options);
  const { isSharded } = wire;
  return (message) => ({ message: wire.encode(message), isSharded });
}

type StreamsOptions = Extract<ResolvedEmitterOptions, { adapter: "streams" }>;

function encodeEntry(
  { type, data }: ClusterMessage,
  nsp: string,
  { streamName, streamCount, maxLen, onlyPlaintext }: StreamsOptions,
): RedisCommand {
  const stream = streamCount === 1 ? streamName : `${streamName}-${placeOf(nsp, streamCount)}`;
  const mayHaveBytes = type === MessageType.BROADCAST || type === MessageType.SERVER_SIDE_EMIT;
  const text = encoding(() =>
    mayHaveBytes && !onlyPlaintext && hasBinary(data)
      ? encodeMsgpack(data).toString("base64")
      : JSON.stringify(data),
  );
  const fields = ["uid", EMITTER_UID, "nsp", nsp, "type", `${type}`, "data", text];
  return { key: stream, args: ["XADD", stream, "MAXLEN", "~", maxLen, "*", ...fields] };
}

/** In which of the streams a namespace is; never a negative one, which no node would read. */
function placeOf(nsp: string, streamCount: number): number {
  let hash = 0;
  for (let i = 0; i < nsp.length; i++) {
    hash = (hash * 31 + nsp.charCodeAt(i)) | 0;
  }
  return Math.abs(hash % streamCount);
}
