import { malformedMessage } from "../../lib/errors.ts";
import type { Room } from "../adapter.ts";
import {
  type ClusterMessage,
  type ClusterResponse,
  type Link,
  MessageType,
} from "../cluster/messages.ts";
import { isUid } from "../cluster/validation.ts";
import { BroadcastEncoder } from "./classic-wire-broadcast.ts";
import {
  readRequest,
  readResponse,
  textOf,
  toLink,
  toOptions,
  unchecked,
} from "./classic-wire-reader.ts";
import { toAnswer, toRequest } from "./classic-wire-requests.ts";
import * as classic from "./classic-wire-types.ts";
import {
  decodeJson,
  decodeMsgpack,
  encodeMsgpack,
  encoding,
  hasBinary,
  isJson,
  isRecord,
  parsing,
  type Unchecked,
} from "./codec.ts";
import type { Parser, ResolvedClassicOptions } from "./options.ts";
import type { ChannelMessage, Payload } from "./port.ts";
import {
  type HeldRooms,
  isHeld,
  isPrivateRoom,
  type LegacyAnswer,
  type LegacyRequest,
  type LinkMaker,
  type Subscription,
  type Wire,
  type WireMessage,
} from "./wire.ts";

/** How many nodes are remembered to be of this package. */
const MOST_OWN_NODES = 10_000;

type BroadcastMessage = Extract<ClusterMessage, { type: typeof MessageType.BROADCAST }>;
type ClassicOptions = Pick<ResolvedClassicOptions, "key" | "parser" | "subscriptionMode"> & {
  publishOnSpecificResponseChannel: boolean;
};

/** Classic pub/sub: the channels and bytes of `@socket.io/redis-adapter` and `@socket.io/redis-emitter`. */
export class ClassicWire implements Wire {
  readonly isSharded = false;
  readonly subscriptions: readonly Subscription[];
  readonly countChannel: string;
  readonly bundleChannel: string;
  readonly #uid: string;
  readonly #nsp: string;
  readonly #rooms: HeldRooms;
  readonly #options: ClassicOptions;
  readonly #parser: Parser | undefined;
  readonly #broadcasts: BroadcastEncoder;
  readonly #broadcastChannel: string;
  readonly #responseChannel: string;
  readonly #privateChannel: string;
  /** What all own requests begin with, as JSON. */
  readonly #ownRequest: Buffer;
  /** Nodes that hear their private channel for sure. */
  readonly #ownNodes = new Set<string>();

