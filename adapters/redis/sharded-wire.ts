import { malformedMessage } from "../../lib/errors.ts";
import type { Room } from "../adapter.ts";
import {
  type ClusterMessage,
  type ClusterResponse,
  type Link,
  MessageType,
  type WireOptions,
} from "../cluster/messages.ts";
import { isPlainEvent } from "./classic-wire-broadcast.ts";
import { textOf, toLink, unchecked } from "./classic-wire-reader.ts";
import {
  decodeJson,
  decodeMsgpack,
  encodeMsgpack,
  encoding,
  hasBinary,
  isJson,
  isRecord,
  parsing,
  writeMsgpack,
} from "./codec.ts";
import type { ResolvedShardedOptions } from "./options.ts";
import type { ChannelMessage, Payload } from "./port.ts";
import {
  type HeldRooms,
  isHeld,
  isPrivateRoom,
  type LinkMaker,
  type Subscription,
  type Wire,
} from "./wire.ts";

/** What may have bytes in it. All else is JSON, whatever is in it, as in the reference. */
const WITH_BYTES: ReadonlySet<unknown> = new Set([
  MessageType.BROADCAST,
  MessageType.FETCH_SOCKETS_RESPONSE,
  MessageType.SERVER_SIDE_EMIT,
  MessageType.SERVER_SIDE_EMIT_RESPONSE,
  MessageType.BROADCAST_ACK,
  MessageType.REPLAY,
]);

const KNOWN: ReadonlySet<unknown> = new Set(Object.values(MessageType));

/** Sharded pub/sub: the channels and bytes of the reference's `createShardedAdapter()`. */
export class ShardedWire implements Wire {
  readonly isSharded = true;
  readonly subscriptions: readonly Subscription[];
  readonly countChannel: string;
  readonly bundleChannel: string;
  readonly #uid: string;
  readonly #nsp: string;
  readonly #rooms: HeldRooms;
  readonly #mode: ResolvedShardedOptions["subscriptionMode"];
  readonly #privateChannel: string;
  /** What all own messages end with, as JSON and as MessagePack. */
  readonly #jsonTail: string;
  readonly #ownTail: Buffer;
  readonly #msgpackTail: Buffer;

  /**
   * @param uid the id of this node
   * @param nsp the name of the namespace
   * @param rooms the rooms that this node holds; looked at when a message for a room comes
   * @param options how the adapter is set
   */
  constructor(
    uid: string,
    nsp: string,
    rooms: HeldRooms,
    options: Pick<ResolvedShardedOptions, "channelPrefix" | "subscriptionMode">,
  ) {
    this.#uid = uid;
    this.#nsp = nsp;
    this.#rooms = rooms;
    this.#mode = options.subscriptionMode;
    this.countChannel = `${options.channelPrefix}#${nsp}#`;
    this.#privateChannel = this.privateChannel(uid);
    this.bundleChannel = `${options.channelPrefix}-bundle#${nsp}#`;
    this.subscriptions = [
      { kind: "shard", channel: this.countChannel },
      { kind: "shard", channel: this.#privateChannel },
      { kind: "shard", channel: this.bundleChannel, isOptional: true },
    ];
    this.#jsonTail = `,"uid":${JSON.stringify(uid)},"nsp":${JSON.stringify(nsp)}}`;
    this.#ownTail = Buffer.from(this.#jsonTail);
    this.#msgpackTail = Buffer.concat(["uid", uid, "nsp", nsp].map(encodeMsgpack));
  }

  privateChannel(uid: string): string {
    return `${this.countChannel}${uid}#`;
  }

  isForAll(channel: string): boolean {
    return channel === this.countChannel;
  }

  roomChannel(room: Room): string {
    return `${this.countChannel}${room}#`;
  }

  encode(message: ClusterMessage, link?: LinkMaker): ChannelMessage {
    const channel = this.#channelOf(message);
    const makeLink = link && (() => link(channel));
    const payload = encoding(
      () =>
        this.#encodePlain(message, makeLink) ??
        this.#encode(message.type, dataOf(message), makeLink),
    );
    return { channel, payload };
  }

  encodeResponse(requesterUid: string | undefined, response: ClusterResponse): ChannelMessage {
    return {
      channel: this.privateChannel(String(requesterUid)),
      payload: encoding(() => this.#encode(response.type, response.data, undefined)),
    };
  }

  #channelOf(message: ClusterMessage): string {
    if (message.type !== MessageType.BROADCAST || message.data.requestId !== undefined) {
      return this.countChannel;
    }
    const { rooms } = message.data.opts;
    const [room] = rooms;
    const hasChannel =
      this.#mode === "dynamic-private" ||
      (this.#mode === "dynamic" && room !== undefined && !isPrivateRoom(room));
    return rooms.length === 1 && room !== undefined && hasChannel
      ? this.roomChannel(room)
      : this.countChannel;
  }

  /** The same as {@link #encode}, faster, for most of what is sent: an event without bytes. */
  #encodePlain(message: ClusterMessage, makeLink: (() => Link) | undefined): string | undefined {
    if (message.type !== MessageType.BROADCAST || message.data.requestId !== undefined) {
      return undefined;
    }
    const { packet, opts } = message.data;
    if (!isPlainEvent(packet) || hasBinary(packet.data)) {
      return undefined;
    }
    const data = `{"packet":{"type":2,"data":${JSON.stringify(packet.data)}},"opts":${optionsToJson(opts)}}`;
    return this.#wrap(MessageType.BROADCAST, `,"data":${data}`, makeLink);
  }

  #encode(type: number, data: unknown, makeLink: (() => Link) | undefined): Payload {
    return WITH_BYTES.has(type) && hasBinary(data)
      ? this.#encodeMsgpack(type, data, makeLink)
      : this.#encodeJson(type, data, makeLink);
  }

