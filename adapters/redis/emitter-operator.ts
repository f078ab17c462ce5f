import { reservedEvent, SocketIOError } from "../../lib/errors.ts";
import type {
  DefaultEventsMap,
  EventNames,
  EventParams,
  EventsMap,
  TypedEventBroadcaster,
} from "../../lib/event-types.ts";
import { RESERVED_EVENTS } from "../../lib/socket-types.ts";
import type { BroadcastFlags, Room } from "../adapter.ts";
import { type Rooms, toList, withRooms } from "../rooms.ts";
import { type ClusterMessage, MessageType, type WireOptions } from "../cluster/messages.ts";

const EVENT = 2;

/** Sends a message to the nodes of one namespace. */
export type SendMessage = (message: ClusterMessage) => void;

/**
 * Chooses sockets of all nodes, then does something to them. It never changes: each step returns
 * another operator, so that one can be kept and used again.
 */
export class BroadcastOperator<EmitEvents extends EventsMap = DefaultEventsMap>
  implements TypedEventBroadcaster<EmitEvents>
{
  readonly #nsp: string;
  readonly #send: SendMessage;
  readonly #rooms: ReadonlySet<Room>;
  readonly #exceptRooms: ReadonlySet<Room>;
  readonly #flags: BroadcastFlags;

  /** Made by {@link Emitter}. */
  constructor(
    nsp: string,
    send: SendMessage,
    rooms: ReadonlySet<Room> = new Set(),
    exceptRooms: ReadonlySet<Room> = new Set(),
    flags: BroadcastFlags = {},
  ) {
    this.#nsp = nsp;
    this.#send = send;
    this.#rooms = rooms;
    this.#exceptRooms = exceptRooms;
    this.#flags = flags;
  }

  /** Adds rooms: sockets in any of them are chosen, each once. */
  to(room: Rooms): BroadcastOperator<EmitEvents> {
    const rooms = withRooms(this.#rooms, room);
    return new BroadcastOperator(this.#nsp, this.#send, rooms, this.#exceptRooms, this.#flags);
  }

  /** The same as {@link to}; reads better before anything but `emit()`. */
  in(room: Rooms): BroadcastOperator<EmitEvents> {
    return this.to(room);
  }

  /** Leaves out the sockets in any of the rooms. */
  except(room: Rooms): BroadcastOperator<EmitEvents> {
    const except = withRooms(this.#exceptRooms, room);
    return new BroadcastOperator(this.#nsp, this.#send, this.#rooms, except, this.#flags);
  }

  /** Says whether the packet may be compressed. Default: true. */
  compress(compress: boolean): BroadcastOperator<EmitEvents> {
    return this.#with({ compress });
  }

  /** Lets clients that cannot take the packet now miss it. */
  get volatile(): BroadcastOperator<EmitEvents> {
    return this.#with({ volatile: true });
  }

  #with(flags: BroadcastFlags): BroadcastOperator<EmitEvents> {
    const merged = { ...this.#flags, ...flags };
    return new BroadcastOperator(this.#nsp, this.#send, this.#rooms, this.#exceptRooms, merged);
  }

  /**
   * Sends an event to the sockets chosen.
   *
   * @param ev the event
   * @param args its arguments
   * @returns true
   * @throws SocketIOError with `ERR_RESERVED_EVENT`; with `ERR_UNSUPPORTED` where the last argument is
   * a function: clients cannot answer; with `ERR_INVALID_ARGUMENT` where they cannot be encoded
   */
  emit<Ev extends EventNames<EmitEvents>>(ev: Ev, ...args: EventParams<EmitEvents, Ev>): true {
    if (RESERVED_EVENTS.has(ev)) {
      throw reservedEvent(ev);
    }
    refuseCallback(args);
    const packet = { type: EVENT, data: [ev, ...args], nsp: this.#nsp };
    const opts = { ...this.#options(), flags: this.#flags };
    this.#send({ type: MessageType.BROADCAST, data: { packet, opts } });
    return true;
  }

  /** Makes the sockets chosen join rooms. */
  socketsJoin(rooms: Rooms): void {
    const data = { opts: this.#options(), rooms: toList(rooms) };
    this.#send({ type: MessageType.SOCKETS_JOIN, data });
  }

  /** Makes the sockets chosen leave rooms. */
  socketsLeave(rooms: Rooms): void {
    const data = { opts: this.#options(), rooms: toList(rooms) };
    this.#send({ type: MessageType.SOCKETS_LEAVE, data });
  }

  /**
   * Disconnects the sockets chosen.
   *
   * @param close whether their connections are closed too, with all namespaces. Default: false.
   */
  disconnectSockets(close = false): void {
    const data = { opts: this.#options(), close };
    this.#send({ type: MessageType.DISCONNECT_SOCKETS, data });
  }

  #options(): WireOptions {
    return { rooms: [...this.#rooms], except: [...this.#exceptRooms] };
  }
}

/** Throws where a callback is given, which nobody would call. */
export function refuseCallback(args: readonly unknown[]): void {
  if (typeof args.at(-1) === "function") {
    throw new SocketIOError("ERR_UNSUPPORTED", "Acknowledgements are not supported");
  }
}
