import { throwLater } from "../errors.ts";

/** Something with packets to write. */
export interface Flushable {
  flush(): void;
}

/**
 * Flushes sessions once per turn of the event loop, so that what one session got within the turn
 * leaves in one write. A system call costs more than all else on the way of a packet.
 *
 * `setImmediate`, not a microtask: microtasks run after every message handler and batch nothing.
 */
export class FlushQueue {
  #waiting: Flushable[] = [];
  #scheduled = false;

  /** The session whose message is being handled, if nobody waited when that began. */
  #current: Flushable | null = null;

  /**
   * Whether what a session gets can leave at once: where it has sent a message itself, which is all
   * that has happened in this turn so far.
   */
  mayPass(session: Flushable): boolean {
    return this.#current === session;
  }

  /** A message of a session is being handled. */
  enter(session: Flushable): void {
    this.#current = this.#scheduled ? null : session;
  }

  /** It has been handled. */
  leave(): void {
    this.#current = null;
  }

  /** Adds a session; the caller sees to it that it is added once per turn. */
  add(session: Flushable): void {
    this.#waiting.push(session);
    if (!this.#scheduled) {
      this.#scheduled = true;
      setImmediate(this.#run);
    }
  }

  readonly #run = (): void => {
    const batch = this.#waiting;
    this.#waiting = [];
    this.#scheduled = false;
    for (const session of batch) {
      try {
        session.flush();
      } catch (error) {
        throwLater(error); // of a user's listener: the other sessions are flushed all the same
      }
    }
  };
}
