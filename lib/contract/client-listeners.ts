import type { StockClient } from "./client-types.ts";
import { rulesOf } from "./define.ts";
import { type ContractError, isRefusal, toContractError } from "./errors.ts";
import { Incoming } from "./incoming.ts";
import { Ordered, throwAlone } from "./ordered.ts";
import type { EventContracts } from "./types.ts";
import { andThen } from "./validate.ts";

type Listener = (...args: unknown[]) => unknown;

interface Entry {
  readonly listener: Listener;
  readonly isOnce: boolean;
}

const NONE: readonly Entry[] = [];

/** The listeners of a client under a contract. Each event is parsed once for all of them. */
export class ClientListeners {
  /** What is `this` in listeners, and what the methods return. */
  self: object;
  readonly #socket: StockClient;
  readonly #rules: ReturnType<typeof rulesOf>;
  readonly #incoming: Incoming;
  readonly #onInvalid: (error: ContractError) => void;
  /** By event; replaced, never changed: an event that is being told of keeps its list. */
  readonly #entries = new Map<string, readonly Entry[]>();
  /** What listens on the socket itself, by event. */
  readonly #taps = new Map<string, Listener>();
  readonly #order = new Ordered();

  constructor(
    socket: StockClient,
    events: EventContracts,
    onInvalid: (error: ContractError) => void,
  ) {
    this.self = socket;
    this.#socket = socket;
    this.#rules = rulesOf(events);
    this.#incoming = new Incoming(events, "pass");
    this.#onInvalid = onInvalid;
    this.#tap("error");
  }

  on(event: string, listener: Listener): object {
    return this.#add(event, { listener, isOnce: false });
  }

  once(event: string, listener: Listener): object {
    return this.#add(event, { listener, isOnce: true });
  }

  #add(event: string, entry: Entry): object {
    this.#tap(event);
    this.#entries.set(event, [...this.#of(event), entry]);
    return this.self;
  }

  #tap(event: string): void {
    if (!this.#taps.has(event)) {
      const tap = (...args: unknown[]): void => this.#onEvent(event, args);
      this.#taps.set(event, tap);
      this.#socket.on(event, tap);
    }
  }

  off(event?: string, listener?: Listener): object {
    if (event === undefined) {
      for (const each of [...this.#entries.keys()]) {
        this.#keep(each, NONE);
      }
    } else {
      const entries = this.#of(event);
      const at = entries.findIndex((entry) => entry.listener === listener);
      this.#keep(event, listener === undefined ? NONE : entries.filter((_, index) => index !== at));
    }
    return this.self;
  }

  #keep(event: string, entries: readonly Entry[]): void {
    if (entries.length > 0) {
      this.#entries.set(event, entries);
      return;
    }
    this.#entries.delete(event);
    if (event !== "error") {
      this.#socket.off(event, this.#taps.get(event));
      this.#taps.delete(event);
    }
  }

  listeners(event: string): Listener[] {
    return this.#of(event).map(({ listener }) => listener);
  }

  hasListeners(event: string): boolean {
    return this.#of(event).length > 0;
  }

  #of(event: string): readonly Entry[] {
    return this.#entries.get(event) ?? NONE;
  }

  #onEvent(event: string, args: unknown[]): void {
    if (event === "error" && !this.hasListeners(event)) {
      const [refusal] = args;
      if (isRefusal(refusal)) {
        this.#onInvalid(toContractError(refusal));
      }
    } else if (!this.#rules.has(event)) {
      this.#call(event, args);
    } else {
      const ack = typeof args.at(-1) === "function" ? (args.pop() as Listener) : null;
      const mayHaveOffset = ack === null && this.#mayHaveOffset(args);
      this.#order.add(() => this.#receive(event, args, ack, mayHaveOffset));
    }
  }

  // A server that lets sessions be taken up again puts the offset of an event behind its arguments, where
  // the stock client leaves it; that takes any text for it that is last. `_pid` is there with such servers.
  #mayHaveOffset(args: readonly unknown[]): boolean {
    return typeof args.at(-1) === "string" && Boolean(Reflect.get(this.#socket, "_pid"));
  }

  // Volatile events have no offset: a text without which the arguments are too few is one of them.
  #read(event: string, args: readonly unknown[], ack: Listener | null, mayHaveOffset: boolean) {
    const port = { onInvalidAck: this.#onInvalid };
    if (!mayHaveOffset) {
      return this.#incoming.read(event, args, ack, port);
    }
    const most = this.#rules.get(event)?.inputs.length ?? 0;
    return andThen(this.#incoming.read(event, args.slice(0, -1), ack, port), (received) =>
      received.error === null || args.length > most
        ? received
        : this.#incoming.read(event, args, ack, port),
    );
  }

  #receive(event: string, args: readonly unknown[], ack: Listener | null, mayHaveOffset: boolean) {
    return andThen(this.#read(event, args, ack, mayHaveOffset), (received) => {
      if (received.error !== null) {
        ack?.(received.error.toJSON());
        this.#onInvalid(received.error);
        return;
      }
      this.#call(event, received.args);
      received.done();
    });
  }

  #call(event: string, args: readonly unknown[]): void {
    for (const entry of this.#of(event)) {
      if (entry.isOnce) {
        this.#keep(
          event,
          this.#of(event).filter((each) => each !== entry),
        );
      }
      try {
        Reflect.apply(entry.listener, this.self, args);
      } catch (error) {
        throwAlone(error); // the other listeners, and the events behind this, go on
      }
    }
  }
}
