import type { ConnectAttempt } from "./socket-ports.ts";

/** What an attempt needs of its client. */
export interface AttemptPort<SocketType> {
  isLatest(attempt: ClientAttempt<SocketType>): boolean;
  /** Decided: with a socket, it is let in. */
  onDecided(attempt: ClientAttempt<SocketType>, socket: SocketType | null): void;
}

/** A client's attempt to join a namespace. */
export class ClientAttempt<SocketType> implements ConnectAttempt<SocketType> {
  onAbandoned: (() => void) | null = null;
  /** What is known of the namespace, which may not be there yet. */
  readonly nsp: { readonly name: string };
  readonly #client: AttemptPort<SocketType>;

  constructor(client: AttemptPort<SocketType>, name: string) {
    this.#client = client;
    this.nsp = { name };
  }

  get isWanted(): boolean {
    return this.#client.isLatest(this);
  }

  onConnected(socket: SocketType): void {
    this.#client.onDecided(this, socket);
  }

  onRefused(): void {
    this.#client.onDecided(this, null);
  }
}
