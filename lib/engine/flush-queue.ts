import { throwLater } from "../errors.ts";

/** Something with packets to write. */
export interface Flushable {
  flush(): void;
}

/** Something that waits for the end of a turn. */
export interface TurnEndListener {
  onTurnEnd(): void;
}

/**
 * Flushes sessions once per turn of the event loop, so that what one session got within the turn
 * leaves in one write. A system call costs more than all else on the way of a packet.
 *
 * `setImmediate`, not a microtask: microtasks run after every message handler and batch nothing.
 */
export class FlushQueue {
  #waiting: Flushable[] = [];
  /** Those that wait for what a request of their own had them send. */
  #withoutPoll: Flushable[] = [];
  #late: TurnEndListener[] = [];
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
    this.#current = this.#waiting.length > 0 ? null : session;
  }

  /** It has been handled. */
  leave(): void {
    this.#current = null;
  }

  /**
   * A request of a session has been handled. Where nobody else waits, which is all that has happened in
   * this turn so far, it need not wait for the end of that: the poll of a client that is being echoed to
   * is answered along with the request, and the client is woken once.
   *
   * @param isWritable whether there is a poll; else it waits, and keeps no other from leaving at once
   */
  endRequest(session: Flushable, isWritable: boolean): void {
    if (this.#waiting.length !== 1 || this.#waiting[0] !== session) {
      return;
    }
    this.#waiting.pop();
    if (isWritable) {
      flush(session);
    } else {
      this.#withoutPoll.push(session);
    }
  }

  /** Adds a session; the caller sees to it that it is added once per turn. */
  add(session: Flushable): void {
    this.#waiting.push(session);
    this.#schedule();
  }

  /** Calls a listener at the end of this turn, when the sessions have been flushed. */
  afterFlush(listener: TurnEndListener): void {
    this.#late.push(listener);
    this.#schedule();
  }

  #schedule(): void {
    if (!this.#scheduled) {
      this.#scheduled = true;
      setImmediate(this.#run);
    }
  }

  readonly #run = (): void => {
    const batches = [this.#withoutPoll, this.#waiting];
    const late = this.#late;
    this.#withoutPoll = [];
    this.#waiting = [];
    this.#late = [];
    this.#scheduled = false;
    for (const batch of batches) {
      for (const session of batch) {
        flush(session);
      }
    }
    for (const listener of late) {
      listener.onTurnEnd();
    }
  };
}

function flush(session: Flushable): void {
  try {
    session.flush();
  } catch (error) {
    throwLater(error); // of a user's listener: the other sessions are flushed all the same
  }
}
