import { throwLater } from "./errors.ts";
import { LONGEST_TIMER_MS } from "./timer.ts";

/** Those that wait for the same time, and so are due in the order in which they began. */
interface Queue {
  readonly delayMs: number;
  first: Deadline | null;
  last: Deadline | null;
  timer: ReturnType<typeof setTimeout> | undefined;
  /** When the timer is over. */
  wakesAt: number;
}

/**
 * Something that happens when a time is over, unless it is called off. Of those that wait for the same
 * time, as sessions do by the thousand, only the first has a timer: one of its own is larger than all
 * else that a heartbeat needs, and takes longer to start and to stop.
 */
export abstract class Deadline {
  static readonly #queues = new Map<number, Queue>();
  #queue: Queue | null = null;
  #dueAt = 0;
  #previous: Deadline | null = null;
  #next: Deadline | null = null;

  /** Called when the time is over. */
  protected abstract onDue(): void;

  /** Begins to wait; anew, if it waits already. */
  protected wait(delayMs: number): void {
    this.cancel();
    let queue = Deadline.#queues.get(delayMs);
    if (queue === undefined) {
      queue = { delayMs, first: null, last: null, timer: undefined, wakesAt: 0 };
      Deadline.#queues.set(delayMs, queue);
    }
    this.#queue = queue;
    this.#dueAt = performance.now() + Math.max(1, delayMs);
    this.#previous = queue.last;
    if (queue.last === null) {
      queue.first = this;
      Deadline.#arm(queue, this);
    } else {
      queue.last.#next = this;
    }
    queue.last = this;
  }

  /** Waits no longer. */
  cancel(): void {
    const queue = this.#queue;
    if (queue === null) {
      return;
    }
    if (this.#previous === null) {
      queue.first = this.#next;
    } else {
      this.#previous.#next = this.#next;
    }
    if (this.#next === null) {
      queue.last = this.#previous;
    } else {
      this.#next.#previous = this.#previous;
    }
    this.#queue = null;
    this.#previous = null;
    this.#next = null;
    if (queue.first === null) {
      clearTimeout(queue.timer); // which would keep the process from its end
      Deadline.#queues.delete(queue.delayMs);
    }
  }

  static #arm(queue: Queue, first: Deadline): void {
    const now = performance.now();
    queue.wakesAt = Math.min(first.#dueAt, now + LONGEST_TIMER_MS);
    // Not below zero, of which the runtime warns: those before it may have taken their time.
    const delayMs = Math.max(0, Math.ceil(queue.wakesAt - now));
    queue.timer = setTimeout(Deadline.#wake, delayMs, queue);
  }

  static #wake(queue: Queue): void {
    queue.timer = undefined;
    const now = Math.max(performance.now(), queue.wakesAt); // in case the timer is early
    while (queue.first !== null && queue.first.#dueAt <= now) {
      const deadline = queue.first;
      deadline.cancel();
      try {
        deadline.onDue();
      } catch (error) {
        throwLater(error); // the others are due all the same
      }
    }
    if (queue.first !== null) {
      Deadline.#arm(queue, queue.first);
    }
  }
}

/** A deadline of those that are too few, or over too soon, for a class of their own. */
class CallbackDeadline extends Deadline {
  readonly #callback: () => void;

  constructor(delayMs: number, callback: () => void) {
    super();
    this.#callback = callback;
    this.wait(delayMs);
  }

  protected override onDue(): void {
    this.#callback();
  }
}

/**
 * Calls a function when a time is over.
 *
 * @param delayMs the time
 * @param callback the function
 * @returns to call it off by
 */
export function startDeadline(delayMs: number, callback: () => void): Deadline {
  return new CallbackDeadline(delayMs, callback);
}
