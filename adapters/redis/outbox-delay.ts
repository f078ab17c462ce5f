/** The longest of the delays of the last while. */
export class LongestDelay {
  readonly #windowMs: number;
  #startedAt = 0;
  #current = 0;
  #previous = 0;

  /** @param windowMs how far back it looks, at least; at most it is twice as far */
  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  add(now: number, delayMs: number): void {
    this.#turn(now);
    this.#current = Math.max(this.#current, delayMs);
  }

  at(now: number): number {
    this.#turn(now);
    return Math.max(this.#previous, this.#current);
  }

  #turn(now: number): void {
    const age = now - this.#startedAt;
    if (age >= this.#windowMs) {
      this.#previous = age < 2 * this.#windowMs ? this.#current : 0;
      this.#current = 0;
      this.#startedAt = now;
    }
  }
}
