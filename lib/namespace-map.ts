/** Values by namespace. Mostly there is one, for which a map would be too large. */
export class NamespaceMap<Value> {
  #name: string | null = null;
  #value: Value | undefined;
  /** Those of other namespaces; null where there was never another. */
  #others: Map<string, Value> | null = null;

  get isEmpty(): boolean {
    return this.#name === null && (this.#others === null || this.#others.size === 0);
  }

  get(name: string): Value | undefined {
    return this.#name === name ? this.#value : this.#others?.get(name);
  }

  set(name: string, value: Value): void {
    if (this.#name === name || this.isEmpty) {
      this.#name = name;
      this.#value = value;
    } else {
      this.#others ??= new Map();
      this.#others.set(name, value);
    }
  }

  delete(name: string): void {
    if (this.#name === name) {
      this.#name = null;
      this.#value = undefined;
    } else {
      this.#others?.delete(name);
    }
  }

  /** The namespaces; a list of its own. */
  keys(): string[] {
    const others = this.#others?.keys() ?? [];
    return this.#name === null ? [...others] : [this.#name, ...others];
  }

  /** A list of its own. */
  values(): Value[] {
    const others = this.#others?.values() ?? [];
    return this.#name === null ? [...others] : [this.#value as Value, ...others];
  }
}
