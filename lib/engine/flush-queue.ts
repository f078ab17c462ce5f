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
