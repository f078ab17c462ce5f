import { type Packet, PacketType } from "socket.io-parser";
import type { BroadcastFlags, SocketFeed, SocketId } from "../adapters/adapter.ts";
import type { Rooms } from "../adapters/rooms.ts";
import type { PendingAcks } from "./acks.ts";
import { BroadcastOperator } from "./broadcast-operator.ts";
import type { NamespaceOperator } from "./broadcaster.ts";
import type { Session } from "./engine/session.ts";
import type { AckCallback } from "./emit-guard.ts";
import { reservedEvent, throwLater } from "./errors.ts";
import type {
  AllButLast,
  AnyFunction,
  EventNames,
  EventNamesWithAck,
  EventParams,
  EventsMap,
  FirstNonErrorArg,
  Last,
  Untyped,
} from "./events.ts";
import { SocketEmitter } from "./socket-emitter.ts";
import type { SocketClient } from "./socket-ports.ts";
import { RESERVED_EVENTS, type UpperClasses } from "./socket-types.ts";
import { makeLog } from "./log.ts";

const log = makeLog("socket.io:socket");

export const NO_FLAGS: Readonly<BroadcastFlags> = {};

/** What a socket sends: events to its client, and broadcasts to the others of its namespace. */
export abstract class SocketSender<
  ListenEvents extends EventsMap,
  EmitEvents extends EventsMap,
  ServerSideEvents extends EventsMap,
  SocketData,
> extends SocketEmitter<ListenEvents, EmitEvents> {
  abstract readonly id: SocketId;
  abstract readonly nsp: UpperClasses<
    ListenEvents,
    EmitEvents,
    ServerSideEvents,
    SocketData
  >["Namespace"];
  abstract readonly client: SocketClient;
  abstract readonly acks: PendingAcks;

  #flags: BroadcastFlags | null = null;

  /** Whether the adapter keeps what is sent, for a client that loses its connection or has lost it. */
  protected abstract _isKept(): boolean;

  /**
   * Sends an event to the client.
   *
   * @param ev the event
   * @param args its arguments, with any binary data in them; a function at the end gets the
   * client's acknowledgement, preceded by an error (`ERR_ACK_TIMEOUT`) or null after `timeout()`
   * and with the option `ackTimeout`
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
    const guard = this.nsp.emitGuard;
    if (guard !== null) {
      const form = this.#ackTimeoutMs(flags) === undefined ? "plain" : "error first";
      guard.onEmit(data, form, this);
    }
    const packet: Packet = { type: PacketType.EVENT, nsp: this.nsp.name, data };
    const callback = typeof data.at(-1) === "function" ? (data.pop() as AnyFunction) : null;
    if (callback !== null) {
      packet.id = this.nsp._ids++;
      if (log.enabled) {
        log("emitting packet with ack id %d", packet.id);
      }
    }
    if (callback === null && this._isKept()) {
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
   * @returns its first argument; rejects with `ERR_ACK_TIMEOUT` after `timeout()` or `ackTimeout`
   */
  emitWithAck<Ev extends EventNamesWithAck<EmitEvents>>(
    ev: Ev,
    ...args: AllButLast<EventParams<EmitEvents, Ev>>
  ): Promise<FirstNonErrorArg<Last<EventParams<EmitEvents, Ev>>>> {
    const hasTimeout = this.#ackTimeoutMs(this.#flags) !== undefined;
    return new Promise((resolve, reject) => {
      const callback: AckCallback = (...response: Untyped[]): void => {
        if (!hasTimeout) {
          resolve(response[0]);
        } else if (response[0]) {
          reject(response[0]);
        } else {
          resolve(response[1]);
        }
      };
      if (this.nsp.emitGuard !== null) {
        callback.fail = reject;
      }
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
    return this._flag({ compress });
  }

  /** Lets the client miss the next packet if it cannot take it now. */
  get volatile(): this {
    return this._flag({ volatile: true });
  }

  protected _flag(flags: BroadcastFlags): this {
    this.#flags = { ...this.#flags, ...flags };
    return this;
  }

  #takeFlags(): BroadcastFlags {
    const flags = this.#flags;
    this.#flags = null;
    return flags ?? NO_FLAGS;
  }

  /** By what adapters can reach its client past it, as long as that makes no difference. @internal */
  get _feed(): SocketFeed | null {
    const { feed }: Partial<Session> = this.client.conn; // sessions of an engine of others have none
    return this._hasOutgoingListeners ? null : (feed ?? null);
  }

  protected override _onOutgoingListener(): void {
    const { conn }: { conn: Partial<Session> } = this.client;
    conn.stir?.();
  }

  /** Called by adapters before they send a packet. @internal */
  notifyOutgoingListeners(packet: Packet): void {
    try {
      this._callAnyOutgoing(packet.data);
    } catch (error) {
      throwLater(error); // of a listener: the packet, and a broadcast's other sockets, go on
    }
  }
}
