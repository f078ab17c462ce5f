import { throwLater } from "./errors.ts";
import { LONGEST_TIMER_MS } from "./timer.ts";

/** Those that wait for the same time, and so are due in the order in which they began. */
interface Queue {
  readonly clock: DeadlineClock;
  readonly delayMs: number;
  first: Deadline | null;
  last: Deadline | null;
  timer: ReturnType<typeof setTimeout> | undefined;
  /** When the timer is over. */
  wakesAt: number;
}

/**
 * The time by which the deadlines of one server are due: the real one, unless a test moves it. It keeps
 * those that wait, so that the servers of one process have nothing to do with each other.
 */
export class DeadlineClock {
  /** By the time that they wait. */
  readonly queues = new Map<number, Queue>();
  #aheadMs = 0;

  /** In ms, from whenever. */
  get now(): number {
    return performance.now() + this.#aheadMs;
  }

  /** How long until the first of those that wait is due, in ms; Infinity where none does. */
  get untilNextMs(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const { first } of this.queues.values()) {
      next = Math.min(next, first?.dueAt ?? next);
    }
    return Math.max(0, next - this.now);
  }

  /** Goes ahead: what is due then is done at once, before this returns. */
  advance(milliseconds: number): void {
    this.#aheadMs += milliseconds;
    for (const queue of [...this.queues.values()]) {
      clearTimeout(queue.timer);
      Deadline.wake(queue, this.now);
    }
  }
}

/**
 * Something that happens when a time is over, unless it is called off. Of those that wait for the same
 * time, as sessions do by the thousand, only the first has a timer: one of its own is larger than all
 * else that a heartbeat needs, and takes longer to start and to stop.
 */
export abstract class Deadline {
  #queue: Queue | null = null;
  #dueAt = 0;
  #previous: Deadline | null = null;
  #next: Deadline | null = null;

  /** The time that counts. */
  protected abstract readonly clock: DeadlineClock;

  /** Called when the time is over. */
  protected abstract onDue(): void;

  /** When that is, by the clock. */
  get dueAt(): number {
    return this.#dueAt;
  }

  /** Begins to wait; anew, if it waits already. */
  protected wait(delayMs: number): void {
    this.cancel();
    const { clock } = this;
    let queue = clock.queues.get(delayMs);
    if (queue === undefined) {
      queue = { clock, delayMs, first: null, last: null, timer: undefined, wakesAt: 0 };
      clock.queues.set(delayMs, queue);
    }
    this.#queue = queue;
    this.#dueAt = clock.now + Math.max(1, delayMs);
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
      queue.clock.queues.delete(queue.delayMs);
    }
  }

  static #arm(queue: Queue, first: Deadline): void {
    const { now } = queue.clock;
    queue.wakesAt = Math.min(first.#dueAt, now + LONGEST_TIMER_MS);
    // Not below zero, of which the runtime warns: those before it may have taken their time.
    const delayMs = Math.max(0, Math.ceil(queue.wakesAt - now));
    queue.timer = setTimeout(Deadline.#onTimer, delayMs, queue);
  }

  static #onTimer(queue: Queue): void {
    Deadline.wake(queue, Math.max(queue.clock.now, queue.wakesAt)); // in case the timer is early
  }

  /** Does what is due in a queue at a time. @internal */
  static wake(queue: Queue, now: number): void {
    queue.timer = undefined;
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
  protected override readonly clock: DeadlineClock;
  readonly #callback: () => void;

  constructor(clock: DeadlineClock, delayMs: number, callback: () => void) {
    super();
    this.clock = clock;
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
 * @param clock whose time it is
 * @param delayMs the time
 * @param callback the function
 * @returns to call it off by
 */
export function startDeadline(
  clock: DeadlineClock,
  delayMs: number,
  callback: () => void,
): Deadline {
  return new CallbackDeadline(clock, delayMs, callback);
}
