import type { ClientSocket } from "./client-ports.ts";
import { ClientReader } from "./client-reader.ts";
import type { Session } from "./engine/session.ts";
import { type AttemptPort, ClientAttempt } from "./namespace-attempt.ts";
import { allOf, type ByNamespace, valueFor, withoutValue, withValue } from "./namespace-map.ts";
import { makeLog } from "./log.ts";

const log = makeLog("socket.io:client");

/** A client in its namespaces: the sockets it has, and those it is about to have. */
export abstract class ClientNamespaces extends ClientReader implements AttemptPort<ClientSocket> {
  abstract readonly conn: Session;
  #sockets: ByNamespace<ClientSocket> = null;
  /** The latest attempt to join each namespace, where that is not decided yet. */
  #attempts: ByNamespace<ClientAttempt<ClientSocket>> = null;
  /** Namespaces that the server has disconnected, until the client shows that it knows. */
  #left: Set<string> | null = null;

  /** Called when a socket has been let in. */
  protected abstract onJoined(): void;

  /** The socket in a namespace. */
  protected socketIn(name: string): ClientSocket | undefined {
    return valueFor(this.#sockets, name);
  }

  /** All sockets, the oldest first; a list of its own. */
  protected openSockets(): ClientSocket[] {
    return allOf(this.#sockets);
  }

  /** Called when a socket is gone. */
  remove({ id, nsp }: Pick<ClientSocket, "id" | "nsp">): void {
    const socket = this.socketIn(nsp.name);
    if (socket?.id !== id) {
      log("ignoring remove for %s", id);
      return;
    }
    this.#sockets = withoutValue(this.#sockets, socket);
    if (this.conn.readyState !== "closed") {
      this.#left ??= new Set();
      this.#left.add(nsp.name);
    }
  }

  /** Whether the server has disconnected it from a namespace, and it may not know yet. */
  protected hasLeft(name: string): boolean {
    return this.#left?.has(name) ?? false;
  }

  /** The client knows by now. */
  protected forgetLeft(name: string): void {
    this.#left?.delete(name);
  }

  /**
   * Whether the client may be in one more namespace; those it waits for count.
   *
   * @param name the namespace
   * @param most in how many it may be
   */
  protected hasRoomFor(name: string, most: number): boolean {
    if (most === Number.POSITIVE_INFINITY) {
      return true;
    }
    const wanted = [...this.openSockets(), ...allOf(this.#attempts)].map(({ nsp }) => nsp.name);
    return new Set([...wanted, name]).size <= most;
  }

  // A client that disconnects and connects anew, while its namespace is looked up or a middleware takes
  // its time, sends a second CONNECT: the first attempt is then nobody's.
  protected makeAttempt(name: string): ClientAttempt<ClientSocket> {
    const attempt = new ClientAttempt<ClientSocket>(this, name);
    const previous = valueFor(this.#attempts, name);
    this.#attempts = withValue(this.#attempts, attempt);
    previous?.onAbandoned?.();
    return attempt;
  }

  isLatest(attempt: ClientAttempt<ClientSocket>): boolean {
    const { name } = attempt.nsp;
    return this.conn.readyState === "open" && valueFor(this.#attempts, name) === attempt;
  }

  onDecided(attempt: ClientAttempt<ClientSocket>, socket: ClientSocket | null): void {
    this.#attempts = withoutValue(this.#attempts, attempt);
    if (socket !== null) {
      this.#sockets = withValue(this.#sockets, socket);
      this.onJoined();
    }
  }

  /** The client is gone from all namespaces. */
  protected leaveAll(): void {
    const attempts = allOf(this.#attempts);
    this.#sockets = null;
    this.#attempts = null;
    this.#left = null;
    for (const attempt of attempts) {
      attempt.onAbandoned?.();
    }
  }
}
