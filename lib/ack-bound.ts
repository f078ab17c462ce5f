/** How many acknowledgements one client owes in all its namespaces, and how many it may. */
interface AckTally {
  readonly most: number;
  owed: number;
}

/** Those of all clients of a server. */
export class AckTallies {
  readonly #most: number;
  // Not in the clients: where there is no such limit, none of them is larger for it.
  readonly #tallies = new WeakMap<object, AckTally>();

  private constructor(most: number) {
    this.#most = most;
  }

  /** @returns null where there is no limit */
  static make(most: number): AckTallies | null {
    return most === Number.POSITIVE_INFINITY ? null : new AckTallies(most);
  }

  /**
   * What one of a client's sockets may owe.
   *
   * @param onExceeded called at each that is too many
   */
  boundFor(client: object, onExceeded: () => void): AckBound {
    let tally = this.#tallies.get(client);
    if (tally === undefined) {
      tally = { most: this.#most, owed: 0 };
      this.#tallies.set(client, tally);
    }
    return new AckBound(tally, onExceeded);
  }
}

/** One socket's part of what its client may owe. */
export class AckBound {
  readonly #tally: AckTally;
  readonly #onExceeded: () => void;
  /** The packet ids, and whether each is given up at its time alone. */
  readonly #owed = new Map<number, boolean>();
  #closed = false;

  constructor(tally: AckTally, onExceeded: () => void) {
    this.#tally = tally;
    this.#onExceeded = onExceeded;
  }

  /** One more is owed. */
  add(id: number, isTimed: boolean): void {
    if (this.#closed) {
      return; // the server's doing: the client is not there to answer
    }
    this.#owed.set(id, isTimed);
    this.#tally.owed++;
    if (this.#tally.owed > this.#tally.most) {
      this.#onExceeded();
    }
  }

  /** It is not owed any more. */
  delete(id: number): void {
    if (this.#owed.delete(id)) {
      this.#tally.owed--;
    }
  }

  /**
   * The socket is gone. What has a timer goes on counting until that has fired, or a client that
   * leaves its namespace and joins it again would have the server keep any number of them.
   */
  close(): void {
    this.#closed = true;
    for (const [id, isTimed] of this.#owed) {
      if (!isTimed) {
        this.delete(id);
      }
    }
  }
}
