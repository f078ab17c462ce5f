import { io, type ManagerOptions, type Socket, type SocketOptions } from "socket.io-client";
import type { TypedSocket } from "../contract/client-types.ts";
import { typedClient } from "../contract/client.ts";
import type { Contract } from "../contract/types.ts";
import type { EventsMap, Untyped } from "../event-types.ts";
import { AuthUsers } from "./auth-users.ts";

/** Options of `useSocket()`: those of `socket.io-client`, and a contract. */
export interface UseSocketOptions extends Partial<ManagerOptions & SocketOptions> {
  /** A contract of `bun-socket.io/contract`, which types and parses what comes and goes. */
  contract?: Contract;
}

/**
 * Where a connection is.
 *
 * - `connecting`: it has not been there yet
 * - `connected`
 * - `reconnecting`: it was there, and will be again if it can
 * - `disconnected`: it will not come back by itself: the server has refused or disconnected it, or it
 *   has given up
 */
export type SocketStatus = "connecting" | "connected" | "reconnecting" | "disconnected";

/** What components see of a connection. */
export interface ConnectionState {
  readonly status: SocketStatus;
  /** The last `connect_error`, whose `data` is the server's; null once it is connected. */
  readonly error: (Error & { readonly data?: Untyped }) | null;
  /** How often it has tried to come back since it was lost. */
  readonly attempts: number;
}

export const INITIAL: ConnectionState = { status: "connecting", error: null, attempts: 0 };

/** A socket of any events. */
export type AnySocket = TypedSocket<Record<string, Untyped>, Record<string, Untyped>>;

type Auth = Socket["auth"];

// React unmounts and mounts again what it tries out (StrictMode): a connection outlives that.
const GRACE_MS = 100;

// They are kept when they are closed: the stock client, asked for a namespace that it has had, makes
// a second connection.
const connections = new Map<string, Connection>();

/** One socket, shared by all components that use its address, and closed when none of them does. */
export class Connection {
  readonly #socket: Socket;
  readonly #typed = new Map<Contract, AnySocket>();
  readonly #listeners = new Set<() => void>();
  readonly #authUsers: AuthUsers;
  #state = INITIAL;
  #wasConnected = false;
  /** What the first component that asks gives as `auth`; undefined while nobody has asked. */
  #auth: { readonly value: Auth } | undefined;
  /** The same of the last one since then that gives any: it counts where nobody else is there. */
  #nextAuth: Auth | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * The connection to an address; made when there is none, and then opened by the first subscriber.
   *
   * @param url with the namespace as its path, as `io()` of `socket.io-client` takes it
   * @param options count for the first one that asks
   */
  static to(url: string, options: UseSocketOptions): Connection {
    let connection = connections.get(url);
    if (connection === undefined) {
      connection = new Connection(url, options);
      connections.set(url, connection);
    }
    if (connection.#auth === undefined) {
      connection.#auth = { value: options.auth ?? {} }; // somebody else may be logged in by now
      connection.#nextAuth = undefined;
      if (!connection.#socket.active) {
        connection.#state = INITIAL; // how it ended is the matter of those who have gone
      }
    } else if (options.auth !== undefined) {
      connection.#nextAuth = options.auth; // what was rendered before may never be there
    }
    return connection;
  }

  private constructor(url: string, { contract: _, ...options }: UseSocketOptions) {
    this.#socket = io(url, { ...options, autoConnect: false });
    this.#authUsers = new AuthUsers(url, this.#socket);
    this.#socket.on("connect", () => {
      this.#wasConnected = true;
      this.#become({ status: "connected", error: null, attempts: 0 });
    });
    this.#socket.on("disconnect", () => this.#become({ status: this.#waiting() }));
    this.#socket.on("connect_error", (error) => {
      this.#become({ status: this.#waiting(), error });
    });
  }

  readonly getState = (): ConnectionState => this.#state;

  /** The socket, for the events of a contract if there is one. */
  socket(contract: Contract | undefined): AnySocket {
    if (contract === undefined) {
      return this.#socket as unknown as AnySocket; // the same, by what it has
    }
    let typed = this.#typed.get(contract);
    if (typed === undefined) {
      typed = typedClient(this.#socket, contract) as unknown as AnySocket;
      this.#typed.set(contract, typed);
    }
    return typed;
  }

  /** A component was rendered with an `auth`: see {@link AuthUsers.give}. */
  giveAuth(user: object, auth: Auth | undefined): (() => void) | undefined {
    return this.#authUsers.give(user, auth);
  }

  /** Opens it for the first one; closes it, after a while, behind the last one. */
  readonly subscribe = (listener: () => void): (() => void) => {
    clearTimeout(this.#timer);
    if (this.#listeners.size === 0) {
      this.#open();
    }
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) {
        this.#release();
      }
    };
  };

  /** Opens it; anew, if it is still there for somebody else. */
  #open(): void {
    const auth = this.#nextAuth ?? this.#auth?.value ?? this.#socket.auth;
    this.#auth = { value: auth };
    this.#nextAuth = undefined;
    if (!this.#socket.active || !this.#authUsers.isOpenedWith(auth)) {
      this.#close();
      this.#socket.auth = auth;
      this.#authUsers.reset();
      const { io: manager } = this.#socket;
      manager.on("reconnect_attempt", this.#onAttempt);
      manager.on("reconnect_failed", this.#onFailed);
      this.#socket.connect();
    }
  }

  #close(): void {
    const { io: manager } = this.#socket;
    manager.off("reconnect_attempt", this.#onAttempt);
    manager.off("reconnect_failed", this.#onFailed);
    this.#socket.disconnect();
    this.#wasConnected = false;
    this.#state = INITIAL;
  }

  #release(): void {
    this.#auth = undefined;
    this.#timer = setTimeout(() => {
      this.#nextAuth = undefined;
      this.#close();
    }, GRACE_MS);
  }

  readonly #onAttempt = (attempts: number): void => {
    if (this.#state.status !== "disconnected") {
      this.#become({ status: this.#waiting(), attempts });
    }
  };

  readonly #onFailed = (): void => this.#become({ status: "disconnected" });

  #waiting(): SocketStatus {
    if (!this.#socket.active) {
      return "disconnected";
    }
    return this.#wasConnected ? "reconnecting" : "connecting";
  }

  #become(change: Partial<ConnectionState>): void {
    this.#state = { ...this.#state, ...change };
    for (const listener of this.#listeners) {
      listener();
    }
  }
}

/** A socket of known events. */
export type SocketOf<ListenEvents extends EventsMap, EmitEvents extends EventsMap> = TypedSocket<
  ListenEvents,
  EmitEvents
>;
