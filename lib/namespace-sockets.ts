/** A socket, as far as it matters here. */
interface InNamespace {
  readonly nsp: { readonly name: string };
}

/** The sockets of one client by namespace. Most have one, for which a map would be too large. */
export class SocketsByNamespace<SocketType extends InNamespace> {
  #first: SocketType | null = null;
  /** Those that came later; null where there was never another. */
  #others: Map<string, SocketType> | null = null;

  get(name: string): SocketType | undefined {
    return this.#first?.nsp.name === name ? this.#first : this.#others?.get(name);
  }

  /** Adds one; there is none in its namespace. */
  add(socket: SocketType): void {
    if (this.#first === null && (this.#others === null || this.#others.size === 0)) {
      this.#first = socket;
    } else {
      this.#others ??= new Map();
      this.#others.set(socket.nsp.name, socket);
    }
  }

  delete(socket: SocketType): void {
    if (this.#first === socket) {
      this.#first = null;
    } else {
      this.#others?.delete(socket.nsp.name);
    }
  }

  clear(): void {
    this.#first = null;
    this.#others = null;
  }

  /** All of them, the oldest first; a list of its own. */
  all(): SocketType[] {
    const others = this.#others?.values() ?? [];
    return this.#first === null ? [...others] : [this.#first, ...others];
  }
}
