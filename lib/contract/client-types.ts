// The stock client's types, by what they have. Not those of its package: a program gets these once for
// `import` and once for `require()`, which do not go together, while the declarations here are one.

import type {
  AllButLast,
  DecorateAcknowledgements,
  EventNames,
  EventNamesWithAck,
  EventParams,
  EventsMap,
  FirstNonErrorArg,
  Last,
  ReservedOrUserEventNames,
  ReservedOrUserListener,
  Untyped,
} from "../event-types.ts";

/** What `typedClient()` needs of a socket of `socket.io-client`. */
export interface StockClient extends ClientState {
  readonly io: StockManager;
  on(event: string, listener: (...args: Untyped[]) => void): unknown;
  off(event: string, listener?: (...args: Untyped[]) => void): unknown;
  emit(event: string, ...args: Untyped[]): unknown;
  timeout(timeoutMs: number): unknown;
}

/** What is known of its manager, where nothing else says more. */
export interface StockManager {
  readonly opts: object;
}

/** The state of a client. */
export interface ClientState {
  /** The socket id; undefined while it is not connected. */
  id: string | undefined;
  connected: boolean;
  /** Whether it took up the session that it lost. */
  recovered: boolean;
  /** What it gives as `auth`. */
  auth: { [key: string]: Untyped } | ((cb: (data: object) => void) => void);
  readonly disconnected: boolean;
  /** Whether it connects, or is connected, or will be. */
  readonly active: boolean;
}

/** The events that a client itself emits. */
export interface ClientReservedEvents {
  connect: () => void;
  connect_error: (error: Error & { data?: Untyped }) => void;
  disconnect: (reason: string, description?: Untyped) => void;
}

type AnyListener = (...args: Untyped[]) => void;

/** A socket of `socket.io-client`, typed; documented there. */
export interface TypedSocket<
  ListenEvents extends EventsMap,
  EmitEvents extends EventsMap,
  Manager = StockManager,
> extends ClientState {
  readonly io: Manager;

  on<Ev extends ReservedOrUserEventNames<ClientReservedEvents, ListenEvents>>(
    ev: Ev,
    listener: ReservedOrUserListener<ClientReservedEvents, ListenEvents, Ev>,
  ): this;
  once<Ev extends ReservedOrUserEventNames<ClientReservedEvents, ListenEvents>>(
    ev: Ev,
    listener: ReservedOrUserListener<ClientReservedEvents, ListenEvents, Ev>,
  ): this;
  off<Ev extends ReservedOrUserEventNames<ClientReservedEvents, ListenEvents>>(
    ev?: Ev,
    listener?: ReservedOrUserListener<ClientReservedEvents, ListenEvents, Ev>,
  ): this;
  listeners<Ev extends ReservedOrUserEventNames<ClientReservedEvents, ListenEvents>>(
    ev: Ev,
  ): ReservedOrUserListener<ClientReservedEvents, ListenEvents, Ev>[];
  hasListeners<Ev extends ReservedOrUserEventNames<ClientReservedEvents, ListenEvents>>(
    ev: Ev,
  ): boolean;

  emit<Ev extends EventNames<EmitEvents>>(ev: Ev, ...args: EventParams<EmitEvents, Ev>): this;
  emitWithAck<Ev extends EventNamesWithAck<EmitEvents>>(
    ev: Ev,
    ...args: AllButLast<EventParams<EmitEvents, Ev>>
  ): Promise<FirstNonErrorArg<Last<EventParams<EmitEvents, Ev>>>>;
  timeout(
    timeoutMs: number,
  ): TypedSocket<ListenEvents, DecorateAcknowledgements<EmitEvents>, Manager>;
  readonly volatile: this;
  compress(compress: boolean): this;

  connect(): this;
  open(): this;
  disconnect(): this;
  close(): this;

  onAny(listener: AnyListener): this;
  prependAny(listener: AnyListener): this;
  offAny(listener?: AnyListener): this;
  listenersAny(): AnyListener[];
  onAnyOutgoing(listener: AnyListener): this;
  prependAnyOutgoing(listener: AnyListener): this;
  offAnyOutgoing(listener?: AnyListener): this;
  listenersAnyOutgoing(): AnyListener[];
}
