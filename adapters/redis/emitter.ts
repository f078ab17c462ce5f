import type {
  DefaultEventsMap,
  EventNames,
  EventParams,
  EventsMap,
  Untyped,
} from "../../lib/event-types.ts";
import type { Room } from "../adapter.ts";
import { MessageType } from "../cluster/messages.ts";
import { encoderFor } from "./emitter-encoder.ts";
import { BroadcastOperator, refuseCallback, type SendMessage } from "./emitter-operator.ts";
import {
  type EmitterOptions,
  type ResolvedEmitterOptions,
  resolveEmitterOptions,
} from "./emitter-options.ts";
import { type EmitterEvents, EmitterSender } from "./emitter-sender.ts";

/** What an emitter and those that its `of()` makes have in common. */
interface Shared {
  readonly sender: EmitterSender;
  readonly options: ResolvedEmitterOptions;
}

/** By the options, of which each emitter that the user makes has a copy of its own. */
const sharedOf = new WeakMap<EmitterOptions, Shared>();

/**
 * Sends events to the clients of Socket.IO servers from a process that is none, over Redis: for
 * servers with the adapters of this package, or of the reference.
 *
 * What is emitted leaves at the end of the turn of the event loop. While Redis is away it waits,
 * within the bounds of the option `outbox`. A program that ends calls {@link close} first:
 *
 * @example
 * const redis = new Redis();
 * const emitter = new Emitter(redis);
 * emitter.to("room").emit("hello", "world");
 * await emitter.close();
 * redis.disconnect();
 *
 * @typeParam EmitEvents events that the clients know
 */
export class Emitter<EmitEvents extends EventsMap = DefaultEventsMap> {
  /** The Redis client. It is its maker's to connect and to end. */
  readonly redisClient: Untyped;
  /** The namespace. */
  readonly nsp: string;
  readonly #options: EmitterOptions;
  readonly #sender: EmitterSender;
  readonly #send: SendMessage;

  /**
   * @param redisClient of ioredis 5 or 6, or of node-redis 4, 5 or 6, or a cluster of one of them
   * @param options for which adapters it emits
   * @param nsp the namespace. Default: "/".
   * @throws SocketIOError with `ERR_INVALID_ARGUMENT` if it is no Redis client, with
   * `ERR_INVALID_OPTION`
   */
  constructor(redisClient: Untyped, options: EmitterOptions = {}, nsp = "/") {
    this.redisClient = redisClient;
    this.nsp = nsp;
    let shared = sharedOf.get(options);
    this.#options = shared === undefined ? { ...options } : options;
    if (shared === undefined) {
      const resolved = resolveEmitterOptions(options);
      shared = { options: resolved, sender: new EmitterSender(redisClient, resolved.outbox) };
      sharedOf.set(this.#options, shared);
    }
    const { sender } = shared;
    const encode = encoderFor(nsp, shared.options, () => sender.owedMs);
    this.#sender = sender;
    this.#send = (message) => sender.send(encode(message));
  }

  /**
   * An emitter for a namespace, with the same client and options. What is told by {@link on},
   * {@link flush} and {@link close} is of both.
   *
   * @param nsp its name; a slash is put before it where there is none
   */
  of(nsp: string): Emitter<EmitEvents> {
    return new Emitter(this.redisClient, this.#options, nsp.startsWith("/") ? nsp : `/${nsp}`);
  }

  /**
   * Sends an event to all clients of the namespace.
   *
   * @param ev the event
   * @param args its arguments
   * @returns true
   * @throws SocketIOError with `ERR_RESERVED_EVENT`; with `ERR_UNSUPPORTED` where the last argument is
   * a function (clients cannot answer), or the emitter is closed; with `ERR_INVALID_ARGUMENT` where
   * the arguments cannot be encoded
   */
  emit<Ev extends EventNames<EmitEvents>>(ev: Ev, ...args: EventParams<EmitEvents, Ev>): true {
    return this.#all().emit(ev, ...args);
  }

  /** Chooses the sockets in a room, or in any of several. */
  to(room: Room | Room[]): BroadcastOperator<EmitEvents> {
    return this.#all().to(room);
  }

  /** The same as {@link to}; reads better before anything but `emit()`. */
  in(room: Room | Room[]): BroadcastOperator<EmitEvents> {
    return this.#all().in(room);
  }

  /** Leaves out the sockets in any of the rooms. */
  except(room: Room | Room[]): BroadcastOperator<EmitEvents> {
    return this.#all().except(room);
  }

  /** Lets clients that cannot take the packet now miss it. */
  get volatile(): BroadcastOperator<EmitEvents> {
    return this.#all().volatile;
  }

  /** Says whether the packet may be compressed. Default: true. */
  compress(compress: boolean): BroadcastOperator<EmitEvents> {
    return this.#all().compress(compress);
  }

  /** Makes all sockets of the namespace join rooms. */
  socketsJoin(rooms: Room | Room[]): void {
    this.#all().socketsJoin(rooms);
  }

  /** Makes all sockets of the namespace leave rooms. */
  socketsLeave(rooms: Room | Room[]): void {
    this.#all().socketsLeave(rooms);
  }

  /**
   * Disconnects all sockets of the namespace.
   *
   * @param close whether their connections are closed too, with all namespaces. Default: false.
   */
  disconnectSockets(close = false): void {
    this.#all().disconnectSockets(close);
  }

  /**
   * Sends an event to the servers.
   *
   * @param args the event, and its arguments
   * @throws SocketIOError with `ERR_UNSUPPORTED` where the last argument is a function: servers cannot
   * answer
   */
  serverSideEmit(...args: Untyped[]): void {
    refuseCallback(args);
    this.#send({ type: MessageType.SERVER_SIDE_EMIT, data: { packet: args } });
  }

  /** Adds a listener for `error` or `dropped`; see {@link EmitterEvents}. */
  on<Event extends keyof EmitterEvents>(event: Event, listener: EmitterEvents[Event]): this {
    this.#sender.on(event, listener);
    return this;
  }

  /** Takes a listener away. */
  off<Event extends keyof EmitterEvents>(event: Event, listener: EmitterEvents[Event]): this {
    this.#sender.off(event, listener);
    return this;
  }

  /**
   * Waits until Redis has taken all that was emitted so far.
   *
   * @param timeout for how long at most, in ms. Default: `outbox.maxDuration`, after which nothing
   * waits any more.
   * @throws SocketIOError with `ERR_OUTBOX_FULL` where messages were dropped since the last call,
   * with `ERR_REDIS` where some still wait
   */
  flush(timeout?: number): Promise<void> {
    return this.#sender.flush(timeout);
  }

  /**
   * The same as {@link flush}, after which nothing can be emitted. The client is not ended.
   *
   * @param timeout as of {@link flush}
   * @throws SocketIOError as {@link flush}
   */
  close(timeout?: number): Promise<void> {
    return this.#sender.close(timeout);
  }

  #all(): BroadcastOperator<EmitEvents> {
    return new BroadcastOperator(this.nsp, this.#send);
  }
}
