import { malformedMessage } from "../../lib/errors.ts";
import { type ClusterMessage, MessageType } from "../cluster/messages.ts";
import { isUid } from "../cluster/validation.ts";
import type { BroadcastEncoder } from "./classic-wire-broadcast.ts";
import {
  readRequest,
  readResponse,
  textOf,
  toLink,
  toOptions,
  unchecked,
} from "./classic-wire-reader.ts";
import * as classic from "./classic-wire-types.ts";
import { decodeJson, decodeMsgpack, isJson, isRecord, parsing, type Unchecked } from "./codec.ts";
import type { Parser } from "./options.ts";
import { type HeldRooms, isHeld, type LegacyRequest, type WireMessage } from "./wire.ts";

/** How many nodes are remembered to be of this package. */
const MOST_OWN_NODES = 10_000;

/** What the channels are called. */
export interface ClassicChannels {
  /** Broadcasts; those of rooms begin so. */
  readonly broadcast: string;
  readonly request: string;
  /** Answers for everyone. */
  readonly response: string;
  /** Answers for this node. */
  readonly private: string;
}

/** What other nodes and emitters send over classic pub/sub: bytes to messages. */
export class ClassicDecoder {
  readonly #uid: string;
  readonly #nsp: string;
  readonly #rooms: HeldRooms;
  readonly #parser: Parser | undefined;
  readonly #broadcasts: BroadcastEncoder;
  readonly #channels: ClassicChannels;
  /** What all own requests begin with, as JSON. */
  readonly #ownRequest: Buffer;
  /** Nodes that hear their private channel for sure. */
  readonly #ownNodes = new Set<string>();

  /**
   * @param uid the id of this node
   * @param nsp the name of the namespace
   * @param rooms the rooms that this node holds
   * @param parser what reads bytes; undefined for the one that is built in
   * @param broadcasts writes those of this node
   * @param channels what the channels are called
   */
  constructor(
    uid: string,
    nsp: string,
    rooms: HeldRooms,
    parser: Parser | undefined,
    broadcasts: BroadcastEncoder,
    channels: ClassicChannels,
  ) {
    this.#uid = uid;
    this.#nsp = nsp;
    this.#rooms = rooms;
    this.#parser = parser;
    this.#broadcasts = broadcasts;
    this.#channels = channels;
    this.#ownRequest = Buffer.from(`{"uid":${JSON.stringify(uid)},`);
  }

  /** Whether a node hears its private channel for sure. */
  isOwnNode(uid: string): boolean {
    return this.#ownNodes.has(uid);
  }

  /** Decodes what came on a channel; null for what is to be ignored: see `decode` of the wire. */
  decode(channel: string, message: Buffer | string): WireMessage | null {
    const { broadcast, request, response, private: own } = this.#channels;
    const payload = typeof message === "string" ? Buffer.from(message) : message;
    if (channel === response || channel === own) {
      const answer = this.#parseRecord(payload);
      return answer.uid === this.#uid ? null : readResponse(answer, this.#nsp);
    }
    if (channel === request) {
      return this.#decodeRequest(payload);
    }
    return channel.startsWith(broadcast) && this.#isForUs(channel)
      ? this.#decodeBroadcast(payload)
      : null;
  }

  #isForUs(channel: string): boolean {
    if (channel === this.#channels.broadcast) {
      return true;
    }
    const room = channel.slice(this.#channels.broadcast.length, -1);
    return room === "" || isHeld(this.#rooms, room);
  }

  #decodeBroadcast(payload: Buffer): ClusterMessage | null {
    if (this.#parser === undefined && this.#broadcasts.isOwn(payload)) {
      return null;
    }
    const message = this.#parse(payload);
    if (!Array.isArray(message)) {
      throw malformedMessage("a broadcast is not a list");
    }
    const [uid, packet, options, link] = message;
    if (!isRecord(packet)) {
      throw malformedMessage("a broadcast without a packet");
    }
    packet.nsp ??= "/"; // as the oldest nodes and emitters have it
    if (uid === this.#uid || packet.nsp !== this.#nsp) {
      return null;
    }
    return unchecked({
      type: MessageType.BROADCAST,
      uid: textOf(uid),
      nsp: this.#nsp,
      data: { packet, opts: toOptions(options) },
      link: toLink(link),
    });
  }

  #decodeRequest(payload: Buffer): ClusterMessage | LegacyRequest | null {
    if (startsWith(payload, this.#ownRequest)) {
      return null;
    }
    const request = this.#parseRecord(payload);
    if (typeof request.type !== "number") {
      throw malformedMessage("a request without a type");
    }
    if (request.uid === this.#uid) {
      return null;
    }
    if (request.direct === true && isUid(request.uid)) {
      this.#rememberOwnNode(request.uid);
    }
    return readRequest(request, this.#nsp);
  }

  #rememberOwnNode(uid: string): void {
    if (this.#ownNodes.size >= MOST_OWN_NODES) {
      this.#ownNodes.clear(); // they are gone, most of them; the others ask again
    }
    this.#ownNodes.add(uid);
  }

  #parseRecord(payload: Buffer): Unchecked {
    const message = isJson(payload) ? parsing(() => decodeJson(payload)) : this.#parse(payload);
    if (!isRecord(message)) {
      throw malformedMessage("a request or an answer is not an object");
    }
    return message;
  }

  #parse(payload: Buffer): unknown {
    if (payload[0] === classic.OWN_CODEC) {
      return parsing(() => decodeMsgpack(payload, 1));
    }
    const parser = this.#parser;
    return parsing(() => (parser === undefined ? decodeMsgpack(payload) : parser.decode(payload)));
  }
}

function startsWith(bytes: Buffer, beginning: Buffer): boolean {
  return (
    bytes.length >= beginning.length &&
    bytes.compare(beginning, 0, beginning.length, 0, beginning.length) === 0
  );
}
