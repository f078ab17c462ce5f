import type { AckCallback } from "../emit-guard.ts";
import type { Untyped } from "../event-types.ts";
import { ContractError, isRefusal, toContractError } from "./errors.ts";
import { ClientListeners } from "./client-listeners.ts";
import type { StockClient, StockManager, TypedSocket } from "./client-types.ts";
import { checkAnswer } from "./outgoing.ts";
import { rulesOf } from "./define.ts";
import type {
  ClientEmitEvents,
  ClientListenEvents,
  Contract,
  WireEmitEvents,
  WireListenEvents,
} from "./types.ts";
import { andThen } from "./validate.ts";

/** A client whose events and acknowledgements are parsed: of {@link typedClient} with a contract. */
export type ClientSocket<C extends Contract, Manager = StockManager> = TypedSocket<
  ClientListenEvents<C>,
  ClientEmitEvents<C>,
  Manager
>;

/** A client that is typed and nothing more: what it gets is what the wire carries. */
export type WireSocket<C extends Contract, Manager = StockManager> = TypedSocket<
  WireListenEvents<C>,
  WireEmitEvents<C>,
  Manager
>;

/** How a client holds the server to a contract. */
export interface TypedClientOptions {
  /**
   * Hears of events of the server that are not the contract's, of acknowledgements that are not and could
   * not be told otherwise, and of refusals of the server while nobody listens to `error`. Default: a
   * warning on the console.
   */
  onInvalid?: (error: ContractError) => void;
}

/** What the stock client gives acknowledgements to. */
interface ClientAck extends AckCallback {
  /** Read by the client: an error or null goes before the arguments. */
  withError?: boolean;
}

/**
 * Types a stock client by a contract, and does nothing else: no schema is needed in the client.
 *
 * @param socket what `io()` of `socket.io-client` returns
 * @returns the same
 *
 * @example
 * import type { chat } from "./contract.ts";
 * const socket = typedClient<typeof chat>(io("/chat"));
 */
export function typedClient<C extends Contract>(socket: StockClient): WireSocket<C>;
/**
 * Holds what a stock client gets to a contract: its listeners get parsed arguments, `emitWithAck()` and
 * callbacks parsed acknowledgements, and what the server refuses is an error of these.
 *
 * @param socket what `io()` of `socket.io-client` returns, 4.6 or newer; it stays as it is
 * @param contract made by {@link defineContract}
 * @param options see {@link TypedClientOptions}
 * @returns a socket for the same connection
 *
 * @example
 * const socket = typedClient(io("/chat"), chat);
 * const { id } = await socket.emitWithAck("say", "hello"); // rejects with a ContractError
 */
export function typedClient<C extends Contract, Stock extends StockClient>(
  socket: Stock,
  contract: C,
  options?: TypedClientOptions,
): ClientSocket<C, Stock["io"]>;
export function typedClient(
  socket: StockClient,
  contract?: Contract,
  options: TypedClientOptions = {},
): Untyped {
  return contract === undefined ? socket : new ContractedClient(socket, contract, options).view;
}

/** Names of the methods that listeners come and go by. */
const LISTENING = ["on", "once", "off", "listeners", "hasListeners"] as const;
const OTHER_NAMES: Readonly<Record<string, (typeof LISTENING)[number]>> = {
  addEventListener: "on",
  removeListener: "off",
  removeAllListeners: "off",
  removeEventListener: "off",
};

class ContractedClient {
  /** What looks like the socket. */
  readonly view: object;
  readonly #socket: StockClient;
  readonly #rules: ReturnType<typeof rulesOf>;
  readonly #onInvalid: (error: ContractError) => void;
  readonly #timed: object;

  constructor(socket: StockClient, contract: Contract, options: TypedClientOptions) {
    this.#socket = socket;
    this.#rules = rulesOf(contract.clientToServer);
    this.#onInvalid = options.onInvalid ?? ((error) => console.warn(error));
    const listeners = new ClientListeners(socket, contract.serverToClient, this.#onInvalid);
    const methods = new Map<unknown, unknown>();
    for (const name of LISTENING) {
      methods.set(name, listeners[name].bind(listeners));
    }
    for (const [other, name] of Object.entries(OTHER_NAMES)) {
      methods.set(other, methods.get(name));
    }
    this.#timed = this.#makeView(methods, true);
    // Its own options: those of its manager may be of a socket that came before.
    const own: { ackTimeout?: unknown } | undefined = Reflect.get(socket, "_opts");
    this.view = this.#makeView(methods, own?.ackTimeout !== undefined);
    listeners.self = this.view;
  }

  // A proxy, as the socket has private fields and flags of its own that its methods go on using.
  #makeView(listening: ReadonlyMap<unknown, unknown>, isErrorFirst: boolean): object {
    const methods = new Map(listening);
    const send = (event: string, args: unknown[]): object => {
      this.#emit(event, args, isErrorFirst);
      return this.view;
    };
    methods.set("emit", (event: string, ...args: unknown[]) => send(event, args));
    methods.set("send", (...args: unknown[]) => send("message", args));
    methods.set("write", methods.get("send"));
    methods.set("emitWithAck", (event: string, ...args: unknown[]) => this.#ask(event, args));
    methods.set("timeout", (timeoutMs: number) => {
      this.#socket.timeout(timeoutMs);
      return this.#timed;
    });
    const view: object = new Proxy(this.#socket, {
      get: (socket, name) => {
        const own = methods.get(name);
        if (own !== undefined) {
          return own;
        }
        const value: unknown = Reflect.get(socket, name, socket);
        if (value === socket) {
          return view; // `volatile`, which goes on with the flags set
        }
        return typeof value !== "function"
          ? value
          : (...args: unknown[]) => {
              const result: unknown = Reflect.apply(value, socket, args);
              return result === socket ? view : result;
            };
      },
      set: (socket, name, value) => Reflect.set(socket, name, value, socket),
    });
    return view;
  }

  #ask(event: string, args: readonly unknown[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const callback: AckCallback = (error, response) =>
        error === null ? resolve(response) : reject(error);
      callback.fail = reject;
      this.#emit(event, [...args, callback], true);
    });
  }

  #emit(event: string, args: unknown[], isErrorFirst: boolean): void {
    const callback = typeof args.at(-1) === "function" ? (args.pop() as AckCallback) : null;
    while (args.length > 0 && args.at(-1) === undefined) {
      args.pop(); // it would arrive as null
    }
    if (callback !== null) {
      args.push(this.#guard(event, callback, isErrorFirst));
    }
    this.#socket.emit(event, ...args);
  }

  #guard(event: string, callback: AckCallback, isErrorFirst: boolean): ClientAck {
    const fail = (error: unknown): void => {
      if (isErrorFirst) {
        callback(error);
      } else if (error instanceof ContractError) {
        this.#onInvalid(error);
      } // else the connection was lost, which the stock client tells no such callback either
    };
    const schema = this.#rules.get(event)?.ack;
    const guarded: ClientAck = (error, ...response) => {
      if (error !== null) {
        fail(error);
      } else if (schema === undefined) {
        const [refusal] = response;
        if (isRefusal(refusal)) {
          fail(toContractError(refusal));
        } else {
          callback(...(isErrorFirst ? [null, ...response] : response));
        }
      } else {
        void andThen(checkAnswer(event, schema, response), (answer) => {
          if (answer.error !== null) {
            fail(answer.error);
          } else {
            callback(...(isErrorFirst ? [null, answer.value] : [answer.value]));
          }
        });
      }
    };
    guarded.withError = true;
    return guarded;
  }
}
