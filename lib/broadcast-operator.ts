import { PacketType } from "socket.io-parser";
import type {
  AdapterApi,
  AdapterSocket,
  BroadcastFlags,
  BroadcastOptions,
  RemoteSocketDetails,
  Room,
  SocketId,
} from "../adapters/adapter.ts";
import { type Rooms, toList, withRooms } from "../adapters/rooms.ts";
import { type BroadcastAckError, BroadcastAcks } from "./acks.ts";
import { reservedEvent, SocketIOError } from "./errors.ts";
import type {
  AllButLast,
  AnyFunction,
  DecorateAcknowledgements,
  EventNames,
  EventNamesWithAck,
  EventNamesWithError,
  EventParams,
  EventsMap,
  FirstNonErrorArg,
  Last,
  TypedEventBroadcaster,
  Untyped,
} from "./events.ts";
import { type Handshake, RESERVED_EVENTS } from "./socket-types.ts";

const ONE_NODE = Promise.resolve(1);

/**
 * Chooses sockets, then does something to all of them. It never changes: each step returns another
 * operator, so that one can be kept and used again.
 */
export class BroadcastOperator<EmitEvents extends EventsMap, SocketData>
  implements TypedEventBroadcaster<EmitEvents>
{
  readonly #adapter: AdapterApi;
  readonly #rooms: Set<Room>;
  readonly #exceptRooms: Set<Room>;
  readonly #flags: BroadcastFlags;

  constructor(
    adapter: AdapterApi,
    rooms: Set<Room> = new Set(),
    exceptRooms: Set<Room> = new Set(),
    flags: BroadcastFlags = {},
  ) {
    this.#adapter = adapter;
    this.#rooms = rooms;
    this.#exceptRooms = exceptRooms;
    this.#flags = flags;
  }

  /** Adds rooms: sockets in any of them are chosen, each once. */
  to(room: Rooms): BroadcastOperator<EmitEvents, SocketData> {
    const rooms = withRooms(this.#rooms, room);
    return new BroadcastOperator(this.#adapter, rooms, this.#exceptRooms, this.#flags);
  }

  /** The same as {@link to}; reads better before anything but `emit()`. */
  in(room: Rooms): BroadcastOperator<EmitEvents, SocketData> {
    return this.to(room);
  }

  /** Leaves out the sockets in any of the rooms. */
  except(room: Rooms): BroadcastOperator<EmitEvents, SocketData> {
    const exceptRooms = withRooms(this.#exceptRooms, room);
    return new BroadcastOperator(this.#adapter, this.#rooms, exceptRooms, this.#flags);
  }

  /** Says whether the packet may be compressed. Default: true. */
  compress(compress: boolean): BroadcastOperator<EmitEvents, SocketData> {
    return this.#with({ compress });
  }

  /** Lets clients that cannot take the packet now miss it. */
  get volatile(): BroadcastOperator<EmitEvents, SocketData> {
    return this.#with({ volatile: true });
  }

  /** Keeps the packet on this node. */
  get local(): BroadcastOperator<EmitEvents, SocketData> {
    return this.#with({ local: true });
  }

  /**
   * Sets how long to wait for acknowledgements.
   *
   * @param timeout in ms
   */
  timeout(timeout: number): BroadcastOperator<DecorateAcknowledgements<EmitEvents>, SocketData> {
    return this.#with({ timeout });
  }

  #with<Events extends EventsMap>(flags: BroadcastFlags): BroadcastOperator<Events, SocketData> {
    const merged = { ...this.#flags, ...flags };
    return new BroadcastOperator(this.#adapter, this.#rooms, this.#exceptRooms, merged);
  }

  /**
   * Sends an event to the sockets chosen.
   *
   * @param ev the event
   * @param args its arguments; a function at the end gets an error or null, and one response of
   * each client (what arrived in time, if not all did)
   * @returns true
   * @throws SocketIOError with `ERR_RESERVED_EVENT`
   */
  emit<Ev extends EventNames<EmitEvents>>(ev: Ev, ...args: EventParams<EmitEvents, Ev>): boolean {
    if (RESERVED_EVENTS.has(ev)) {
      throw reservedEvent(ev);
    }
    const data: unknown[] = [ev, ...args];
    const guard = this.#adapter.nsp.emitGuard ?? null;
    if (guard !== null) {
      guard.onEmit(data, this.#flags.expectSingleResponse === true ? "single" : "all", null);
    }
    const callback = data.at(-1);
    const packet = { type: PacketType.EVENT, nsp: "/", data };
    if (typeof callback === "function") {
      data.pop();
      this.#emitWithAcks(packet, callback as AnyFunction);
    } else {
      this.#adapter.broadcast(packet, this.#options());
    }
    return true;
  }

  #emitWithAcks(
    packet: { type: PacketType; nsp: string; data: unknown[] },
    callback: AnyFunction,
  ): void {
    const { expectSingleResponse } = this.#flags;
    const timeout = this.#flags.timeout ?? this.#adapter.nsp.server.opts.ackTimeout;
    const flags = timeout === undefined ? this.#flags : { ...this.#flags, timeout };
    const acks = new BroadcastAcks(callback, expectSingleResponse === true);
    this.#adapter.broadcastWithAck(
      packet,
      { ...this.#options(), flags },
      (clientCount) => acks.onClientCount(clientCount),
      (response) => acks.onResponse(response),
      acks,
    );
    acks.onSent(timeout, () => (flags.local ? ONE_NODE : this.#adapter.serverCount()));
  }

  /**
   * Sends an event and waits for the acknowledgements of all clients.
   *
   * @returns one response of each; rejects with an error whose `responses` are those that did arrive:
   * `ERR_ACK_TIMEOUT`, or `ERR_PARTIAL_RESPONSE` where a node is gone with its clients
   */
  emitWithAck<Ev extends EventNamesWithError<EmitEvents>>(
    ev: Ev,
    ...args: AllButLast<EventParams<EmitEvents, Ev>>
  ): Promise<FirstNonErrorArg<Last<EventParams<EmitEvents, Ev>>>> {
    return new Promise((resolve, reject) => {
      const callback = (
        error: BroadcastAckError | null,
        responses: FirstNonErrorArg<Last<EventParams<EmitEvents, Ev>>>,
      ): void => {
        if (error === null) {
          resolve(responses);
        } else {
          error.responses = responses;
          reject(error);
        }
      };
      this.emit(ev, ...([...args, callback] as EventParams<EmitEvents, Ev>));
    });
  }

  /**
   * The ids of the sockets in the rooms.
   *
   * @deprecated use {@link fetchSockets}
   */
  allSockets(): Promise<Set<SocketId>> {
    return this.#adapter.sockets(this.#rooms);
  }

  /**
   * The sockets chosen, on all nodes.
   *
   * @returns where not all nodes answer in time, it rejects with an error (`ERR_PARTIAL_RESPONSE`)
   * whose `responses` are the sockets of those that did. The time is that of {@link timeout}, or the
   * adapter's.
   */
  async fetchSockets(): Promise<RemoteSocket<EmitEvents, SocketData>[]> {
    try {
      return this.#toSockets(await this.#adapter.fetchSockets(this.#options()));
    } catch (error) {
      if (isPartial(error)) {
        error.responses = this.#toSockets(error.responses);
      }
      throw error;
    }
  }

  #toSockets(
    found: readonly (AdapterSocket | RemoteSocketDetails)[],
  ): RemoteSocket<EmitEvents, SocketData>[] {
    return found.map((socket) =>
      isLocal(socket)
        ? // A socket of this node has all that a remote one has.
          (socket as unknown as RemoteSocket<EmitEvents, SocketData>)
        : new RemoteSocket<EmitEvents, SocketData>(this.#adapter, socket),
    );
  }

  /**
   * How many sockets are chosen, on all nodes. It costs less than {@link fetchSockets}: nodes of this
   * package tell each other nothing but the number.
   *
   * @returns where not all nodes answer in time, it rejects with an error (`ERR_PARTIAL_RESPONSE`)
   * whose `responses` are the counts of those that did
   */
  async count(): Promise<number> {
    const adapter = this.#adapter;
    if (adapter.count !== undefined) {
      return adapter.count(this.#options());
    }
    return (await adapter.fetchSockets(this.#options())).length; // of an adapter for the reference
  }

  /** Makes the sockets chosen join rooms. */
  socketsJoin(room: Rooms): void {
    this.#adapter.addSockets(this.#options(), toList(room));
  }

  /** Makes the sockets chosen leave rooms. */
  socketsLeave(room: Rooms): void {
    this.#adapter.delSockets(this.#options(), toList(room));
  }

  /**
   * Disconnects the sockets chosen.
   *
   * @param close whether their connections are closed too, with all namespaces. Default: false.
   */
  disconnectSockets(close = false): void {
    this.#adapter.disconnectSockets(this.#options(), close);
  }

  #options(): BroadcastOptions {
    return { rooms: this.#rooms, except: this.#exceptRooms, flags: this.#flags };
  }
}

/** A socket that may be of another node: what can be done to it from here. */
export class RemoteSocket<EmitEvents extends EventsMap, SocketData>
  implements TypedEventBroadcaster<EmitEvents>
{
  readonly id: SocketId;
  readonly handshake: Handshake;
  /** The rooms it was in when it was fetched. */
  readonly rooms: Set<Room>;
  /** Its data as it was when it was fetched. */
  readonly data: SocketData;
  readonly #operator: BroadcastOperator<EmitEvents, SocketData>;

  constructor(adapter: AdapterApi, details: RemoteSocketDetails) {
    this.id = details.id;
    this.handshake = details.handshake;
    this.rooms = new Set(details.rooms);
    this.data = details.data;
    const flags = { expectSingleResponse: true };
    this.#operator = new BroadcastOperator(adapter, new Set([this.id]), new Set(), flags);
  }

  /** Sets how long to wait for the acknowledgement, in ms. */
  timeout(timeout: number): BroadcastOperator<DecorateAcknowledgements<EmitEvents>, SocketData> {
    return this.#operator.timeout(timeout);
  }

  /** Sends an event to the socket. */
  emit<Ev extends EventNames<EmitEvents>>(ev: Ev, ...args: EventParams<EmitEvents, Ev>): boolean {
    return this.#operator.emit(ev, ...args);
  }

  /**
   * Sends an event to the socket and waits for its acknowledgement.
   *
   * @returns its first argument; rejects with `ERR_ACK_TIMEOUT` after `timeout()` or `ackTimeout`
   */
  emitWithAck<Ev extends EventNamesWithAck<EmitEvents>>(
    ev: Ev,
    ...args: AllButLast<EventParams<EmitEvents, Ev>>
  ): Promise<FirstNonErrorArg<Last<EventParams<EmitEvents, Ev>>>> {
    return this.#operator.emitWithAck(ev as Untyped, ...(args as Untyped)) as Promise<Untyped>;
  }

  /** Makes it join rooms. */
  join(room: Rooms): void {
    this.#operator.socketsJoin(room);
  }

  /** Makes it leave a room. */
  leave(room: Room): void {
    this.#operator.socketsLeave(room);
  }

  /**
   * Disconnects it.
   *
   * @param close whether its connection is closed too. Default: false.
   */
  disconnect(close = false): this {
    this.#operator.disconnectSockets(close);
    return this;
  }
}

function isPartial(error: unknown): error is SocketIOError {
  return error instanceof SocketIOError && error.code === "ERR_PARTIAL_RESPONSE";
}

function isLocal(socket: AdapterSocket | RemoteSocketDetails): socket is AdapterSocket {
  return "client" in socket;
}