  #encodeJson(type: number, data: unknown, makeLink: (() => Link) | undefined): string {
    const member = data === undefined ? "" : `,"data":${JSON.stringify(data)}`;
    return this.#wrap(type, member, makeLink);
  }

  #wrap(type: number, member: string, makeLink: (() => Link) | undefined): string {
    const link = makeLink === undefined ? "" : `,"link":[${makeLink().join(",")}]`;
    return `{"type":${type}${member}${link}${this.#jsonTail}`;
  }

  #encodeMsgpack(type: number, data: unknown, makeLink: (() => Link) | undefined): Buffer {
    return writeMsgpack((writer) => {
      writer.map(makeLink === undefined ? 4 : 5);
      writer.text("type");
      writer.number(type);
      writer.text("data");
      writer.value(data);
      if (makeLink !== undefined) {
        writer.text("link");
        writer.value(makeLink());
      }
      writer.raw(this.#msgpackTail);
    });
  }

  decode(channel: string, payload: Buffer | string): ClusterMessage | ClusterResponse | null {
    if (!this.#isForUs(channel) || (typeof payload !== "string" && this.#isOwn(payload))) {
      return null;
    }
    const message = parsing(() =>
      typeof payload === "string" || isJson(payload) ? decodeJson(payload) : decodeMsgpack(payload),
    );
    if (!isRecord(message) || typeof message.type !== "number") {
      throw malformedMessage("it is not an object with a type");
    }
    const { type, data, uid, nsp, link } = message;
    if (uid === this.#uid || nsp !== this.#nsp || !KNOWN.has(type)) {
      return null;
    }
    if (type !== MessageType.BROADCAST && !this.#isOwnChannel(channel)) {
      return null; // a room has the name of another node, for which it is
    }
    return unchecked({ type, data, uid: textOf(uid), nsp, link: toLink(link) });
  }

  #isForUs(channel: string): boolean {
    return (
      this.#isOwnChannel(channel) ||
      (channel.startsWith(this.countChannel) &&
        isHeld(this.#rooms, channel.slice(this.countChannel.length, -1)))
    );
  }

  #isOwnChannel(channel: string): boolean {
    return channel === this.countChannel || channel === this.#privateChannel;
  }

  #isOwn(payload: Buffer): boolean {
    const tail = isJson(payload) ? this.#ownTail : this.#msgpackTail;
    const from = payload.length - tail.length;
    return from > 0 && payload.compare(tail, 0, tail.length, from) === 0;
  }
}

/** As JSON.stringify(), faster for those of a broadcast to everyone. */
function optionsToJson(opts: WireOptions): string {
  const { rooms, except, flags } = opts;
  if (rooms.length > 0 || except === undefined || except.length > 0) {
    return JSON.stringify(opts);
  }
  if (flags === undefined) {
    return '{"rooms":[],"except":[]}';
  }
  for (const _flag in flags) {
    return JSON.stringify(opts);
  }
  return '{"rooms":[],"except":[],"flags":{}}';
}

/** The data of a message as it travels: the packet of a broadcast has what all nodes have alike. */
function dataOf(message: ClusterMessage): unknown {
  if (message.type !== MessageType.BROADCAST) {
    return message.data;
  }
  const { packet, opts, requestId } = message.data;
  const { id: _id, nsp: _nsp, ...rest } = packet;
  return { packet: rest, requestId, opts };
}
