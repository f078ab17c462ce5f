import { throwLater } from "../errors.ts";
import {
  type EventNames,
  type EventParams,
  type EventsMap,
  type ReservedOrUserListener,
  StrictEventEmitter,
  type Untyped,
} from "../events.ts";

/**
 * An emitter whose listeners cannot break what it is in the middle of: the runtime reports what one
 * of them throws as an uncaught exception, as it would anyway, but afterwards.
 */
export abstract class GuardedEmitter<Events extends EventsMap> extends StrictEventEmitter<
  Events,
  Events,
  Events
> {
  /** How many events have listeners; of the emitter of node:events. @internal */
  declare readonly _eventsCount: number;

  /** Whether somebody listens to any of these. Ask `_eventsCount` first, where it has to be quick. */
  protected isHeard(...events: EventNames<Events>[]): boolean {
    // A loop, as it is asked for each packet: `some()` would cost as much as to encode one.
    for (const event of events) {
      if (this.listenerCount(event) > 0) {
        return true;
      }
    }
    return false;
  }

  /** Called when there is one more listener. */
  protected onListening(): void {}

  // node:events makes a `once` of an `on`.
  override on<Ev extends EventNames<Events>>(
    ev: Ev,
    listener: ReservedOrUserListener<Events, Events, Ev>,
  ): this {
    super.on(ev, listener);
    this.onListening();
    return this;
  }

  override addListener(ev: string | symbol, listener: (...args: Untyped[]) => void): this {
    super.addListener(ev, listener);
    this.onListening();
    return this;
  }

  override prependListener(ev: string | symbol, listener: (...args: Untyped[]) => void): this {
    super.prependListener(ev, listener);
    this.onListening();
    return this;
  }

  /** Calls the listeners of one of the class's own events; it costs nothing where there are none. */
  protected tell<Ev extends EventNames<Events>>(event: Ev, ...args: EventParams<Events, Ev>): void {
    if (this._hasListeners && this.listenerCount(event) > 0) {
      try {
        this.emitReserved(event, ...args);
      } catch (error) {
        throwLater(error);
      }
    }
  }
}
