import type { IncomingMessage } from "node:http";
import { type Packet, PacketType } from "socket.io-parser";
import type {
  AdapterApi,
  AdapterSocket,
  BroadcastFlags,
  Room,
  SessionToPersist,
  SocketId,
} from "../adapters/adapter.ts";
import { PendingAcks } from "./acks.ts";
import { BroadcastOperator, type Rooms } from "./broadcast-operator.ts";
import type { NamespaceOperator } from "./broadcaster.ts";
import type { Session } from "./engine/session.ts";
import { reservedEvent, throwLater } from "./errors.ts";
import type {
  AllButLast,
  AnyFunction,
  DecorateAcknowledgements,
  DefaultEventsMap,
  EventNames,
  EventNamesWithAck,
  EventParams,
  EventsMap,
  FirstNonErrorArg,
  Last,
  ListenerErrorHook,
  Untyped,
} from "./events.ts";
import { describeHandshake } from "./handshake.ts";
import { generateId } from "./ids.ts";
import { SocketEmitter } from "./socket-emitter.ts";
import type { SocketClient } from "./socket-ports.ts";
import { socketIdOf } from "./socket-protocol-3.ts";
import {
  type DisconnectReason,
  type Event,
  type Handshake,
  RESERVED_EVENTS,
  type UpperClasses,
} from "./socket-types.ts";

/** The events that a namespace itself emits. */
export interface NamespaceReservedEventsMap<
  ListenEvents extends EventsMap,
  EmitEvents extends EventsMap,
  ServerSideEvents extends EventsMap,
  SocketData,
> {
  connect: (socket: Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>) => void;
  connection: (socket: Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>) => void;
  /** A session kept for connection state recovery was not taken up again in time. */
  session_expired: (session: SessionToPersist) => void;
  /** A listener threw, or its promise was rejected. Where nobody listens to this, the runtime does. */
  error: (
    error: Untyped,
    context: ListenerErrorContext<
      UpperClasses<ListenEvents, EmitEvents, ServerSideEvents, SocketData>["Namespace"],
      Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>
    >,
  ) => void;
}

/** Where a listener threw. */
export interface ListenerErrorContext<NamespaceType, SocketType> {
  /** The event it listened to. */
  readonly event: string | symbol;
  readonly namespace: NamespaceType;
  /** The socket concerned, if one was. */
  readonly socket: SocketType | undefined;
}

const RECOVERABLE: ReadonlySet<DisconnectReason> = new Set<DisconnectReason>([
  "transport error",
  "transport close",
  "forced close",
  "ping timeout",
  "server shutting down",
  "forced server close",
]);

const NO_FLAGS: Readonly<BroadcastFlags> = {};

/**
 * A client in one namespace: events to and from it, and the rooms it is in.
 *
 * It emits `disconnecting` and `disconnect` (reason, description) and `error` (of a middleware of
 * {@link use}, or of a packet that cannot be read), beside the client's own events.
 */
