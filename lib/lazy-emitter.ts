import { EventEmitter } from "node:events";

// The constructor of an emitter makes four properties. Its methods do without them.
const Base = function Base() {} as unknown as abstract new () => EventEmitter;
Base.prototype = EventEmitter.prototype;

/** The emitter of node:events; until someone listens, it costs nothing. */
export abstract class BareEmitter extends Base {
  /** Of the emitter of node:events; made for the first listener. @internal */
  declare readonly _events?: object;
}

/** An emitter for objects that come in thousands. */
export abstract class LazyEmitter extends BareEmitter {
  /**
   * Calls the listeners of an event, if there are any, once nothing of ours is on the stack: what
   * one of them throws is reported, and breaks nothing.
   *
   * @param event the event
   * @param args passed on
   */
  emitLater(event: string, ...args: unknown[]): void {
    if (this._events !== undefined) {
      process.nextTick(() => this.emit(event, ...args));
    }
  }
}
