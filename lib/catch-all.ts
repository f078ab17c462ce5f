import { type AnyFunction, type EventsMap, StrictEventEmitter } from "./events.ts";

// Lists are replaced, never changed: a listener added or removed during a call counts from the next.
type Listeners = readonly AnyFunction[] | null;

/** An emitter with listeners for every event that comes in, and for every one that goes out. */
export abstract class CatchAllEmitter<
  ListenEvents extends EventsMap,
  EmitEvents extends EventsMap,
  ReservedEvents extends EventsMap,
> extends StrictEventEmitter<ListenEvents, EmitEvents, ReservedEvents> {
  #incoming: Listeners = null;
  #outgoing: Listeners = null;

  /** Adds a listener for every event that the client sends. */
  onAny(listener: AnyFunction): this {
    this.#incoming = [...(this.#incoming ?? []), listener];
    return this;
  }

  /** The same as {@link onAny}, before the others. */
  prependAny(listener: AnyFunction): this {
    this.#incoming = [listener, ...(this.#incoming ?? [])];
    return this;
  }

  /** Removes a listener of {@link onAny}, or all of them. */
  offAny(listener?: AnyFunction): this {
    this.#incoming = without(this.#incoming, listener);
    return this;
  }

  /** The listeners of {@link onAny}. */
  listenersAny(): AnyFunction[] {
    return this.#incoming?.slice() ?? [];
  }

  /** Adds a listener for every event sent to the client. */
  onAnyOutgoing(listener: AnyFunction): this {
    this.#outgoing = [...(this.#outgoing ?? []), listener];
    return this;
  }

  /** The same as {@link onAnyOutgoing}, before the others. */
  prependAnyOutgoing(listener: AnyFunction): this {
    this.#outgoing = [listener, ...(this.#outgoing ?? [])];
    return this;
  }

  /** Removes a listener of {@link onAnyOutgoing}, or all of them. */
  offAnyOutgoing(listener?: AnyFunction): this {
    this.#outgoing = without(this.#outgoing, listener);
    return this;
  }

  /** The listeners of {@link onAnyOutgoing}. */
  listenersAnyOutgoing(): AnyFunction[] {
    return this.#outgoing?.slice() ?? [];
  }

  /** Calls the listeners for what comes in. */
  protected callAny(event: readonly unknown[]): void {
    call(this, this.#incoming, event);
  }

  /** Calls the listeners for what goes out. */
  protected callAnyOutgoing(event: readonly unknown[]): void {
    call(this, this.#outgoing, event);
  }
}

function call(self: unknown, listeners: Listeners, event: readonly unknown[]): void {
  if (listeners !== null) {
    for (const listener of listeners) {
      listener.apply(self, event as unknown[]);
    }
  }
}

function without(listeners: Listeners, listener: AnyFunction | undefined): Listeners {
  const index = listener === undefined ? -1 : (listeners?.indexOf(listener) ?? -1);
  if (listener === undefined) {
    return null;
  }
  return index === -1 ? listeners : (listeners?.toSpliced(index, 1) ?? null);
}
