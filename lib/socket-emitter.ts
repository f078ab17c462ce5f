import { throwLater } from "./errors.ts";
import { type EventsMap, StrictEventEmitter, type Untyped } from "./events.ts";
import { callOne } from "./listeners.ts";
import { runMiddlewares } from "./middleware.ts";
import type { Event, SocketReservedEventsMap } from "./socket-types.ts";
import { requireFunction } from "./validate.ts";
import { makeLog } from "./log.ts";

const log = makeLog("socket.io:socket");

/** A middleware for the events that a client sends. */
export type SocketMiddleware = (event: Event, next: (err?: Error) => void) => unknown;

/** A listener for every event: it gets the name and the arguments. */
export type CatchAllListener = (...args: Untyped[]) => void;

// Lists are replaced, never changed: a listener added or removed during a call counts from the next.
type Listeners = readonly CatchAllListener[] | null;

/** Who sees all events. */
interface Observers {
  middlewares: SocketMiddleware[] | null;
  incoming: Listeners;
  outgoing: Listeners;
}

/** Of the sockets that have none, as most; never changed. */
const NONE: Observers = { middlewares: null, incoming: null, outgoing: null };

/**
 * Who hears of a socket's events: its listeners, the catch-all listeners for what comes in and for
 * what goes out, and the middlewares that an event passes on its way in.
 */
export abstract class SocketEmitter<
  ListenEvents extends EventsMap,
  EmitEvents extends EventsMap,
> extends StrictEventEmitter<ListenEvents, EmitEvents, SocketReservedEventsMap> {
  #observers = NONE;

  /** Those of this socket, to be changed. */
  #ownObservers(): Observers {
    if (this.#observers === NONE) {
      this.#observers = { ...NONE };
    }
    return this.#observers;
  }

  /** Adds a listener for every event that the client sends. */
  onAny(listener: CatchAllListener): this {
    const observers = this.#ownObservers();
    observers.incoming = [...(observers.incoming ?? []), listener];
    return this;
  }

  /** The same as {@link onAny}, before the others. */
  prependAny(listener: CatchAllListener): this {
    const observers = this.#ownObservers();
    observers.incoming = [listener, ...(observers.incoming ?? [])];
    return this;
  }

  /** Removes a listener of {@link onAny}, or all of them. */
  offAny(listener?: CatchAllListener): this {
    const observers = this.#ownObservers();
    observers.incoming = without(observers.incoming, listener);
    return this;
  }

  /** The listeners of {@link onAny}. */
  listenersAny(): CatchAllListener[] {
    return this.#observers.incoming?.slice() ?? [];
  }

  /** Adds a listener for every event sent to the client. */
  onAnyOutgoing(listener: CatchAllListener): this {
    const observers = this.#ownObservers();
    observers.outgoing = [...(observers.outgoing ?? []), listener];
    this._onOutgoingListener();
    return this;
  }

  /** The same as {@link onAnyOutgoing}, before the others. */
  prependAnyOutgoing(listener: CatchAllListener): this {
    const observers = this.#ownObservers();
    observers.outgoing = [listener, ...(observers.outgoing ?? [])];
    this._onOutgoingListener();
    return this;
  }

  /** Removes a listener of {@link onAnyOutgoing}, or all of them. */
  offAnyOutgoing(listener?: CatchAllListener): this {
    const observers = this.#ownObservers();
    observers.outgoing = without(observers.outgoing, listener);
    return this;
  }

  /** The listeners of {@link onAnyOutgoing}. */
  listenersAnyOutgoing(): CatchAllListener[] {
    return this.#observers.outgoing?.slice() ?? [];
  }

  /**
   * Adds a middleware for the events that the client sends. An error it passes on is emitted here
   * as `error`, and the event goes no further.
   */
  use(middleware: SocketMiddleware): this {
    requireFunction(middleware, "a middleware");
    const observers = this.#ownObservers();
    observers.middlewares ??= [];
    observers.middlewares.push(middleware);
    return this;
  }

  /** Whether events still reach the listeners. */
  abstract readonly connected: boolean;

  /**
   * Takes an event of the client through the catch-all listeners and the middlewares to its
   * listeners. What any of them throws is the runtime's; the session goes on.
   */
  protected _receive(event: Event): void {
    const { middlewares, incoming } = this.#observers;
    try {
      this.#callAny(incoming, event);
      if (log.enabled) {
        log("dispatching an event %j", event);
      }
      if (middlewares === null) {
        this.#dispatch(event);
        return;
      }
    } catch (error) {
      throwLater(error); // of a listener: the session goes on
      return;
    }
    runMiddlewares(
      middlewares,
      (middleware, next) => middleware(event, next),
      (error) => {
        try {
          if (error) {
            this._onError(error as Error);
          } else {
            this.#dispatch(event);
          }
        } catch (thrown) {
          throwLater(thrown);
        }
      },
    );
  }

  #dispatch(event: Event): void {
    if (!this.connected) {
      log("ignore packet received after disconnection");
      return; // it was disconnected by a middleware, or while one took its time
    }
    if (event[0] === "error" && this.listenerCount("error") === 0) {
      log("ignoring the client's event error, to which nobody listens");
      return; // a client's event of that name must not end the process
    }
    this.emitUntyped(event);
  }

  /** Called when a packet cannot be read, or a middleware refused an event. @internal */
  _onError(error: Error): void {
    if (this.listenerCount("error") === 0) {
      log("an error to which nobody listens: %s", error);
      return;
    }
    try {
      this.emitReserved("error", error);
    } catch (thrown) {
      throwLater(thrown); // of a listener: the connection that sent the packet must still be closed
    }
  }

  /** Whether somebody listens to what goes out. */
  protected get _hasOutgoingListeners(): boolean {
    const { outgoing } = this.#observers;
    return outgoing !== null && outgoing.length > 0;
  }

  /** Called when there is one more. */
  protected abstract _onOutgoingListener(): void;

  /** Calls the listeners for what goes out. */
  protected _callAnyOutgoing(event: readonly unknown[]): void {
    this.#callAny(this.#observers.outgoing, event);
  }

  #callAny(listeners: Listeners, event: readonly unknown[]): void {
    if (listeners === null) {
      return;
    }
    const hook = this._errorHook();
    const [name, ...args] = event as Event;
    const report = (error: unknown): void => hook?.(error, name, args);
    for (const listener of listeners) {
      if (hook === null) {
        listener.apply(this, event as unknown[]);
      } else {
        callOne(listener, this, event, report);
      }
    }
  }
}

function without(listeners: Listeners, listener: CatchAllListener | undefined): Listeners {
  const index = listener === undefined ? -1 : (listeners?.indexOf(listener) ?? -1);
  if (listener === undefined) {
    return null;
  }
  return index === -1 ? listeners : (listeners?.filter((_, each) => each !== index) ?? null);
}
