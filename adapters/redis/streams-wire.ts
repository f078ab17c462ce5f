import type { Untyped } from "../../lib/event-types.ts";
import { type ClusterMessage, type ClusterResponse, MessageType } from "../cluster/messages.ts";
import { isUid } from "../cluster/validation.ts";
import {
  decodeJson,
  decodeMsgpack,
  encodeMsgpack,
  encoding,
  hasBinary,
  isRecord,
  parsing,
} from "./codec.ts";
import { EntryCommand } from "./stream-command.ts";
import { eventOf } from "./stream-event.ts";
import type { StreamLimit } from "./stream-limit.ts";

/** The namespace that each server has. */
export const MAIN = "/";

/** What of the options says how messages travel. */
export interface StreamsWireOptions {
  readonly streamName: string;
  readonly streamCount: number;
  readonly channelPrefix: string;
  readonly maxLen: number;
  readonly onlyPlaintext: boolean;
}

/** A message as it is written into a stream. */
export interface StreamEntry {
  readonly uid: string;
  readonly nsp: string;
  readonly type: number;
  /** Its number among those of its sender; undefined if that is no node of this package. */
  readonly seq: number | undefined;
  /** Returns JSON or base64, still encoded; of what came in a bundle, what that JSON says. */
  data(): unknown;
}

/** The fields of an entry by name, as they were read. */
export interface EntryFields {
  get(name: string): string | undefined;
}

/**
 * The streams of a namespace. For some namespaces and stream counts the reference computes a negative
 * number and writes to a stream that no node of it reads. What it writes there is read here, but what
 * we write goes to a stream that all nodes read, as they tell namespaces apart by a field.
 *
 * @returns the stream to write to, which is read as well, and the other one to read, if there is one
 */
export function streamsOf(
  nsp: string,
  options: Pick<StreamsWireOptions, "streamName" | "streamCount">,
): { stream: string; strayStream: string | undefined } {
  const { streamName, streamCount } = options;
  if (streamCount === 1) {
    return { stream: streamName, strayStream: undefined };
  }
  const index = hashOf(nsp) % streamCount;
  return {
    stream: `${streamName}-${Math.abs(index)}`,
    strayStream: index < 0 ? `${streamName}-${index}` : undefined,
  };
}

/** The hash that Java has for strings: part of the wire. */
function hashOf(text: string): number {
  let hash = 0;
  for (let i = 0; i < text.length; i++) {
    hash = (hash * 31 + text.charCodeAt(i)) | 0;
  }
  return hash;
}

/** The channel on which all nodes of a namespace hear requests. */
export function publicChannelOf(nsp: string, channelPrefix: string): string {
  return `${channelPrefix}#${nsp}#`;
}

/** The channel that nodes which read bundles listen to, beside the public one of the main namespace. */
export function bundleChannelOf(channelPrefix: string): string {
  return `${channelPrefix}-bundle#${MAIN}#`;
}

/** The channel on which one node hears answers. */
export function privateChannelOf(nsp: string, uid: string, channelPrefix: string): string {
  return `${channelPrefix}#${nsp}#${uid}#`;
}

/**
 * Whether a message goes by PUBLISH rather than through the stream: what is answered within seconds
 * or not at all.
 */
export function isRequest(message: ClusterMessage): boolean {
  switch (message.type) {
    case MessageType.BROADCAST:
    case MessageType.SERVER_SIDE_EMIT:
      return message.data.requestId !== undefined;
    case MessageType.FETCH_SOCKETS:
    case MessageType.REPLAY_REQUEST:
    case MessageType.INITIAL_HEARTBEAT:
    case MessageType.HEARTBEAT:
    case MessageType.ADAPTER_CLOSE:
      return true;
    default:
      return false;
  }
}

/** Whether a message may be lost rather than be late. */
export function isVolatile(message: ClusterMessage): boolean {
  return message.type === MessageType.BROADCAST && message.data.opts.flags?.volatile === true;
}

/**
 * Makes the command that writes a message into a stream.
 *
 * @param seq the number of the message among those of its sender: a message that is written twice,
 * as it was not known whether the first time succeeded, is known by it. Nodes of the reference
 * ignore the field. Undefined for a sender of which there may be many under one name.
 * @throws SocketIOError with `ERR_INVALID_ARGUMENT` (and the `cause`) where its data cannot be encoded
 */
export function encodeEntry(
  stream: string,
  message: ClusterMessage,
  seq: number | undefined,
  limit: StreamLimit,
  onlyPlaintext: boolean,
): EntryCommand {
  const { uid = "", nsp = "", type } = message;
  const event = encoding(() => eventOf(message, onlyPlaintext));
  const isWhole = event === undefined && message.data !== undefined;
  const data = isWhole ? encodeData(message, onlyPlaintext) : undefined;
  return new EntryCommand(stream, limit, { uid, nsp, type, seq, event, data });
}

function encodeData({ type, data }: ClusterMessage, onlyPlaintext: boolean): string {
  const mayHaveBinary =
    !onlyPlaintext && (type === MessageType.BROADCAST || type === MessageType.SERVER_SIDE_EMIT);
  return encoding(() =>
    mayHaveBinary && hasBinary(data) ? encodeBase64(data) : JSON.stringify(data),
  );
}

/**
 * Encodes what goes by PUBLISH.
 *
 * @throws SocketIOError with `ERR_INVALID_ARGUMENT` (and the `cause`) where its data cannot be encoded
 */
export function encodePublished(message: object): Uint8Array {
  return encoding(() => encodeMsgpack(message));
}

/**
 * Reads the fields of an entry, without its data.
 *
 * @returns null for what is no message at all
 */
export function parseEntry(fields: EntryFields): StreamEntry | null {
  const nsp = fields.get("nsp");
  const type = Number(fields.get("type") ?? Number.NaN);
  const uid = fields.get("uid") ?? "";
  if (nsp === undefined || !Number.isSafeInteger(type) || (uid !== "" && !isUid(uid))) {
    return null;
  }
  const seq = Number(fields.get("seq") ?? Number.NaN);
  return {
    uid,
    nsp,
    type,
    seq: Number.isSafeInteger(seq) && seq > 0 ? seq : undefined,
    data: () => fields.get("data"), // which nobody asks of a node's own entries
  };
}

/**
 * Decodes an entry. The shape of what it returns has not been checked.
 *
 * @throws SocketIOError with `ERR_MALFORMED_MESSAGE`
 */
export function decodeEntry({ uid, nsp, type, data }: StreamEntry): ClusterMessage {
  const encoded = data();
  const decoded = typeof encoded === "string" ? parsing(() => decodeData(encoded)) : encoded;
  return { uid, nsp, type, data: decoded } as Untyped;
}

function decodeData(data: string): unknown {
  return data.startsWith("{") ? decodeJson(data) : decodeBase64(data);
}

/**
 * Decodes what came by pub/sub. The shape of what it returns has not been checked, but that it is an
 * object.
 *
 * @throws SocketIOError with `ERR_MALFORMED_MESSAGE`
 */
export function decodePublished(payload: Buffer): ClusterMessage | ClusterResponse {
  return parsing(() => {
    const message = decodeMsgpack(payload);
    if (!isRecord(message)) {
      throw new TypeError("it is no object");
    }
    return message;
  }) as Untyped;
}

/** Encodes a value as MessagePack in base64, as sessions are kept. */
export function encodeBase64(value: unknown): string {
  return encodeMsgpack(value).toString("base64");
}

/** The other way round. */
export function decodeBase64(text: string): unknown {
  return decodeMsgpack(Buffer.from(text, "base64"));
}
