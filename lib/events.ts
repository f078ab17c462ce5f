import { captureRejectionSymbol, EventEmitter } from "node:events";
import { throwLater } from "./errors.ts";
import type {
  EventNames,
  EventParams,
  EventsMap,
  ReservedOrUserEventNames,
  ReservedOrUserListener,
  TypedEventBroadcaster,
  Untyped,
} from "./event-types.ts";
import { BareEmitter } from "./lazy-emitter.ts";
import { callEach } from "./listeners.ts";

export type * from "./event-types.ts";

const CAPTURES_REJECTIONS = Symbol("captures rejections");

/**
 * Node's `EventEmitter` with typed events.
 *
 * `emit()` is for the user and may mean something else in a subclass (a packet to the client);
 * subclasses reach the listeners through {@link emitReserved} and {@link emitUntyped}.
 *
 * @typeParam ListenEvents events of the user that one can listen to
 * @typeParam EmitEvents events that the user can emit
 * @typeParam ReservedEvents events that the class itself emits
 */
export abstract class StrictEventEmitter<
    ListenEvents extends EventsMap,
    EmitEvents extends EventsMap,
    ReservedEvents extends EventsMap = Record<never, never>,
  >
  extends BareEmitter
  implements TypedEventBroadcaster<EmitEvents>
{
  /** There where rejected promises of listeners are looked at, as node:events lets one choose. */
  declare readonly [CAPTURES_REJECTIONS]?: true;

  constructor() {
    super();
    if (EventEmitter.captureRejections) {
      Object.defineProperty(this, CAPTURES_REJECTIONS, { value: true });
      if (Object.hasOwn(this, "emit")) {
        // Bun gives each emitter an `emit` of its own then, which would hide that of our classes.
        Reflect.deleteProperty(this, "emit");
      }
    }
  }

  /** Adds a listener. */
  override on<Ev extends ReservedOrUserEventNames<ReservedEvents, ListenEvents>>(
    ev: Ev,
    listener: ReservedOrUserListener<ReservedEvents, ListenEvents, Ev>,
  ): this {
    return super.on(ev, listener);
  }

  /** Adds a listener that is called once at most. */
  override once<Ev extends ReservedOrUserEventNames<ReservedEvents, ListenEvents>>(
    ev: Ev,
    listener: ReservedOrUserListener<ReservedEvents, ListenEvents, Ev>,
  ): this {
    return super.once(ev, listener);
  }

  /** Emits an event. */
  override emit<Ev extends EventNames<EmitEvents>>(
    ev: Ev,
    ...args: EventParams<EmitEvents, Ev>
  ): boolean {
    return super.emit(ev, ...args);
  }

  /** Returns the listeners of an event. */
  override listeners<Ev extends ReservedOrUserEventNames<ReservedEvents, ListenEvents>>(
    ev: Ev,
  ): ReservedOrUserListener<ReservedEvents, ListenEvents, Ev>[] {
    return super.listeners(ev) as ReservedOrUserListener<ReservedEvents, ListenEvents, Ev>[];
  }

  /** Whether there has ever been a listener, of any event. */
  protected get _hasListeners(): boolean {
    return this._events !== undefined;
  }

  /** Calls the listeners of one of the class's own events. */
  protected emitReserved<Ev extends EventNames<ReservedEvents>>(
    ev: Ev,
    ...args: EventParams<ReservedEvents, Ev>
  ): boolean {
    return this.#call(ev, args);
  }

  /**
   * Calls the listeners of an event whose name comes from the wire.
   *
   * @param event its name and its arguments
   */
  protected emitUntyped(event: readonly [name: string, ...args: unknown[]]): boolean {
    if (this[CAPTURES_REJECTIONS] === true || this._errorHook() !== null) {
      const [name, ...args] = event;
      return this.#call(name, args);
    }
    return super.emit.apply(this, event as [string, ...unknown[]]); // without a list for each step
  }

  /**
   * Who is told of a listener that throws or whose promise rejects; null where nobody asked, so that
   * what it throws is the caller's and a rejection is the runtime's.
   */
  protected _errorHook(): ListenerErrorHook | null {
    return null;
  }

  #call(ev: string | symbol, args: Untyped[]): boolean {
    if (ev !== "error" && this.listenerCount(ev) === 0) {
      return false;
    }
    const hook = this._errorHook();
    const capturesRejections = this[CAPTURES_REJECTIONS] === true;
    return hook === null && !capturesRejections
      ? super.emit(ev, ...args)
      : this.#callGuarded(ev, args, hook, capturesRejections);
  }

  #callGuarded(
    ev: string | symbol,
    args: Untyped[],
    hook: ListenerErrorHook | null,
    capturesRejections: boolean,
  ): boolean {
    const report = (error: unknown): void => (hook ?? throwLater)(error, ev, args);
    const onReject = capturesRejections
      ? (error: unknown) => this.#onRejection(error, ev, args, report)
      : report;
    return callEach(this, ev, args, report, onReject);
  }

  // Source: node:events, "Capture rejections of promises".
  #onRejection(
    error: Untyped,
    ev: string | symbol,
    args: Untyped[],
    report: (error: unknown) => void,
  ): void {
    const own = Reflect.get(this, captureRejectionSymbol);
    if (typeof own === "function") {
      own.call(this, error, ev, ...args);
    } else if (ev !== "error" && this.listenerCount("error") > 0) {
      super.emit("error", error);
    } else {
      report(error);
    }
  }
}

/** Gets what a listener threw or its promise rejected with, the event, and its arguments. */
export type ListenerErrorHook = (
  error: unknown,
  event: string | symbol,
  args: readonly Untyped[],
) => void;
