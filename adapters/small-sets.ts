import { inspect } from "node:util";

/** A set; or what it would have in it, as long as nobody has asked for it: one member, or (null) none. */
type Stored = Set<string> | string | null;

/**
 * Sets of strings by name, as a map of them. Most are of one string, such as the sockets of a room that
 * is a socket's own, and the rooms of that socket. A set takes 340 bytes for that, so that it is not made
 * until somebody asks for it.
 */
export class SmallSets extends Map<string, Set<string>> {
  #stored(name: string): Stored | undefined {
    return super.get(name) as Stored | undefined;
  }

  #store(name: string, stored: Stored): void {
    super.set(name, stored as Set<string>);
  }

  /** The set of a name: kept, and so the same the next time. */
  override get(name: string): Set<string> | undefined {
    const stored = this.#stored(name);
    if (stored === undefined || stored instanceof Set) {
      return stored;
    }
    const set = toSet(stored);
    this.#store(name, set);
    return set;
  }

  /** The same to look at now: what has to be made for it is not kept. */
  peek(name: string): ReadonlySet<string> | undefined {
    const stored = this.#stored(name);
    return stored === undefined || stored instanceof Set ? stored : toSet(stored);
  }

  /** Makes an empty set, where there is no set of that name. */
  open(name: string): void {
    if (!this.has(name)) {
      this.#store(name, null);
    }
  }

  /**
   * Adds a member to a set, which is made where there is none.
   *
   * @returns whether it was none before
   */
  addTo(name: string, member: string): boolean {
    // Names of rooms are numbers in some programs.
    if (!this.#stored(name) && typeof member === "string" && member !== "") {
      this.#store(name, member);
      return true;
    }
    if (this.#stored(name) === member) {
      return false;
    }
    const set = this.get(name) ?? new Set();
    const { size } = set;
    this.#store(name, set.add(member));
    return set.size > size;
  }

  /** @returns whether it was a member of that set, which stays even if it is empty */
  deleteFrom(name: string, member: string): boolean {
    const stored = this.#stored(name);
    if (stored instanceof Set) {
      return stored.delete(member);
    }
    const isMember = stored === member;
    if (isMember) {
      this.#store(name, null);
    }
    return isMember;
  }

  /** Whether there is a set of that name with nothing in it. */
  isEmpty(name: string): boolean {
    const stored = this.#stored(name);
    return stored === null || (stored instanceof Set && stored.size === 0);
  }

  #makeAll(): void {
    for (const name of this.keys()) {
      this.get(name);
    }
  }

  override forEach(
    callback: (value: Set<string>, key: string, map: Map<string, Set<string>>) => void,
    self?: unknown,
  ): void {
    this.#makeAll();
    super.forEach(callback, self);
  }

  override values(): MapIterator<Set<string>> {
    this.#makeAll();
    return super.values();
  }

  override entries(): MapIterator<[string, Set<string>]> {
    this.#makeAll();
    return super.entries();
  }

  override [Symbol.iterator](): MapIterator<[string, Set<string>]> {
    return this.entries();
  }

  [inspect.custom](): Map<string, Set<string>> {
    return new Map(this.entries());
  }
}

function toSet(only: string | null): Set<string> {
  return only === null ? new Set() : new Set([only]);
}
