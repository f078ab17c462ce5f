import type { Room } from "../adapter.ts";
import {
  type ClusterMessage,
  type ClusterResponse,
  type Link,
  MessageType,
} from "../cluster/messages.ts";
import { BroadcastEncoder } from "./classic-wire-broadcast.ts";
import { ClassicDecoder } from "./classic-wire-decoder.ts";
import { toAnswer, toRequest } from "./classic-wire-requests.ts";
import * as classic from "./classic-wire-types.ts";
import { encodeMsgpack, encoding, hasBinary } from "./codec.ts";
import type { Parser, ResolvedClassicOptions } from "./options.ts";
import type { ChannelMessage, Payload } from "./port.ts";
import {
  type HeldRooms,
  isPrivateRoom,
  type LegacyAnswer,
  type LegacyRequest,
  type LinkMaker,
  type Subscription,
  type Wire,
  type WireMessage,
} from "./wire.ts";

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
  readonly #options: ClassicOptions;
  readonly #parser: Parser | undefined;
  readonly #broadcasts: BroadcastEncoder;
  readonly #broadcastChannel: string;
  readonly #responseChannel: string;
  readonly #privateChannel: string;
  readonly #decoder: ClassicDecoder;
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
    this.#options = options;
    this.#parser = parser;
    this.#broadcasts = new BroadcastEncoder(uid, nsp);
    this.#broadcastChannel = `${key}#${nsp}#`;
    this.#responseChannel = `${key}-response#${nsp}#`;
    this.#privateChannel = this.privateChannel(uid);
    this.countChannel = `${key}-request#${nsp}#`;
    this.bundleChannel = `${key}-bundle#${nsp}#`;
    this.#decoder = new ClassicDecoder(uid, nsp, rooms, parser, this.#broadcasts, {
      broadcast: this.#broadcastChannel,
      request: this.countChannel,
      response: this.#responseChannel,
      private: this.#privateChannel,
    });
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
      (requester !== undefined && this.#decoder.isOwnNode(requester));
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
    return this.#decoder.decode(channel, message);
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
