/** What has waited for so long was held up, and much else with it; in ms. */
const LATE_MS = 200;
/** For so long other nodes may take to be back, and to read what was written meanwhile. */
const LIFTED_MS = 10_000;
/** Where it goes on and on, so long at once, and then as long not: too much is sent for Redis, all the time. */
const LONGEST_MS = 30_000;
/** So many no stream has. */
const NONE = Number.MAX_SAFE_INTEGER;

/**
 * How long a stream may become. When Redis is back, all nodes write at once what has waited, which may be more
 * than is kept, and others are not there to read it yet: then nothing is cut off for a while.
 */
export class StreamLimit {
  readonly #maxLen: number;
  readonly #owedMs: () => number;
  #liftedFrom = Number.NEGATIVE_INFINITY;
  #liftedUntil = Number.NEGATIVE_INFINITY;

  /**
   * @param maxLen how many messages are to be kept, at least
   * @param owedMs for how long Redis has answered nothing although it should have, in ms
   */
  constructor(maxLen: number, owedMs: () => number) {
    this.#maxLen = maxLen;
    this.#owedMs = owedMs;
  }

  /**
   * Redis is away, or back.
   *
   * @param now the time, in ms
   */
  lift(now = performance.now()): void {
    if (now >= this.#liftedUntil) {
      const wasLong = this.#liftedUntil - this.#liftedFrom >= LONGEST_MS;
      if (wasLong && now - this.#liftedUntil < LONGEST_MS) {
        return;
      }
      this.#liftedFrom = now;
    }
    this.#liftedUntil = Math.min(now + LIFTED_MS, this.#liftedFrom + LONGEST_MS);
  }

  /** Whether nothing is to be cut off now. */
  get isLifted(): boolean {
    return performance.now() < this.#liftedUntil;
  }

  /**
   * An entry is made, which may wait.
   *
   * @param now the time, in ms
   * @returns that time
   */
  onMade(now = performance.now()): number {
    if (this.#owedMs() >= LATE_MS) {
      this.lift(now);
    }
    return now;
  }

  /**
   * How many entries are to be kept behind one that is written now.
   *
   * @param madeAt when it was made, in ms
   * @param now the time, in ms
   */
  entriesFor(madeAt: number, now = performance.now()): number {
    if (now - madeAt >= LATE_MS) {
      this.lift(now);
    }
    return now < this.#liftedUntil ? NONE : this.#maxLen;
  }
}
