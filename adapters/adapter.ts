import type { EmitGuard } from "../lib/emit-guard.ts";
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

/** What is published to a topic reaches those subscribed to it. The sockets of one server share it. */
export interface FeedPublisher {
  /** Whether this can be published as it would be written to each. */
  canCarry(encodedPackets: EncodedPackets): boolean;
  /** Where the changes end now. */
  readonly position: number;
  /**
   * Whose `feed` may have become another since a position; null where everyone's may. Of those that
   * were null nothing is told.
   */
  changesSince(position: number): readonly SocketFeed[] | null;
  publish(topic: string, encodedPackets: EncodedPackets): void;
}

/** By what the client of a socket can be reached together with others, in one call. */
export interface SocketFeed {
  readonly publisher: FeedPublisher;
  subscribe(topic: string): void;
  unsubscribe(topic: string): void;
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
  /**
   * Null, or missing, while a packet has to be told to the outgoing listeners and written to the client.
   * To be asked at each packet.
   */
  readonly _feed?: SocketFeed | null;
  notifyOutgoingListeners(packet: Packet): void;
  join(rooms: Room | Room[]): Promise<void> | void;
  leave(room: Room): Promise<void> | void;
  disconnect(close?: boolean): unknown;
}

/** How long sessions are kept for connection state recovery. */
export interface RecoveryOptions {
  /** How long after a disconnection a session can be taken up again, in ms. Default: 120000. */
  maxDisconnectionDuration?: number;
  /**
   * How many events each namespace keeps, for one node in memory: the oldest are dropped. A client that
   * would miss one starts a new session. Default: no limit.
   */
  maxPackets?: number;
  /** How many bytes these may have, as they are sent. Default: no limit. */
  maxBytes?: number;
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
  /** Sees what is emitted here, before the adapter does. */
  readonly emitGuard?: EmitGuard | null;
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
  /**
   * Tells when nobody waits any more: all have come, or their time is over.
   *
   * @param listener called then, once; at once where that is so
   */
  whenOver(listener: () => void): void;
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
 * of your own extends `Adapter` (one node), or `ClusterAdapter` or `ClusterAdapterWithHeartbeat` (several
 * nodes) and overrides what it does otherwise. There is one for each namespace, made by the option
 * `adapter`, with the namespace as its argument.
 *
 * What throws where a program called (`emit()`, `join()` ...) throws there, what rejects is given to it
 * where it gets a promise. What else may throw, and what happens then, is said at each method.
 *
 * An adapter emits:
 *
 * - `create-room`, `delete-room` (room) and `join-room`, `leave-room` (room, socket id), of this node.
 * - `occupied`, `vacated` (room), of all nodes; not for the rooms that sockets have of their own.
 * - `session-expired` ({@link SessionToPersist}), when a kept session was not taken up in time. The
 *   server listens to it.
 * - `error` (an error), where it has no caller to tell. Do not emit it while nobody listens: that throws.
 */
export interface AdapterApi extends EventEmitter {
  /** The namespace it was made for. */
  readonly nsp: AdapterNamespace;
  /** The sockets of each room of this node; no room is empty. Read by programs. */
  readonly rooms: Map<Room, Set<SocketId>>;
  /** The rooms of each socket of this node. Read by programs. */
  readonly sids: Map<SocketId, Set<Room>>;
  /**
   * Called once, right after the adapter was made; the server does not wait for it. If it throws, the
   * namespace is not made: `io.of()` throws, a client of a dynamic namespace is refused. What it
   * rejects with is an uncaught exception.
   */
  init(): Promise<void> | void;
  /**
   * Called when the server closes, which waits for it and ignores what goes wrong, or when a dynamic
   * namespace that is empty is removed. The sockets are gone by then.
   */
  close(): Promise<void> | void;
  /**
   * How many nodes there are, this one among them. Called with each broadcast that wants
   * acknowledgements. Where it rejects it is asked again, four times a second, as long as the broadcast
   * has time.
   */
  serverCount(): Promise<number>;
  /**
   * Puts a socket of this node into rooms: when it is connected into the room named by its id, before
   * that into those of a session that is taken up again, and by `join()`. The id may be in none of
   * them yet. If it throws while a client connects, that is refused (`adapter failed`); where it throws
   * the rooms are to be as before.
   */
  addAll(id: SocketId, rooms: Set<Room>): Promise<void> | void;
  /** The same for one room, where a set need not be made of it. Missing: see there. @internal */
  addToRoom?(id: SocketId, room: Room): Promise<void> | void;
  /** Takes a socket of this node out of a room; it need not be in it. */
  del(id: SocketId, room: Room): Promise<void> | void;
  /**
   * Takes a socket of this node out of all rooms, for good: when it is disconnected, or was refused. It
   * may not be known. What it throws is an uncaught exception.
   */
  delAll(id: SocketId): void;
  /**
   * Sends a packet to the sockets chosen. Those of this node are to have it when this returns, in the
   * order of the calls, whatever becomes of the other nodes. It may throw where the packet cannot be
   * encoded, before any socket has got it.
   *
   * @param packet the event, its name and arguments being its `data`. The adapter owns it: it sets `nsp`
   * and may add an offset to `data`.
   * @param options to whom; to be left as it is
   */
  broadcast(packet: Packet, options: BroadcastOptions): void;
  /**
   * Sends a packet to the sockets chosen and collects their acknowledgements: with one id for all, taken
   * from `nsp._ids`, in `acks` of each socket. After `options.flags.timeout` none is owed any more.
   *
   * @param packet as for {@link broadcast}
   * @param options as for {@link broadcast}
   * @param onClientCount to be called once for each node, with the number of its sockets that were sent
   * it; for this node before this returns
   * @param onResponse to be called with the first argument of each acknowledgement
   * @param progress who waits for them. An adapter of one node needs it not.
   */
  broadcastWithAck(
    packet: Packet,
    options: BroadcastOptions,
    onClientCount: (clientCount: number) => void,
    onResponse: (response: Untyped) => void,
    progress?: AckProgress,
  ): void;
  /** The ids of the sockets of this node in any of the rooms, or of all: for `allSockets()`. */
  sockets(rooms: Set<Room>): Promise<Set<SocketId>>;
  /**
   * The rooms of a socket of this node; undefined for a socket it does not have. Called each time that
   * `socket.rooms` is read; the set is not copied.
   */
  socketRooms(id: SocketId): Set<Room> | undefined;
  /**
   * The sockets chosen: those of this node themselves, the details of those of others. It is to reject
   * where not all nodes have answered in `options.flags.timeout`, with a `SocketIOError` of the code
   * `ERR_PARTIAL_RESPONSE` whose `responses` are what there is.
   */
  fetchSockets(options: BroadcastOptions): Promise<(AdapterSocket | RemoteSocketDetails)[]>;
  /**
   * How many sockets are chosen, on all nodes. An adapter without this method is asked for the sockets.
   * It rejects like {@link fetchSockets}; `responses` are the counts.
   */
  count?(options: BroadcastOptions): Promise<number>;
  /** Puts the sockets chosen into rooms, those of this node by `socket.join()`, before it returns. */
  addSockets(options: BroadcastOptions, rooms: Room[]): void;
  /** Takes the sockets chosen out of rooms, those of this node by `socket.leave()`. */
  delSockets(options: BroadcastOptions, rooms: Room[]): void;
  /** Disconnects the sockets chosen, those of this node by `socket.disconnect()`. */
  disconnectSockets(options: BroadcastOptions, close: boolean): void;
  /**
   * Sends an event to the other nodes, where it is handed to `nsp._onServerSideEmit()`; not to this one.
   *
   * @param packet the event and its arguments. A function at the end is to be called once, with an
   * error or null, and one answer of each other node: those that came, if there is an error.
   */
  serverSideEmit(packet: unknown[]): void;
  /**
   * Keeps the session of a socket that was disconnected, for recovery. It is called before the socket
   * leaves its rooms, with the option `connectionStateRecovery` alone. It may return a promise. Where it
   * throws or rejects, a process warning tells, and the client cannot take its session up again.
   */
  persistSession(session: SessionToPersist): void;
  /**
   * Finds a session again, which is then no longer kept. Where it throws or rejects, a process warning
   * tells, and the client starts a new session.
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
   * Whether sessions are kept for clients that may come back, so that a dynamic namespace stays though
   * it is empty. An adapter that has this method is asked for sessions without an offset, too.
   */
  hasSessions?(): boolean;
}
