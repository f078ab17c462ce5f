import type { IncomingMessage } from "node:http";
import { type Packet, PacketType } from "socket.io-parser";
import type {
  AdapterApi,
  AdapterSocket,
  Room,
  SessionToPersist,
  SocketId,
} from "../adapters/adapter.ts";
import { type Rooms, toList } from "../adapters/rooms.ts";
import type { Session } from "./engine/session.ts";
import { throwLater, warn } from "./errors.ts";
import type {
  DecorateAcknowledgements,
  DefaultEventsMap,
  EventsMap,
  ListenerErrorHook,
  Untyped,
} from "./events.ts";
import { describeHandshake } from "./handshake.ts";
import { generateId } from "./ids.ts";
import type { SocketClient } from "./socket-ports.ts";
import { socketIdOf } from "./socket-protocol-3.ts";
import { SocketReceiver } from "./socket-receiver.ts";
import { NO_FLAGS } from "./socket-sender.ts";
import {
  type DisconnectReason,
  type EndReason,
  type Handshake,
  RECOVERABLE_REASONS,
  type SocketPhase,
  type UpperClasses,
} from "./socket-types.ts";
import { makeLog } from "./log.ts";

const log = makeLog("socket.io:socket");

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
  extends SocketReceiver<ListenEvents, EmitEvents, ServerSideEvents, SocketData>
  implements AdapterSocket
{
  /** The socket id: not secret, and not the session's, but for clients of protocol 3. */
  readonly id: SocketId;
  /** The namespace it is in. */
  readonly nsp: UpperClasses<ListenEvents, EmitEvents, ServerSideEvents, SocketData>["Namespace"];
  /** The connection it shares with the client's sockets in other namespaces. */
  readonly client: SocketClient;
  /**
   * Whether it took up the session of an earlier socket again: id, rooms and `data` are those of that,
   * and the packets missed meanwhile have been sent.
   */
  readonly recovered: boolean;
  /** Whether it is connected. */
  connected = false;
  /** The private id by which the client takes its session up again. @internal */
  readonly pid: string | undefined;

  /** Made when it is asked for. */
  #data: SocketData | undefined;
  readonly #auth: Record<string, unknown>;
  /** Made when it is asked for; until then, when the socket was made. */
  #handshake: Handshake | number = Date.now();
  #phase: SocketPhase = "open";

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
    } else {
      this.id = session.sid;
      this.pid = session.pid;
      this.#data = session.data as SocketData;
      void this.join(session.rooms);
    }
  }

  /** Whatever the application keeps with the socket; `fetchSockets()` carries it across nodes. */
  get data(): SocketData {
    this.#data ??= {} as SocketData;
    return this.#data;
  }

  set data(data: SocketData) {
    this.#data = data;
  }

  /** Whether it joins no room any more, and its client owes nothing. */
  protected override get _isClosed(): boolean {
    return this.#phase === "closed" || this.#phase === "kept";
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
  override get conn(): Session {
    return this.client.conn;
  }

  /** Whether it is not connected. */
  get disconnected(): boolean {
    return !this.connected;
  }

  /** How the client introduced itself. */
  get handshake(): Handshake {
    if (typeof this.#handshake === "number") {
      this.#handshake = describeHandshake(this.conn, this.#handshake, this.#auth);
    }
    return this.#handshake;
  }

  /** Set by programs that do so with `socket.io`. @internal */
  set handshake(handshake: Handshake) {
    this.#handshake = handshake;
  }

  /** The rooms it is in, its own (named by its id) among them. */
  get rooms(): Set<Room> {
    return this.nsp.adapter.socketRooms(this.id) ?? new Set();
  }

  /** Sets how long to wait for the acknowledgement of the next packet, in ms. */
  timeout(
    timeout: number,
  ): Socket<ListenEvents, DecorateAcknowledgements<EmitEvents>, ServerSideEvents, SocketData> {
    this._flag({ timeout });
    return this as unknown as Socket<
      ListenEvents,
      DecorateAcknowledgements<EmitEvents>,
      ServerSideEvents,
      SocketData
    >;
  }

  /** Joins a room or several. Returns a promise where the adapter needs time for it. */
  join(rooms: Rooms): Promise<void> | void {
    if (!this._isClosed) {
      log("join room %s", rooms);
      const { adapter } = this.nsp;
      if (Array.isArray(rooms) || adapter.addToRoom === undefined) {
        return adapter.addAll(this.id, new Set(toList(rooms)));
      }
      return adapter.addToRoom(this.id, rooms);
    }
  }

  /** Leaves a room. Returns a promise where the adapter needs time for it. */
  leave(room: Room): Promise<void> | void {
    log("leave room %s", room);
    return this.nsp.adapter.del(this.id, room);
  }

  /**
   * Disconnects it, with the reason `server namespace disconnect`.
   *
   * @param close whether the connection is closed too, with all namespaces. Default: false.
   */
  disconnect(close = false): this {
    if (!this.connected || this.#phase !== "open") {
      return this;
    }
    if (close) {
      this.client.disconnect();
    } else {
      this.client.writePacket({ type: PacketType.DISCONNECT, nsp: this.nsp.name }, NO_FLAGS);
      this._onClose("server namespace disconnect");
    }
    return this;
  }

  protected override _isKept(): boolean {
    return this.pid !== undefined && (this.connected || this.#phase === "kept");
  }

  protected override _errorHook(): ListenerErrorHook | null {
    return this.nsp.errorHookOf(this);
  }

  /**
   * Called when the namespace has let it in.
   *
   * @param missedPackets the data of the packets that its client missed; the client keeps them until
   * it is connected
   * @internal
   */
  _onConnect(missedPackets: readonly unknown[][]): void {
    const nsp = this.nsp.name;
    log("socket connected - writing packet");
    this.connected = true;
    void this.join(this.id);
    for (const data of missedPackets) {
      try {
        this.client.writePacket({ type: PacketType.EVENT, nsp, data }, NO_FLAGS);
      } catch (error) {
        // It threw at its emit() too, if anyone was there: the client is let in without it.
        const detail = error instanceof Error ? error.stack : String(error);
        warn(`an event that a client missed cannot be sent: ${String(data[0])}`, detail);
      }
    }
    const packet: Packet = { type: PacketType.CONNECT, nsp };
    if (this.conn.protocol !== 3) {
      packet.data = this.pid === undefined ? { sid: this.id } : { sid: this.id, pid: this.pid };
    }
    this.client.writePacket(packet, NO_FLAGS);
  }

  /** Called when the namespace has refused it, or its client went away meanwhile. @internal */
  _onRefused(): void {
    this.#phase = "closed";
    this._closeAcks();
    const current = this.nsp.sockets.get(this.id);
    // A client of protocol 3 that has asked anew has a socket of the same id by now.
    if (current === undefined || current === this) {
      this.#leaveNamespace();
    }
    this._end("refused");
  }

  /** The one door out: every disconnection comes through here once. @internal */
  override _onClose(reason: EndReason, description?: unknown): void {
    if (!this.connected || this.#phase !== "open") {
      return;
    }
    log("closing socket - reason %s", reason);
    this.#phase = "closing";
    this.#notify("disconnecting", reason, description);
    if (this.pid !== undefined && RECOVERABLE_REASONS.has(reason)) {
      this.#persist(this.pid);
    } else {
      this.#phase = "closed";
    }
    this._closeAcks();
    this.#leaveNamespace();
    this.client.remove(this);
    this.connected = false;
    this._end(reason);
    this.#notify("disconnect", reason, description);
  }

  #notify(event: "disconnecting" | "disconnect", reason: EndReason, description: unknown): void {
    try {
      // The type of the event is that of the reference, which has no such limits.
      this.emitReserved(event, reason as DisconnectReason, description);
    } catch (error) {
      throwLater(error); // of a listener: the other sockets of the client must be closed too
    }
  }

  #persist(pid: string): void {
    log("connection state recovery is enabled for sid %s", this.id);
    this.#phase = "kept";
    const { id: sid, data } = this;
    this.nsp.persist({ sid, pid, rooms: [...this.rooms], data });
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
