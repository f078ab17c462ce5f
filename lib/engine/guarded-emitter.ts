import { throwLater } from "../errors.ts";
import {
  type EventNames,
  type EventParams,
  type EventsMap,
  StrictEventEmitter,
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
  /** Calls the listeners of one of the class's own events; it costs nothing where there are none. */
  protected tell<Ev extends EventNames<Events>>(event: Ev, ...args: EventParams<Events, Ev>): void {
    if (this.hasListeners && this.listenerCount(event) > 0) {
      try {
        this.emitReserved(event, ...args);
      } catch (error) {
        throwLater(error);
      }
    }
  }
}
