import { SocketIOError } from "./errors.ts";
import type { Untyped } from "./events.ts";
import { validateOptions, withDefaults } from "./validate.ts";

/** What becomes of an event that comes while `limit` others wait to be taken. */
export type OnFull = "throw" | "drop-oldest" | "drop-newest" | "disconnect";

/** Options of `socket.iterate()`. */
export interface IterateOptions {
  /** How many events may wait to be taken; 1 or more. Default: 1000. */
  limit?: number;
  /**
   * What happens to one more:
   * - `throw`: nothing more is taken; the events that wait are still given out, then the iteration
   *   throws `ERR_OVERFLOW`. The default.
   * - `drop-oldest`, `drop-newest`: the one that waits longest, or the one that comes, is dropped and
   *   counted in `dropped`; an acknowledgement it asks for is never sent.
   * - `disconnect`: the socket is disconnected (`server namespace disconnect`); what waits is still
   *   given out.
   */
  onFull?: OnFull;
  /** Ends the iteration, with what waits dropped. Default: only the socket does. */
  signal?: AbortSignal;
}

/** What an iteration needs of its socket. */
export interface IteratedSocket {
  /** Fires with its end. */
  readonly _signal: AbortSignal;
  disconnect(): unknown;
}

const DEFAULTS = { limit: 1000, onFull: "throw" as OnFull };
const POLICIES: readonly unknown[] = ["throw", "drop-oldest", "drop-newest", "disconnect"];
const TABLE = {
  limit: {
    expected: "a whole number of events, 1 or more",
    accepts: (value: unknown) => Number.isSafeInteger(value) && Number(value) > 0,
  },
  onFull: {
    expected: POLICIES.map((policy) => JSON.stringify(policy)).join(" or "),
    accepts: (value: unknown) => POLICIES.includes(value),
  },
  signal: {
    expected: "an AbortSignal",
    accepts: (value: unknown) => value instanceof AbortSignal,
  },
};

type Resolve<Args> = (result: IteratorResult<Args, undefined>) => void;

/**
 * The events of one name that a client sends, for `for await`. They are taken from the call of
 * `iterate()` on, whether somebody asks for them yet or not; leaving the loop ends it.
 */
export class EventIterator<Args extends unknown[]>
  implements AsyncIterableIterator<Args, undefined>
{
  readonly #socket: IteratedSocket;
  readonly #limit: number;
  readonly #onFull: OnFull;
  readonly #own: AbortSignal | undefined;
  readonly #unlisten: () => void;
  #events: Args[] = [];
  #waiting: Resolve<Args>[] = [];
  #dropped = 0;
  #isOver = false;
  #error: SocketIOError | null = null;

  /**
   * @param socket whose events they are
   * @param options see {@link IterateOptions}
   * @param listen adds the listener; returns what removes it
   * @throws SocketIOError with `ERR_INVALID_OPTION`
   */
  constructor(
    socket: IteratedSocket,
    options: IterateOptions,
    listen: (listener: (...args: Untyped[]) => void) => () => void,
  ) {
    validateOptions(options, TABLE);
    const { limit, onFull, signal } = withDefaults(DEFAULTS, options);
    this.#socket = socket;
    this.#limit = limit;
    this.#onFull = onFull;
    this.#own = signal;
    this.#unlisten = listen((...args) => this.#onEvent(args as Args));
    for (const [each, onAbort] of this.#signals()) {
      if (each.aborted) {
        onAbort();
      } else {
        each.addEventListener("abort", onAbort);
      }
    }
  }

  /** How many events were dropped, as `onFull` says. */
  get dropped(): number {
    return this.#dropped;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** The arguments of the next event; done when the socket is gone, or after {@link return}. */
  next(): Promise<IteratorResult<Args, undefined>> {
    const event = this.#events.shift();
    if (event !== undefined) {
      return Promise.resolve({ done: false, value: event });
    }
    if (this.#error !== null) {
      const error = this.#error;
      this.#error = null; // once; then it is over like any other
      return Promise.reject(error);
    }
    if (this.#isOver) {
      return Promise.resolve(DONE);
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Ends it; what waits is dropped. Leaving a `for await` loop calls this. */
  return(): Promise<IteratorResult<Args, undefined>> {
    this.#stop();
    return Promise.resolve(DONE);
  }

  #signals(): readonly (readonly [AbortSignal, () => void])[] {
    const own = this.#own === undefined ? [] : [[this.#own, this.#stop] as const];
    return [[this.#socket._signal, this.#end], ...own];
  }

  #onEvent(event: Args): void {
    const resolve = this.#waiting.shift();
    if (resolve !== undefined) {
      resolve({ done: false, value: event });
    } else if (this.#events.length < this.#limit) {
      this.#events.push(event);
    } else {
      this.#onOneTooMany(event);
    }
  }

  #onOneTooMany(event: Args): void {
    switch (this.#onFull) {
      case "drop-oldest":
        this.#events.shift();
        this.#events.push(event);
        this.#dropped++;
        break;
      case "drop-newest":
        this.#dropped++;
        break;
      case "disconnect":
        this.#dropped++;
        this.#end();
        this.#socket.disconnect();
        break;
      case "throw":
        this.#dropped++;
        this.#error = new SocketIOError(
          "ERR_OVERFLOW",
          `events came faster than they were taken, and ${this.#limit} wait: see onFull`,
        );
        this.#end();
    }
  }

  /** No more events are taken; those that wait are given out. */
  readonly #end = (): void => {
    if (this.#isOver) {
      return;
    }
    this.#isOver = true;
    this.#unlisten();
    for (const [each, onAbort] of this.#signals()) {
      each.removeEventListener("abort", onAbort);
    }
    for (const resolve of this.#waiting.splice(0)) {
      resolve(DONE);
    }
  };

  readonly #stop = (): void => {
    this.#end();
    this.#events = [];
    this.#error = null;
  };
}

const DONE: IteratorResult<never, undefined> = { done: true, value: undefined };
