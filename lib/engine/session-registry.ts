import { Grace } from "../grace.ts";
import type { Session } from "./session.ts";

/** The open sessions of an engine by id, and who waits for the last of them to end. */
export class SessionRegistry {
  readonly #sessions = new Map<string, Session>();
  readonly #grace = new Grace();

  get size(): number {
    return this.#sessions.size;
  }

  has(sid: string): boolean {
    return this.#sessions.has(sid);
  }

  get(sid: string): Session | undefined {
    return this.#sessions.get(sid);
  }

  add(session: Session): void {
    this.#sessions.set(session.id, session);
  }

  remove(session: Session): void {
    this.#sessions.delete(session.id);
    if (this.#sessions.size === 0) {
      this.#grace.end();
    }
  }

  [Symbol.iterator](): IterableIterator<Session> {
    return this.#sessions.values();
  }

  /** All of them as an object, made anew. */
  toObject(): Record<string, Session> {
    return Object.fromEntries(this.#sessions);
  }

  /**
   * Resolves when there are none, or when the time is up.
   *
   * @param graceMs the time
   */
  async whenEmpty(graceMs: number): Promise<void> {
    if (this.#sessions.size > 0) {
      await this.#grace.wait(graceMs);
    }
  }
}
