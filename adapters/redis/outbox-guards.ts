import type { OutboxBacklog } from "./outbox-backlog.ts";
import type { Entry } from "./outbox-queue.ts";
import type { RedisReply } from "./port.ts";

/**
 * Watches over the commands of one key. When a connection is lost, they stand still until it has made
 * good what Redis has forgotten of those that it had answered.
 */
export interface LaneGuard {
  readonly key: string;
  /** Whether there may be something to make good. */
  readonly isOwing: boolean;
  /** Redis has carried out a command. */
  onWritten(entry: Entry, reply: RedisReply): void;
  /** A connection was lost: until {@link onMended}, Redis may be one that has forgotten. */
  onBreak(): void;
  /** All that was lost by now is made good, and the commands go on. */
  onMended(): void;
  /**
   * Makes good what is lost.
   *
   * @returns whether the others may go on; if not, it is asked again later. It does not reject.
   */
  mend(): Promise<boolean>;
}

/** How long a guard may take before it is asked anew. */
const MEND_MS = 2_000;

/** The guards of an outbox, and the lanes that stand still. */
export class OutboxGuards {
  readonly #backlog: OutboxBacklog;
  readonly #onMended: (isMended: boolean) => void;
  readonly #guards = new Map<string, Set<LaneGuard>>();
  /** The keys that stand still, with how often something was lost since. */
  readonly #breaks = new Map<string, number>();
  readonly #mending = new Set<string>();
  readonly #waiters = new Map<string, (() => void)[]>();
  /** Those that are not needed any more, but owe something. */
  readonly #leaving = new Set<LaneGuard>();

  /**
   * @param onMended called when a guard is done: with true when its commands may be sent, with false
   * when it has to be asked again
   */
  constructor(backlog: OutboxBacklog, onMended: (isMended: boolean) => void) {
    this.#backlog = backlog;
    this.#onMended = onMended;
  }

  add(guard: LaneGuard): void {
    let guards = this.#guards.get(guard.key);
    if (guards === undefined) {
      guards = new Set();
      this.#guards.set(guard.key, guards);
    }
    guards.add(guard);
  }

  /** Takes a guard away, once it has made good what is lost by now. */
  remove(guard: LaneGuard): void {
    if (this.#breaks.has(guard.key)) {
      this.#leaving.add(guard);
      return;
    }
    this.#leaving.delete(guard);
    const guards = this.#guards.get(guard.key);
    guards?.delete(guard);
    if (guards?.size === 0) {
      this.#guards.delete(guard.key);
    }
  }

  /** Whether something may have to be made good now. */
  get isOwing(): boolean {
    return [...this.#breaks.keys()].some((key) => this.#of(key).some(({ isOwing }) => isOwing));
  }

  /** Resolves when nothing of this key is to be made good. */
  whenMended(key: string): Promise<void> {
    if (!this.#breaks.has(key)) {
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      this.#waiters.set(key, [...(this.#waiters.get(key) ?? []), resolve]);
    });
  }

  /** Redis has carried out a command. */
  onWritten(entry: Entry, reply: RedisReply): void {
    const guards = this.#guards.get(entry.channel);
    if (guards !== undefined) {
      for (const guard of guards) {
        guard.onWritten(entry, reply);
      }
    }
  }

  /** A connection was lost, or a command failed: of this key, or of all. */
  onBreak(key?: string): void {
    for (const broken of key === undefined ? [...this.#guards.keys()] : [key]) {
      const guards = this.#of(broken);
      if (guards.length > 0) {
        for (const guard of guards) {
          guard.onBreak();
        }
        this.#breaks.set(broken, (this.#breaks.get(broken) ?? 0) + 1);
        this.#backlog.hold(broken);
      }
    }
  }

  /** Has all that is lost made good, where that is not under way. */
  mend(): void {
    for (const key of this.#breaks.keys()) {
      if (!this.#mending.has(key)) {
        void this.#mend(key);
      }
    }
  }

  async #mend(key: string): Promise<void> {
    this.#mending.add(key);
    const breaks = this.#breaks.get(key);
    let isMended = true;
    for (const guard of this.#of(key)) {
      isMended &&= await within(guard.mend());
    }
    this.#mending.delete(key);
    isMended &&= this.#breaks.get(key) === breaks;
    if (isMended) {
      this.#breaks.delete(key);
      this.#backlog.release(key);
      for (const guard of this.#of(key)) {
        guard.onMended();
      }
      for (const resolve of this.#waiters.get(key) ?? []) {
        resolve();
      }
      this.#waiters.delete(key);
      for (const guard of this.#leaving) {
        this.remove(guard);
      }
    }
    this.#onMended(isMended);
  }

  #of(key: string): LaneGuard[] {
    return [...(this.#guards.get(key) ?? [])];
  }
}

/** Does not wait for ever for an answer that went down with its connection. */
async function within(isMended: Promise<boolean>): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const isLate = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), MEND_MS);
  });
  try {
    return await Promise.race([isMended, isLate]);
  } finally {
    clearTimeout(timer);
  }
}