export class Socket<
    ListenEvents extends EventsMap = DefaultEventsMap,
    EmitEvents extends EventsMap = ListenEvents,
    ServerSideEvents extends EventsMap = DefaultEventsMap,
    SocketData = Untyped,
  >
  extends SocketEmitter<ListenEvents, EmitEvents>
  implements AdapterSocket
{
  /** The socket id: not secret, and not the session's, but for clients of protocol 3. */
  readonly id: SocketId;
  /** The namespace it is in. */
  readonly nsp: UpperClasses<ListenEvents, EmitEvents, ServerSideEvents, SocketData>["Namespace"];
  /** The connection it shares with the client's sockets in other namespaces. */
  readonly client: SocketClient;
  /** The acknowledgements that the client owes. */
  readonly acks = new PendingAcks();
  /**
   * Whether it took up the session of an earlier socket again: id, rooms and `data` are those of that,
   * and the packets missed meanwhile have been sent.
   */
  readonly recovered: boolean;
  /** Whatever the application keeps with the socket; `fetchSockets()` carries it across nodes. */
  data: SocketData;
  /** Whether it is connected. */
  connected = false;
  /** The private id by which the client takes its session up again. @internal */
  readonly pid: string | undefined;

  readonly #auth: Record<string, unknown>;
  readonly #issued = Date.now();
  #handshake: Handshake | undefined;
  #flags: BroadcastFlags | null = null;
  #closed = false;
  /** Whether its session is kept for its client. */
  #mayComeBack = false;

  constructor(
    nsp: UpperClasses<ListenEvents, EmitEvents, ServerSideEvents, SocketData>["Namespace"],
    client: SocketClient,
    auth: Record<string, unknown>,
    session: SessionToPersist | null = null,
  ) {
    super();
    this.nsp = nsp;
    this.client = client;
    this.#auth = auth;
    this.recovered = session !== null;
    if (session === null) {
      const { conn } = client;
      const isOld = conn.protocol === 3; // such clients know nothing of recovery
      this.id = isOld ? socketIdOf(nsp.name, conn.id) : generateId();
      this.pid = nsp.server.opts.connectionStateRecovery && !isOld ? generateId() : undefined;
      this.data = {} as SocketData;
    } else {
      this.id = session.sid;
      this.pid = session.pid;
      this.data = session.data as SocketData;
      void this.join(session.rooms);
    }
  }

  /** The server. @internal */
  get server(): UpperClasses<ListenEvents, EmitEvents, ServerSideEvents, SocketData>["Server"] {
    return this.nsp.server;
  }

  /** The adapter of the namespace. @internal */
  get adapter(): AdapterApi {
    return this.nsp.adapter;
  }

  /** The request that opened the connection. */
  get request(): IncomingMessage {
    return this.client.request;
  }

  /** The Engine.IO session. */
  get conn(): Session {
    return this.client.conn;
  }

  /** Whether it is not connected. */
  get disconnected(): boolean {
    return !this.connected;
  }

  /** How the client introduced itself. */
  get handshake(): Handshake {
    this.#handshake ??= describeHandshake(this.conn, this.#issued, this.#auth);
    return this.#handshake;
  }

  /** The rooms it is in, its own (named by its id) among them. */
  get rooms(): Set<Room> {
    return this.nsp.adapter.socketRooms(this.id) ?? new Set();
  }

  /**
   * Sends an event to the client.
   *
   * @param ev the event
   * @param args its arguments, with any binary data in them; a function at the end gets the
   * client's acknowledgement, after `timeout()` preceded by an error or null
   * @returns true
   * @throws SocketIOError with `ERR_RESERVED_EVENT`
   */
  override emit<Ev extends EventNames<EmitEvents>>(
    ev: Ev,
    ...args: EventParams<EmitEvents, Ev>
  ): boolean {
    if (RESERVED_EVENTS.has(ev)) {
      throw reservedEvent(ev);
    }
    const flags = this.#takeFlags();
    const data: unknown[] = [ev, ...args];
    const packet: Packet = { type: PacketType.EVENT, nsp: this.nsp.name, data };
    const callback = typeof data.at(-1) === "function" ? (data.pop() as AnyFunction) : null;
    if (callback !== null) {
      packet.id = this.nsp._ids++;
    }
    if (this.pid !== undefined && (this.connected || this.#mayComeBack) && callback === null) {
      // The adapter keeps it for a client that loses its connection, or has lost it.
      this.nsp.adapter.broadcast(packet, {
        rooms: new Set([this.id]),
        except: new Set(),
        flags,
      });
      return true;
    }
    this.notifyOutgoingListeners(packet);
    this.client.writePacket(packet, flags);
    if (callback !== null && packet.id !== undefined) {
      // Only now: of a packet that cannot be encoded, no acknowledgement is owed.
      this.acks.set(packet.id, callback.bind(this), this.#ackTimeoutMs(flags));
    }
    return true;
  }

  #ackTimeoutMs(flags: BroadcastFlags | null): number | undefined {
    return flags?.timeout ?? this.nsp.server.opts.ackTimeout;
  }

  /**
   * Sends an event and waits for the client's acknowledgement.
   *
   * @returns its first argument; after `timeout()` it rejects with `ERR_ACK_TIMEOUT` in the end
   */
  emitWithAck<Ev extends EventNamesWithAck<EmitEvents>>(
    ev: Ev,
    ...args: AllButLast<EventParams<EmitEvents, Ev>>
  ): Promise<FirstNonErrorArg<Last<EventParams<EmitEvents, Ev>>>> {
    const hasTimeout = this.#ackTimeoutMs(this.#flags) !== undefined;
    return new Promise((resolve, reject) => {
      const callback = (...response: Untyped[]): void => {
        if (!hasTimeout) {
          resolve(response[0]);
        } else if (response[0]) {
          reject(response[0]);
        } else {
          resolve(response[1]);
        }
      };
      this.emit(ev, ...([...args, callback] as EventParams<EmitEvents, Ev>));
    });
  }

  /** Sends the event `message`. */
  send(...args: EventParams<EmitEvents, "message">): this {
    this.emit("message", ...args);
    return this;
  }

  /** The same as {@link send}. */
  write(...args: EventParams<EmitEvents, "message">): this {
    return this.send(...args);
  }

  /** Chooses the sockets in a room, or in any of several, but not this one. */
  to(room: Rooms): NamespaceOperator<EmitEvents, SocketData> {
    return this.broadcast.to(room);
  }

  /** The same as {@link to}. */
  in(room: Rooms): NamespaceOperator<EmitEvents, SocketData> {
    return this.broadcast.in(room);
  }

  /** Chooses all sockets but this one and those in the rooms. */
  except(room: Rooms): NamespaceOperator<EmitEvents, SocketData> {
    return this.broadcast.except(room);
  }

  /** Chooses all sockets but this one. */
  get broadcast(): NamespaceOperator<EmitEvents, SocketData> {
    const flags = this.#takeFlags();
    return new BroadcastOperator(this.nsp.adapter, new Set(), new Set([this.id]), flags);
  }

  /** Chooses all sockets of this node but this one. */
  get local(): NamespaceOperator<EmitEvents, SocketData> {
    return this.broadcast.local;
  }

  /** Says whether the next packet may be compressed. Default: true. */
  compress(compress: boolean): this {
    return this.#flag({ compress });
  }

  /** Lets the client miss the next packet if it cannot take it now. */
  get volatile(): this {
    return this.#flag({ volatile: true });
  }

  /** Sets how long to wait for the acknowledgement of the next packet, in ms. */
  timeout(
    timeout: number,
  ): Socket<ListenEvents, DecorateAcknowledgements<EmitEvents>, ServerSideEvents, SocketData> {
    this.#flag({ timeout });
    return this as unknown as Socket<
      ListenEvents,
      DecorateAcknowledgements<EmitEvents>,
      ServerSideEvents,
      SocketData
    >;
  }

  #flag(flags: BroadcastFlags): this {
    this.#flags = { ...this.#flags, ...flags };
    return this;
  }

  #takeFlags(): BroadcastFlags {
    const flags = this.#flags;
    this.#flags = null;
    return flags ?? NO_FLAGS;
  }

  /** Joins a room or several. Returns a promise where the adapter needs time for it. */
  join(rooms: Rooms): Promise<void> | void {
    if (!this.#closed) {
      return this.nsp.adapter.addAll(this.id, new Set(Array.isArray(rooms) ? rooms : [rooms]));
    }
  }

  /** Leaves a room. Returns a promise where the adapter needs time for it. */
  leave(room: Room): Promise<void> | void {
    return this.nsp.adapter.del(this.id, room);
  }

  /**
   * Disconnects it, with the reason `server namespace disconnect`.
   *
   * @param close whether the connection is closed too, with all namespaces. Default: false.
   */
  disconnect(close = false): this {
    if (!this.connected || this.#closed) {
      return this;
    }
    if (close) {
      this.client.disconnect();
    } else {
      this.client.writePacket({ type: PacketType.DISCONNECT, nsp: this.nsp.name }, NO_FLAGS);
      this.onClose("server namespace disconnect");
    }
    return this;
  }

  /** Called by adapters before they send a packet. @internal */
  notifyOutgoingListeners(packet: Packet): void {
    try {
      this.callAnyOutgoing(packet.data);
    } catch (error) {
      throwLater(error); // of a listener: the packet, and a broadcast's other sockets, go on
    }
  }

  protected override errorHook(): ListenerErrorHook | null {
    return this.nsp.errorHookOf(this);
  }

  /**
   * Called when the namespace has let it in.
   *
   * @param missedPackets the data of the packets that its client missed; the client keeps them until
   * it is connected
   * @internal
   */
  onConnect(missedPackets: readonly unknown[][]): void {
    const nsp = this.nsp.name;
    this.connected = true;
    void this.join(this.id);
    for (const data of missedPackets) {
      this.client.writePacket({ type: PacketType.EVENT, nsp, data }, NO_FLAGS);
    }
    const packet: Packet = { type: PacketType.CONNECT, nsp };
    if (this.conn.protocol !== 3) {
      packet.data = this.pid === undefined ? { sid: this.id } : { sid: this.id, pid: this.pid };
    }
    this.client.writePacket(packet, NO_FLAGS);
  }

  /** Called when the namespace has refused it, or its client went away meanwhile. @internal */
  onRefused(): void {
    this.#closed = true;
    const current = this.nsp.sockets.get(this.id);
    // A client of protocol 3 that has asked anew has a socket of the same id by now.
    if (current === undefined || current === this) {
      this.#leaveNamespace();
    }
  }

  /** Called with each packet of the client. @internal */
  onPacket(packet: Packet): void {
    switch (packet.type) {
      case PacketType.EVENT:
      case PacketType.BINARY_EVENT:
        this.#onEvent(packet);
        break;
      case PacketType.ACK:
      case PacketType.BINARY_ACK:
        this.acks.settle(packet.id ?? -1, argumentsOf(packet));
        break;
      case PacketType.DISCONNECT:
        this.onClose("client namespace disconnect");
    }
  }

  #onEvent(packet: Packet): void {
    const event = argumentsOf(packet) as Event;
    if (packet.id !== undefined && packet.id !== null) {
      event.push(this.#makeAck(packet.id));
    }
    this.receive(event);
  }

  #makeAck(id: number): AnyFunction {
    let sent = false;
    return (...args: unknown[]) => {
      if (!sent) {
        const packet = { type: PacketType.ACK, nsp: this.nsp.name, id, data: args };
        this.client.writePacket(packet, NO_FLAGS);
        sent = true; // after: where the arguments could not be encoded, others may be sent
      }
    };
  }

  /** The one door out: every disconnection comes through here once. @internal */
  onClose(reason: DisconnectReason, description?: unknown): void {
    if (!this.connected || this.#closed) {
      return;
    }
    this.#closed = true;
    this.#notify("disconnecting", reason, description);
    this.#persist(reason);
    this.#leaveNamespace();
    this.client.remove(this);
    this.connected = false;
    this.#notify("disconnect", reason, description);
  }

  #notify(
    event: "disconnecting" | "disconnect",
    reason: DisconnectReason,
    description: unknown,
  ): void {
    try {
      this.emitReserved(event, reason, description);
    } catch (error) {
      throwLater(error); // of a listener: the other sockets of the client must be closed too
    }
  }

  #persist(reason: DisconnectReason): void {
    if (this.pid !== undefined && RECOVERABLE.has(reason)) {
      this.#mayComeBack = true;
      const { id: sid, pid, data } = this;
      this.nsp.persist({ sid, pid, rooms: [...this.rooms], data });
    }
  }

  #leaveNamespace(): void {
    try {
      this.nsp.adapter.delAll(this.id);
    } catch (error) {
      throwLater(error); // of an adapter: the other sockets of the client must be closed too
    }
    this.nsp.remove(this);
  }
}

/** `socket.io-parser` lets nothing but lists pass; the user's own parser may let a client crash us. */
function argumentsOf(packet: Packet): unknown[] {
  return Array.isArray(packet.data) ? packet.data : [];
}
