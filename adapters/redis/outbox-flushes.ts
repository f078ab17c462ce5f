import { LONGEST_TIMER_MS } from "../../lib/timer.ts";

/** Those who wait until what was given up to a number is sent or dropped. */
export class OutboxFlushes {
  readonly #isSettled: (last: number) => boolean;
  readonly #waiting = new Set<{ readonly last: number; readonly resolve: () => void }>();

  /** @param isSettled whether nothing up to a number is left */
  constructor(isSettled: (last: number) => boolean) {
    this.#isSettled = isSettled;
  }

  /**
   * Waits.
   *
   * @returns whether nothing is left
   */
  async wait(last: number, timeoutMs: number): Promise<boolean> {
    if (!this.#isSettled(last)) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const flush = { last, resolve };
      this.#waiting.add(flush);
      const timer = setTimeout(resolve, Math.min(timeoutMs, LONGEST_TIMER_MS));
      await promise;
      clearTimeout(timer);
      this.#waiting.delete(flush);
    }
    return this.#isSettled(last);
  }

  /** Something was sent or dropped. */
  settle(): void {
    for (const { last, resolve } of this.#waiting) {
      if (this.#isSettled(last)) {
        resolve();
      }
    }
  }
}
