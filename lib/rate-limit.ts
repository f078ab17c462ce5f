/**
 * How often something may happen: so many times a second on the average, and so many at once after a
 * second of rest. (A token bucket.)
 */
export class RateLimit {
  readonly #perSecond: number;
  #left: number;
  #at: number;

  /**
   * @param perSecond how often
   * @param now the time, in ms
   */
  constructor(perSecond: number, now: number) {
    this.#perSecond = perSecond;
    this.#left = perSecond;
    this.#at = now;
  }

  /**
   * It is to happen once more.
   *
   * @param now the time, in ms, of the clock that the constructor was told of
   * @returns whether it may
   */
  take(now: number): boolean {
    const refill = ((now - this.#at) / 1000) * this.#perSecond;
    this.#at = now;
    this.#left = Math.min(Math.max(1, this.#perSecond), this.#left + Math.max(0, refill));
    if (this.#left < 1) {
      return false;
    }
    this.#left--;
    return true;
  }
}
