import type { Packet } from "socket.io-parser";
import type { Untyped } from "../../lib/events.ts";
import type { BroadcastFlags, RemoteSocketDetails, Room } from "../adapter.ts";

/**
 * The kinds of messages between the nodes of a cluster. 1 to 13 are those of the reference
 * (`MessageType` of socket.io-adapter), and have its numbers; the others are of this package alone,
 * and nodes of the reference ignore them.
 */
export enum MessageType {
  INITIAL_HEARTBEAT = 1,
  HEARTBEAT = 2,
  BROADCAST = 3,
  SOCKETS_JOIN = 4,
  SOCKETS_LEAVE = 5,
  DISCONNECT_SOCKETS = 6,
  FETCH_SOCKETS = 7,
  FETCH_SOCKETS_RESPONSE = 8,
  SERVER_SIDE_EMIT = 9,
  SERVER_SIDE_EMIT_RESPONSE = 10,
  BROADCAST_CLIENT_COUNT = 11,
  BROADCAST_ACK = 12,
  ADAPTER_CLOSE = 13,
  /** Asks the other nodes which rooms they hold, and to tell of each change from now on. */
  ROOMS_REQUEST = 32,
  /** Which rooms a node holds, or what has changed. */
  ROOMS = 33,
  /** Asks the other nodes for what was missed. */
  REPLAY_REQUEST = 34,
  /** What was missed. */
  REPLAY = 35,
  /** Says nothing but its own number: how far its sender has come. */
  REPLAY_MARK = 36,
}

/** The name of a node: unlike that of every other, in one namespace. */
export type ServerId = string;

/** Where a message stands among all others, for connection state recovery. */
export type Offset = string;

/** Broadcast options as they travel. */
export interface WireOptions {
  rooms: Room[];
  except: Room[];
  flags?: BroadcastFlags | undefined;
}

/**
 * Where a message stands among those of its sender: its number, and the number of the one before it
 * on the same channel (0: there is none that could be asked for).
 */
export type Link = readonly [number: number, previous: number];

interface Envelope {
  /** The node that sent it; undefined in what emitters of the reference send. */
  uid?: string | undefined;
  /** The namespace. */
  nsp?: string | undefined;
  /** Only in messages that are replayed to nodes that missed them. */
  link?: Link | undefined;
}

/**
 * The rooms that a node holds. To all others it sends what has changed; to one that asked, the whole
 * list, in parts, or nothing but its number.
 */
export interface RoomsMessage {
  type: MessageType.ROOMS;
  data: {
    /** How often it has told the others of a change, this message included. */
    number: number;
    /** Of a whole list: which part this is, from 0 on, and how many there are. */
    part?: readonly [index: number, count: number] | undefined;
    occupied: Room[];
    vacated: Room[];
  };
}

/** Asks other nodes for what was missed of what they sent. */
export interface ReplayRequest {
  /** The same in the answers. */
  requestId: string;
  /** The number of the last message of the node that asks. */
  last: number;
  /**
   * For each node that is asked: its uid, and the number up to which nothing of it was missed; -1 if
   * nothing is known of it: what it has sent since the node that asks has started was missed.
   */
  after: [uid: string, number: number][];
  /** When the node that asks has started, in ms since 1970, by its own clock. */
  since: number;
  /** How long ago that was when it asked, in ms. */
  age?: number | undefined;
  /** Whether nodes that are not named are asked as well, as if with -1. */
  isToAll?: true | undefined;
  /** Only what was sent on these channels is wanted; all, if undefined. */
  channels?: string[] | undefined;
  /** Whether this asks for what is after an answer that said that there is more. */
  isContinued?: true | undefined;
}

/** What was missed, or the first part of it. */
export interface ReplayAnswer {
  requestId: string;
  /** The number after which was asked. */
  after: number;
  /** The number of the last message that its sender has sent. */
  last: number;
  /** What was missed, in order: the number, the channel, and what was published on it. */
  messages: [number: number, channel: string, payload: string | Uint8Array][];
  /** Whether there is more after the last of these messages, for which to ask again. */
  isMore: boolean;
  /** Whether more was missed than the sender still has. */
  isIncomplete: boolean;
}

/** A message to all other nodes. */
export type ClusterMessage = Envelope &
  (
    | {
        type:
          | MessageType.INITIAL_HEARTBEAT
          | MessageType.HEARTBEAT
          | MessageType.ADAPTER_CLOSE
          | MessageType.REPLAY_MARK;
        data?: undefined;
      }
    | {
        type: MessageType.ROOMS_REQUEST;
        /** The nodes whose rooms the asking node knows already. */
        data: { requestId: string; known: string[] };
      }
    | RoomsMessage
    | {
        type: MessageType.BROADCAST;
        data: { packet: Packet; opts: WireOptions; requestId?: string | undefined };
      }
    | {
        type: MessageType.SOCKETS_JOIN | MessageType.SOCKETS_LEAVE;
        data: { opts: WireOptions; rooms: Room[] };
      }
    | {
        type: MessageType.DISCONNECT_SOCKETS;
        data: { opts: WireOptions; close?: boolean };
      }
    | {
        type: MessageType.FETCH_SOCKETS;
        data: {
          opts: WireOptions;
          requestId: string;
          /** Only how many they are is wanted. Nodes of the reference answer with the sockets. */
          count?: true;
        };
      }
    | {
        type: MessageType.SERVER_SIDE_EMIT;
        data: { packet: Untyped[]; requestId?: string | undefined };
      }
    | {
        type: MessageType.REPLAY_REQUEST;
        data: ReplayRequest;
      }
  );

/** The same as an answer to one node. */
export type RoomsResponse = RoomsMessage & { data: { requestId: string } };

/** A message as `doPublish()` gets it: it says where it comes from. */
export type PublishedMessage = ClusterMessage & { uid: string; nsp: string };

/** An answer to one node. */
export type ClusterResponse = Envelope &
  (
    | RoomsResponse
    | {
        type: MessageType.FETCH_SOCKETS_RESPONSE;
        data: { requestId: string; sockets: RemoteSocketDetails[]; count?: number | undefined };
      }
    | {
        type: MessageType.SERVER_SIDE_EMIT_RESPONSE;
        data: { requestId: string; packet: Untyped };
      }
    | {
        type: MessageType.BROADCAST_CLIENT_COUNT;
        data: { requestId: string; clientCount: number };
      }
    | {
        type: MessageType.BROADCAST_ACK;
        data: { requestId: string; packet: Untyped };
      }
    | {
        type: MessageType.REPLAY;
        data: ReplayAnswer;
      }
  );

/** An answer as `doPublishResponse()` gets it: it says where it comes from. */
export type PublishedResponse = ClusterResponse & { uid: string; nsp: string };
