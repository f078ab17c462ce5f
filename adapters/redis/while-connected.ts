/** How long it is waited for a connection that is not known to be lost. */
const LONGEST_MS = 1_000;

/** Waits for what Redis will confirm, but not for Redis to come back. */
export class WhileConnected {
  readonly #waiting = new Set<() => void>();
  #isInterrupted = false;

  /**
   * Waits.
   *
   * @param confirmed what does not reject
   * @returns what settles with it, when the connection is lost, or after a second; undefined if the
   * connection is lost
   */
  wait(confirmed: Promise<unknown>): Promise<void> | undefined {
    if (this.#isInterrupted) {
      return undefined;
    }
    return new Promise((resolve) => {
      const settle = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(settle);
        resolve();
      };
      const timer = setTimeout(settle, LONGEST_MS);
      this.#waiting.add(settle);
      void confirmed.then(settle);
    });
  }

  onInterrupted(): void {
    this.#isInterrupted = true;
    for (const settle of [...this.#waiting]) {
      settle();
    }
  }

  onResubscribed(): void {
    this.#isInterrupted = false;
  }
}
