import type { EventEmitter } from "node:events";
import type { Packet } from "socket.io-parser";
import type { AnyFunction, Untyped } from "../lib/events.ts";

/** The id of a socket. */
export type SocketId = string;

/** The name of a room. Every socket is alone in the room named by its id. */
export type Room = string;

/** How a packet is to be sent. */
export interface BroadcastFlags {
  /** It may be lost by clients that cannot take it now. */
  volatile?: boolean;
  /** Whether it may be compressed. Default: true. */
  compress?: boolean;
  /** It stays on this node. */
  local?: boolean;
  /** How long to wait for acknowledgements, in ms. */
  timeout?: number;
  /** One acknowledgement is expected, and handed on bare rather than in a list. */
  expectSingleResponse?: boolean;
}

/** To whom a packet goes. */
export interface BroadcastOptions {
  /** The rooms; none means everyone in the namespace. */
  rooms: Set<Room>;
  /** Sockets in any of these rooms are left out. */
  except?: Set<Room>;
  flags?: BroadcastFlags;
}

/** What a packet is on the wire: its text, then its attachments. */
export type EncodedPackets = (string | Uint8Array | ArrayBuffer)[];

/** How encoded packets are handed to an engine session. */
export interface WriteOptions {
  volatile?: boolean | undefined;
  compress?: boolean | undefined;
  preEncoded?: boolean | undefined;
}

/** What an adapter sees of a socket of this node. */
export interface AdapterSocket {
  readonly id: SocketId;
  readonly rooms: Set<Room>;
  readonly handshake: object;
  data: Untyped;
  /** Acknowledgements that the client owes, by packet id. */
  readonly acks: {
    set(id: number, callback: AnyFunction): unknown;
    delete(id: number): boolean;
  };
  readonly client: {
    writeToEngine(encodedPackets: EncodedPackets, options: WriteOptions): void;
  };
  notifyOutgoingListeners(packet: Packet): void;
  join(rooms: Room | Room[]): Promise<void> | void;
  leave(room: Room): Promise<void> | void;
  disconnect(close?: boolean): unknown;
}

/** How long sessions are kept for connection state recovery. */
export interface RecoveryOptions {
  /** How long after a disconnection a session can be taken up again, in ms. Default: 120000. */
  maxDisconnectionDuration?: number;
  /** Whether a socket that takes its session up again skips the middlewares. Default: true. */
  skipMiddlewares?: boolean;
}

/** What an adapter sees of the namespace it serves. */
export interface AdapterNamespace {
  readonly name: string;
  readonly sockets: ReadonlyMap<SocketId, AdapterSocket>;
  readonly server: {
    readonly encoder: { encode(packet: Packet): EncodedPackets };
    /** The server's options. */
    readonly opts: {
      readonly connectionStateRecovery?: RecoveryOptions | undefined;
      /** How long to wait for acknowledgements where nothing else is said, in ms. */
      readonly ackTimeout?: number | undefined;
      readonly pingInterval?: number | undefined;
      readonly pingTimeout?: number | undefined;
    };
  };
  /** The last packet id handed out; ids are shared by all sockets of the namespace. */
  _ids: number;
  /** Hands an event of another node to the listeners, with its arguments. */
  _onServerSideEmit(args: [string, ...Untyped[]]): void;
  /**
   * Ends the socket of a session, if there is one and its client may come back: so that this client,
   * which has come back to another node, can take the session up there.
   *
   * @param pid the private id of the session
   */
  endSession?(pid: string): void;
}

/** What a node tells another of one of its sockets. */
export interface RemoteSocketDetails {
  readonly id: SocketId;
  readonly handshake: Untyped;
  readonly rooms: Iterable<Room>;
  readonly data: Untyped;
}

/** Who waits for the acknowledgements of a broadcast; see {@link AdapterApi.broadcastWithAck}. */
export interface AckProgress {
  /** Whether nobody waits any more: all have come, or their time is over. */
  readonly isOver: boolean;
  /**
   * To be called when answers will not come, as nodes are gone.
   *
   * @param nodes how many nodes have told their number of clients or still can, this one among them
   * @param clients how many clients, of those told of, will not answer; since the last call
   */
  onLost(nodes: number, clients: number): void;
}

