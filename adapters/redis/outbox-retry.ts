const FIRST_RETRY_MS = 50;
const LAST_RETRY_MS = 500;

/** Has something tried again, later and later. */
export class OutboxRetry {
  readonly #onRetry: () => void;
  #delayMs = FIRST_RETRY_MS;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(onRetry: () => void) {
    this.#onRetry = onRetry;
  }

  /** Tries again in a while, unless that is to be done already. */
  later(): void {
    if (this.#timer === undefined) {
      const delayMs = this.#delayMs * (0.5 + Math.random() / 2);
      this.#timer = setTimeout(() => this.now(), delayMs);
      this.#timer.unref();
      this.#delayMs = Math.min(this.#delayMs * 2, LAST_RETRY_MS);
    }
  }

  /** Tries again. */
  now(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#onRetry();
  }

  /** It has worked: the next time, it begins with a short while again. */
  reset(): void {
    this.#delayMs = FIRST_RETRY_MS;
  }
}