  /**
   * @param uid the id of this node
   * @param nsp the name of the namespace
   * @param rooms the rooms that this node holds; looked at when a message for a room comes
   * @param options how the adapter is set
   */
  constructor(uid: string, nsp: string, rooms: HeldRooms, options: ClassicOptions) {
    const { key, parser, subscriptionMode } = options;
    this.#uid = uid;
    this.#nsp = nsp;
    this.#rooms = rooms;
    this.#options = options;
    this.#parser = parser;
    this.#broadcasts = new BroadcastEncoder(uid, nsp);
    this.#broadcastChannel = `${key}#${nsp}#`;
    this.#responseChannel = `${key}-response#${nsp}#`;
    this.#privateChannel = this.privateChannel(uid);
    this.#ownRequest = Buffer.from(`{"uid":${JSON.stringify(uid)},`);
    this.countChannel = `${key}-request#${nsp}#`;
    this.bundleChannel = `${key}-bundle#${nsp}#`;
    this.subscriptions = [
      subscriptionMode === "static"
        ? { kind: "pattern", channel: `${escapePattern(this.#broadcastChannel)}*` }
        : { kind: "channel", channel: this.#broadcastChannel },
      { kind: "channel", channel: this.countChannel },
      { kind: "channel", channel: this.#responseChannel },
      { kind: "channel", channel: this.#privateChannel },
      { kind: "channel", channel: this.bundleChannel, isOptional: true },
    ];
  }

  privateChannel(uid: string): string {
    return `${this.#responseChannel}${uid}#`;
  }

  isForAll(channel: string): boolean {
    return (
      this.#options.subscriptionMode === "static" ||
      channel === this.#broadcastChannel ||
      channel === this.countChannel
    );
  }

  roomChannel(room: Room): string {
    return `${this.#broadcastChannel}${room}#`;
  }

  encode(message: ClusterMessage, link?: LinkMaker): ChannelMessage {
    return encoding(() =>
      message.type === MessageType.BROADCAST && message.data.requestId === undefined
        ? this.#encodeBroadcast(message, link)
        : this.#encodeRequest(message, link),
    );
  }

  #encodeBroadcast({ data: { packet, opts } }: BroadcastMessage, link?: LinkMaker): ChannelMessage {
    const channel = this.#channelOf(opts.rooms);
    const makeLink = link && (() => link(channel));
    if (this.#parser === undefined) {
      return { channel, payload: this.#broadcasts.encode(packet, opts, makeLink) };
    }
    const message: unknown[] = [this.#uid, { ...packet, nsp: this.#nsp }, opts];
    if (link !== undefined) {
      message.push(link(channel));
    }
    return { channel, payload: this.#toBytes(message) };
  }

  #channelOf(rooms: readonly Room[]): string {
    const [room] = rooms;
    return rooms.length !== 1 ||
      room === undefined ||
      (this.#options.subscriptionMode === "dynamic" && isPrivateRoom(room))
      ? this.#broadcastChannel
      : this.roomChannel(room);
  }

  #encodeRequest(message: ClusterMessage, link?: LinkMaker): ChannelMessage {
    const channel = this.countChannel;
    const request = toRequest(message, this.#uid, this.#nsp);
    const hasBytes =
      message.type === MessageType.BROADCAST ||
      (message.type === MessageType.SERVER_SIDE_EMIT && hasBinary(message.data.packet));
    if (hasBytes) {
      const linked = link === undefined ? request : { ...request, link: link(channel) };
      return { channel, payload: this.#toBytes(linked) };
    }
    const json = JSON.stringify(request);
    return { channel, payload: link ? withLink(json, link(channel)) : json };
  }

  #toBytes(message: unknown): Payload {
    return this.#parser === undefined ? encodeMsgpack(message) : this.#parser.encode(message);
  }

  encodeResponse(requesterUid: string | undefined, response: ClusterResponse): ChannelMessage {
    return encoding(() => ({
      channel: this.#answerChannel(requesterUid, isOwnType(response.type)),
      payload: this.#encodeAnswer(response),
    }));
  }

  #answerChannel(requester: string | undefined, isOwn: boolean): string {
    const hears =
      isOwn ||
      this.#options.publishOnSpecificResponseChannel ||
      (requester !== undefined && this.#ownNodes.has(requester));
    return hears && requester !== undefined
      ? this.privateChannel(requester)
      : this.#responseChannel;
  }

  #encodeAnswer(response: ClusterResponse): Payload {
    const answer = toAnswer(response, this.#uid);
    switch (response.type) {
      case MessageType.FETCH_SOCKETS_RESPONSE:
        return this.#jsonOrBytes(answer, response.data.sockets);
      case MessageType.SERVER_SIDE_EMIT_RESPONSE:
        return this.#jsonOrBytes(answer, response.data.packet);
      case MessageType.BROADCAST_ACK:
        return this.#toBytes(answer);
      case MessageType.REPLAY:
        return Buffer.concat([Buffer.of(classic.OWN_CODEC), encodeMsgpack(answer)]);
    }
    return JSON.stringify(answer);
  }

  /** The reference reads both, and writes JSON: bytes would be lost in it. */
  #jsonOrBytes(answer: object, data: unknown): Payload {
    return hasBinary(data) ? this.#toBytes(answer) : JSON.stringify(answer);
  }

  /**
   * Encodes the question of the reference's `allRooms()`; answers are `all-rooms-response`.
   *
   * @param requestId the id of the request
   */
  encodeAllRooms(requestId: string): ChannelMessage {
    const request = { uid: this.#uid, requestId, type: classic.ALL_ROOMS, direct: true };
    return { channel: this.countChannel, payload: JSON.stringify(request) };
  }

  /**
   * Encodes the answer to a legacy request.
   *
   * @param request the request
   * @param answer what it asks for
   */
  encodeLegacyAnswer(request: LegacyRequest, { sockets, rooms }: LegacyAnswer): ChannelMessage {
    const answer = {
      requestId: request.requestId,
      sockets: sockets && [...sockets],
      rooms: rooms && [...rooms],
      uid: this.#uid,
    };
    return {
      channel: this.#answerChannel(request.uid, false),
      payload: JSON.stringify(answer),
    };
  }

  decode(channel: string, message: Buffer | string): WireMessage | null {
    const payload = typeof message === "string" ? Buffer.from(message) : message;
    if (channel === this.#responseChannel || channel === this.#privateChannel) {
      const answer = this.#parseRecord(payload);
      return answer.uid === this.#uid ? null : readResponse(answer, this.#nsp);
    }
    if (channel === this.countChannel) {
      return this.#decodeRequest(payload);
    }
    return channel.startsWith(this.#broadcastChannel) && this.#isForUs(channel)
      ? this.#decodeBroadcast(payload)
      : null;
  }

  #isForUs(channel: string): boolean {
    if (channel === this.#broadcastChannel) {
      return true;
    }
    const room = channel.slice(this.#broadcastChannel.length, -1);
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

function isOwnType(type: ClusterResponse["type"]): boolean {
  return type > MessageType.ADAPTER_CLOSE;
}

function withLink(json: string, [number, previous]: Link): string {
  return `${json.slice(0, -1)},"link":[${number},${previous}]}`;
}

function escapePattern(text: string): string {
  return text.replace(/[*?[\\]/g, "\\$&");
}

function startsWith(bytes: Buffer, beginning: Buffer): boolean {
  return (
    bytes.length >= beginning.length &&
    bytes.compare(beginning, 0, beginning.length, 0, beginning.length) === 0
  );
}