/** A session kept for connection state recovery. */
export interface SessionToPersist {
  sid: SocketId;
  pid: string;
  rooms: Room[];
  data: unknown;
}

/**
 * A session found again, with the packets that its client missed: the `data` of each. They are read
 * once, at the moment at which the socket begins to get packets by itself.
 */
export interface RestoredSession extends SessionToPersist {
  readonly missedPackets: unknown[][];
}

/**
 * What the server asks of an adapter: who is in which room, and packets to many sockets. An adapter
 * for several nodes does the same across them.
 *
 * It emits `create-room` and `delete-room` (room), `join-room` and `leave-room` (room, socket id), and
 * `session-expired` ({@link SessionToPersist}) when a session it kept was not taken up again in time.
 */
export interface AdapterApi extends EventEmitter {
  /** The namespace it serves. */
  readonly nsp: AdapterNamespace;
  /** The sockets of each room of this node. */
  readonly rooms: Map<Room, Set<SocketId>>;
  /** The rooms of each socket of this node. */
  readonly sids: Map<SocketId, Set<Room>>;
  /** Called once, when the namespace is made. */
  init(): Promise<void> | void;
  /** Called once, when the server closes. */
  close(): Promise<void> | void;
  /** How many nodes there are. */
  serverCount(): Promise<number>;
  /** Puts a socket into rooms. */
  addAll(id: SocketId, rooms: Set<Room>): Promise<void> | void;
  /** Takes a socket out of a room. */
  del(id: SocketId, room: Room): Promise<void> | void;
  /** Takes a socket out of all rooms, for good. */
  delAll(id: SocketId): void;
  /** Sends a packet to the sockets chosen. */
  broadcast(packet: Packet, options: BroadcastOptions): void;
  /**
   * Sends a packet to the sockets chosen and collects their acknowledgements.
   *
   * @param onClientCount called once by each node, with the number of its sockets that were sent it
   * @param onResponse called with the first argument of each acknowledgement
   */
  broadcastWithAck(
    packet: Packet,
    options: BroadcastOptions,
    onClientCount: (clientCount: number) => void,
    onResponse: (response: Untyped) => void,
    progress?: AckProgress,
  ): void;
  /** The ids of the sockets in any of the rooms, or of all. */
  sockets(rooms: Set<Room>): Promise<Set<SocketId>>;
  /** The rooms of a socket of this node; undefined for a socket it does not have. */
  socketRooms(id: SocketId): Set<Room> | undefined;
  /** The sockets chosen: local ones themselves, the details of remote ones. */
  fetchSockets(options: BroadcastOptions): Promise<(AdapterSocket | RemoteSocketDetails)[]>;
  /** How many sockets are chosen, on all nodes. Where it is missing, they are fetched and counted. */
  count?(options: BroadcastOptions): Promise<number>;
  /** Puts the sockets chosen into rooms. */
  addSockets(options: BroadcastOptions, rooms: Room[]): void;
  /** Takes the sockets chosen out of rooms. */
  delSockets(options: BroadcastOptions, rooms: Room[]): void;
  /** Disconnects the sockets chosen. */
  disconnectSockets(options: BroadcastOptions, close: boolean): void;
  /** Sends an event to the other nodes. */
  serverSideEmit(packet: unknown[]): void;
  /** Keeps the session of a socket that was disconnected, for recovery. */
  persistSession(session: SessionToPersist): void;
  /**
   * Finds a session again, which is then no longer kept.
   *
   * @param pid the private id of the session
   * @param offset the last packet that its client got; undefined if it got none
   * @returns null where it is gone, or the packets that the client missed are
   */
  restoreSession(
    pid: string,
    offset: string | undefined,
  ): Promise<RestoredSession | null> | RestoredSession | null;
  /**
   * Whether sessions are kept for clients that may come back. An adapter that has this method is
   * asked for sessions without an offset, too.
   */
  hasSessions?(): boolean;
}
