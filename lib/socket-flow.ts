import type { EventNames, EventParams, EventsMap } from "./events.ts";
import { EventIterator, type IterateOptions } from "./socket-iterator.ts";
import { SocketSender } from "./socket-sender.ts";
import { type Ending, end, type SignalReason, toController } from "./socket-signal.ts";

/** A socket as something that ends: its signal, and its events as something to iterate over. */
export abstract class SocketFlow<
  ListenEvents extends EventsMap,
  EmitEvents extends EventsMap,
  ServerSideEvents extends EventsMap,
  SocketData,
> extends SocketSender<ListenEvents, EmitEvents, ServerSideEvents, SocketData> {
  #ending: Ending;

  /**
   * Fires when it is disconnected, before the `disconnect` listeners are called, and when its
   * namespace refuses it. Its `reason` is a {@link DisconnectedError}, whose own `reason` is what
   * these listeners get. It is made when it is first read.
   *
   * @example
   * socket.on("search", async (words, reply) => {
   *   const answer = await fetch(url(words), { signal: socket.signal });
   *   reply(await answer.json());
   * });
   */
  get signal(): AbortSignal {
    return this._signal;
  }

  /** Programs that keep something of their own by that name, as on `socket.io`, get it back. */
  set signal(value: AbortSignal) {
    const own = { value, writable: true, enumerable: true, configurable: true };
    Object.defineProperty(this, "signal", own);
  }

  /** The signal, whatever the program keeps by its name. @internal */
  get _signal(): AbortSignal {
    const controller = toController(this.#ending);
    this.#ending = controller;
    return controller.signal;
  }

  /**
   * Iterates over the events of one name that the client sends, from this call on, until the socket
   * is gone. They pass the middlewares of `use()`, and other listeners get them too.
   *
   * @param ev the event
   * @param options how many may wait, and what happens to one more: see {@link IterateOptions}
   * @returns gives out the list of arguments of each event, with the acknowledgement at its end where
   * the client asks for one
   * @throws SocketIOError with `ERR_INVALID_OPTION`
   *
   * @example
   * for await (const [message] of socket.iterate("message", { limit: 100 })) {
   *   await store(message);
   * }
   */
  iterate<Ev extends EventNames<ListenEvents>>(
    ev: Ev,
    options: IterateOptions = {},
  ): EventIterator<EventParams<ListenEvents, Ev>> {
    return new EventIterator(this, options, (listener) => {
      this.addListener(ev, listener);
      return () => this.removeListener(ev, listener);
    });
  }

  abstract disconnect(close?: boolean): unknown;

  /** Tells the signal, if somebody has read it. */
  protected _end(reason: SignalReason): void {
    this.#ending = end(this.#ending, reason);
  }
}
