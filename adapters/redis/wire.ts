import type { Room } from "../adapter.ts";
import {
  type ClusterMessage,
  type ClusterResponse,
  type Link,
  MessageType,
} from "../cluster/messages.ts";
import type { ChannelMessage, SubscriptionKind } from "./port.ts";

/** A channel or pattern, and how it is subscribed to. */
export interface Subscription {
  readonly kind: SubscriptionKind;
  readonly channel: string;
  /** Whether it can be done without, so that nobody is told if Redis refuses it. */
  readonly isOptional?: true;
}

/**
 * Gives a message its place among those of its sender. Called at most once for each message; it may
 * be that this then cannot be encoded, so that the link is not used.
 *
 * @param channel the channel it goes to
 */
export type LinkMaker = (channel: string) => Link;

/**
 * How the messages of one namespace travel over Redis pub/sub: to which channel, as which bytes, and
 * back. It neither sends nor hears anything itself, and knows nothing of connections.
 */
export interface Wire {
  /** Whether it goes by SPUBLISH and SSUBSCRIBE. */
  readonly isSharded: boolean;
  /** What a node subscribes to as long as its adapter lives. */
  readonly subscriptions: readonly Subscription[];
  /** The channel that each node subscribes to once, nodes of the reference too: its subscribers are the nodes. */
  readonly countChannel: string;
  /** The channel of bundles: all nodes of this package subscribe to it, along with the one above. */
  readonly bundleChannel: string;
  /** Whether all nodes are to get what goes to a channel, so that it may be in a bundle. */
  isForAll(channel: string): boolean;
  /** The channel that one node alone subscribes to. */
  privateChannel(uid: string): string;
  /** The channel of a room, for nodes that subscribe to rooms one by one. */
  roomChannel(room: Room): string;
  /**
   * Encodes a message to the other nodes. uid and namespace are those of the wire, whatever the
   * message says.
   *
   * @param message the message; it is not changed, and may be changed afterwards
   * @param link gives its link; left out for messages that are not replayed
   * @throws SocketIOError with `ERR_INVALID_ARGUMENT` (and the `cause`) where its data cannot be
   * encoded: a BigInt, something circular, too deep
   */
  encode(message: ClusterMessage, link?: LinkMaker): ChannelMessage;
  /**
   * Encodes an answer to one node.
   *
   * @param requesterUid the uid of the message that is answered; undefined where it had none
   * @throws SocketIOError with `ERR_INVALID_ARGUMENT`, as {@link encode}
   */
  encodeResponse(requesterUid: string | undefined, response: ClusterResponse): ChannelMessage;
  /**
   * Decodes what came on a channel. What it returns has the namespace filled in, `uid` where the
   * sender told it, and `link` where it has one; the shape of its `data` has not been checked.
   *
   * @param channel the channel it came on (not the pattern)
   * @param payload the bytes, or text; what is returned may share their memory
   * @returns null for what is to be ignored: own messages, rooms that this node does not hold, types
   * it does not know
   * @throws SocketIOError with `ERR_MALFORMED_MESSAGE`, and nothing else
   */
  decode(channel: string, payload: Buffer | string): WireMessage | null;
}

/** What {@link Wire.decode} returns: told apart by {@link isLegacy} and {@link isResponse}. */
export type WireMessage = ClusterMessage | ClusterResponse | LegacyRequest | LegacyResponse;

/** Requests of old nodes, and of the reference's `allRooms()`: of classic pub/sub alone. */
export type LegacyRequest =
  /** Which sockets of this node are in the rooms (none: all)? Answered with `{ sockets }`. */
  | (LegacyEnvelope & { type: "sockets"; rooms: Room[] })
  /** Which rooms are on this node? Answered with `{ rooms }`. */
  | (LegacyEnvelope & { type: "all-rooms" })
  /** If the socket is on this node, it joins or leaves; only then answered, with `{}`. */
  | (LegacyEnvelope & { type: "join" | "leave"; sid: string; room: Room })
  /** If the socket is on this node, it is disconnected; only then answered, with `{}`. */
  | (LegacyEnvelope & { type: "disconnect"; sid: string; close: boolean });

interface LegacyEnvelope {
  uid: string | undefined;
  requestId: string | undefined;
}

/** What a {@link LegacyRequest} is answered with. */
export interface LegacyAnswer {
  sockets?: Iterable<string>;
  rooms?: Iterable<Room>;
}

/** An answer to `allRooms()`. */
export interface LegacyResponse {
  type: "all-rooms-response";
  uid: string | undefined;
  requestId: string;
  rooms: Room[];
}

/** Whether a message is of classic pub/sub alone. */
export function isLegacy(message: WireMessage): message is LegacyRequest | LegacyResponse {
  return typeof message.type === "string";
}

const RESPONSES: ReadonlySet<unknown> = new Set([
  MessageType.FETCH_SOCKETS_RESPONSE,
  MessageType.SERVER_SIDE_EMIT_RESPONSE,
  MessageType.BROADCAST_CLIENT_COUNT,
  MessageType.BROADCAST_ACK,
  MessageType.REPLAY,
]);

/** Whether a message answers one of ours. ROOMS, which may do so too, is taken for a message. */
export function isResponse(message: WireMessage): message is ClusterResponse {
  return RESPONSES.has(message.type);
}

/** The rooms that a node holds; names that are numbers may be among them. */
export type HeldRooms = Pick<ReadonlyMap<unknown, unknown>, "has">;

/**
 * Whether a node holds the room of a channel, in which a number looks like any other name.
 *
 * @param rooms the rooms of the node
 * @param room the name as it stands in the channel
 */
export function isHeld(rooms: HeldRooms, room: string): boolean {
  return rooms.has(room) || (isNumeric(room) && rooms.has(Number.parseFloat(room)));
}

function isNumeric(text: string): boolean {
  return !Number.isNaN(Number(text)) && !Number.isNaN(Number.parseFloat(text));
}

const ID_LENGTH = 20;

/** Whether a room looks like that of one socket, as far as one can tell on a node that has it not. */
export function isPrivateRoom(room: Room): boolean {
  return typeof room === "string" && room.length === ID_LENGTH; // at run time it may be a number
}
