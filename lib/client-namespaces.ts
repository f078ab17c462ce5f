import type { ClientSocket } from "./client-ports.ts";
import { ClientReader } from "./client-reader.ts";
import type { Session } from "./engine/session.ts";
import { type AttemptPort, ClientAttempt } from "./namespace-attempt.ts";
import { NamespaceMap } from "./namespace-map.ts";
import { makeLog } from "./log.ts";

const log = makeLog("socket.io:client");

/** What most clients never need: they are in one namespace, and stay in it. */
interface Several {
  /** The sockets that came after the first. */
  readonly others: Map<string, ClientSocket>;
  /** Namespaces that the server has disconnected, until the client shows that it knows. */
  readonly left: Set<string>;
  /** Namespaces that the client has asked for, while they are being looked up. */
  readonly asked: Set<string>;
}

/** A client in its namespaces: the sockets it has, and those it is about to have. */
export abstract class ClientNamespaces extends ClientReader implements AttemptPort<ClientSocket> {
  abstract readonly conn: Session;
  #first: ClientSocket | null = null;
  #several: Several | null = null;
  /** The latest attempt to join each namespace that has not decided yet; null where there is none. */
  #attempts: NamespaceMap<ClientAttempt<ClientSocket>> | null = null;

  /** Called when a socket has been let in. */
  protected abstract onJoined(): void;

  #makeSeveral(): Several {
    this.#several ??= { others: new Map(), left: new Set(), asked: new Set() };
    return this.#several;
  }

  /** The socket in a namespace. */
  protected socketIn(name: string): ClientSocket | undefined {
    return this.#first?.nsp.name === name ? this.#first : this.#several?.others.get(name);
  }

  /** All sockets, the oldest first; a list of its own. */
  protected openSockets(): ClientSocket[] {
    if (this.#several === null) {
      return this.#first === null ? [] : [this.#first];
    }
    const others = this.#several.others.values();
    return this.#first === null ? [...others] : [this.#first, ...others];
  }

  #add(socket: ClientSocket): void {
    if (this.#first === null && (this.#several === null || this.#several.others.size === 0)) {
      this.#first = socket;
    } else {
      this.#makeSeveral().others.set(socket.nsp.name, socket);
    }
  }

  /** Called when a socket is gone. */
  remove(socket: Pick<ClientSocket, "id" | "nsp">): void {
    const { name } = socket.nsp;
    if (this.socketIn(name)?.id !== socket.id) {
      log("ignoring remove for %s", socket.id);
      return;
    }
    if (this.#first?.id === socket.id && this.#first.nsp.name === name) {
      this.#first = null;
    } else {
      this.#several?.others.delete(name);
    }
    if (this.conn.readyState !== "closed") {
      this.#makeSeveral().left.add(name);
    }
  }

  /** Whether the server has disconnected it from a namespace, and it may not know yet. */
  protected hasLeft(name: string): boolean {
    return this.#several?.left.has(name) ?? false;
  }

  /** The client knows by now. */
  protected forgetLeft(name: string): void {
    this.#several?.left.delete(name);
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
    const joined = this.openSockets().map(({ nsp }) => nsp.name);
    const asked = this.#several?.asked ?? [];
    return new Set([...joined, ...(this.#attempts?.keys() ?? []), ...asked, name]).size <= most;
  }

  /** A namespace is being looked up, which takes time. */
  protected onLookUp(name: string): void {
    this.#makeSeveral().asked.add(name);
  }

  /** It was found, or there is none. */
  protected onLookedUp(name: string): void {
    this.#several?.asked.delete(name);
  }

  // A client that disconnects and connects anew, while a middleware takes its time, sends a second
  // CONNECT: the first attempt is then nobody's.
  protected makeAttempt(name: string): ClientAttempt<ClientSocket> {
    const attempt = new ClientAttempt<ClientSocket>(this, name);
    this.#attempts ??= new NamespaceMap();
    const previous = this.#attempts.get(name);
    this.#attempts.set(name, attempt);
    previous?.onAbandoned?.();
    return attempt;
  }

  isLatest(attempt: ClientAttempt<ClientSocket>): boolean {
    return this.conn.readyState === "open" && this.#attempts?.get(attempt.name) === attempt;
  }

  onDecided({ name }: ClientAttempt<ClientSocket>, socket: ClientSocket | null): void {
    this.#attempts?.delete(name);
    if (this.#attempts?.isEmpty) {
      this.#attempts = null; // most clients never have another
    }
    if (socket !== null) {
      this.#add(socket);
      this.onJoined();
    }
  }

  /** The client is gone from all namespaces. */
  protected leaveAll(): void {
    this.#first = null;
    this.#several = null;
    const attempts = this.#attempts?.values() ?? [];
    this.#attempts = null;
    for (const attempt of attempts) {
      attempt.onAbandoned?.();
    }
  }
}
