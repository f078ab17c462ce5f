/** Those who want to be told of one thing. */
export class ClientListeners<Args extends unknown[]> {
  readonly #listeners = new Set<(...args: Args) => void>();

  /** @returns what ends it */
  add(listener: (...args: Args) => void): () => void {
    // Each its own entry, though the same function be given twice.
    const own = (...args: Args) => listener(...args);
    this.#listeners.add(own);
    return () => {
      this.#listeners.delete(own);
    };
  }

  tell(...args: Args): void {
    for (const listener of [...this.#listeners]) listener(...args);
  }
}
