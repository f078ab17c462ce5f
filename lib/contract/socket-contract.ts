import type { Event } from "../socket-types.ts";
import { ContractError } from "./errors.ts";
import type { Incoming, Received } from "./incoming.ts";
import { Ordered } from "./ordered.ts";
import { andThen, type Soon } from "./validate.ts";

/** What this needs of a socket. */
export interface ContractedSocket {
  readonly connected: boolean;
  _onError(error: Error): void;
  use(middleware: (event: Event, next: (error?: Error) => void) => unknown): unknown;
  emit(event: string, ...args: unknown[]): unknown;
}

/** What all sockets of a namespace have in common. */
export interface SocketContractSettings {
  readonly incoming: Incoming;
  /** How many events of a socket may wait for schemas that take their time. */
  readonly maxPending: number;
  /** Tells the application what a client did wrong. */
  onRefused(error: ContractError, socket: ContractedSocket): void;
  /** Tells the application what it did wrong itself. */
  onFault(error: ContractError, socket: ContractedSocket): void;
}

type AckFunction = (...args: unknown[]) => void;

/** Holds the events of one client against the contract, in their order. */
export class SocketContract {
  readonly #socket: ContractedSocket;
  readonly #settings: SocketContractSettings;
  readonly #order = new Ordered();

  constructor(socket: ContractedSocket, settings: SocketContractSettings) {
    this.#socket = socket;
    this.#settings = settings;
    socket.use((event, next) => this.#onEvent(event, next));
  }

  #onEvent(event: Event, next: (error?: Error) => void): void {
    const ack = typeof event.at(-1) === "function" ? (event.pop() as AckFunction) : null;
    if (this.#order.waiting >= this.#settings.maxPending) {
      this.#refuse(new ContractError("TOO_MANY_PENDING", event[0]), ack, next);
      return;
    }
    this.#order.add(() => this.#read(event, ack, next));
  }

  #read(event: Event, ack: AckFunction | null, next: (error?: Error) => void): Soon<void> {
    if (!this.#socket.connected) {
      next(); // it goes no further, and no schema has to look at it
      return;
    }
    const [name, ...args] = event;
    const port = {
      onInvalidAck: (error: ContractError) => {
        this.#settings.onFault(error, this.#socket);
        this.#socket._onError(error);
      },
    };
    return andThen(
      this.#settings.incoming.read(name, args, ack, port),
      (received: Received): void => {
        if (received.error !== null) {
          this.#refuse(received.error, ack, next);
          return;
        }
        event.length = 1;
        for (const arg of received.args) {
          event.push(arg);
        }
        next();
        received.done();
      },
    );
  }

  #refuse(error: ContractError, ack: AckFunction | null, next: (error?: Error) => void): void {
    const isFault = error.code === "SCHEMA_FAILED";
    if (isFault) {
      this.#settings.onFault(error, this.#socket);
    } else {
      this.#settings.onRefused(error, this.#socket);
    }
    if (ack !== null) {
      ack(error.toJSON());
    } else {
      this.#socket.emit("error", error.toJSON());
    }
    next(error);
  }
}
