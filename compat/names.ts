// Stable names for what is random: ids of sessions and sockets, offsets, ports.

/** The id of an entry of a Redis stream: a time in ms, and a number. */
const STREAM_ID = /\b\d{13}-\d+\b/g;

/** Replaces each id that is known by its name. */
export class Names {
  readonly #names = new Map<string, string>();
  readonly #counts = new Map<string, number>();

  /**
   * Gives an id a name, unless it has one.
   *
   * @param name what it is; a second id of the same name gets ` 2` behind it
   */
  add(id: string, name: string): void {
    if (id === "" || this.#names.has(id)) {
      return;
    }
    const count = (this.#counts.get(name) ?? 0) + 1;
    this.#counts.set(name, count);
    this.#names.set(id, count === 1 ? `<${name}>` : `<${name} ${count}>`);
  }

  /** Gives ids one name in common. */
  addAll(ids: Iterable<string>, name: string): void {
    for (const id of ids) {
      if (id !== "" && !this.#names.has(id)) {
        this.#names.set(id, `<${name}>`);
      }
    }
  }

  /** A text with names instead of ids. */
  apply(text: string): string {
    let result = text;
    // The longest first: an id may be a part of another.
    for (const [id, name] of [...this.#names].sort(([a], [b]) => b.length - a.length)) {
      result = result.replaceAll(id, name);
    }
    return result.replace(STREAM_ID, "<offset>");
  }
}
