/** An answer that comes so soon is waited for: what was sent meanwhile then leaves in one write. */
const SOON_MS = 2;
/** So long lies between one lot and the next, at least. */
const APART_MS = 0.3;
/** What is not held up for that, nor for an answer. */
const GATHERED_BYTES = 64 * 1024;

/** Nothing is held up unless so many messages were sent in so many milliseconds. */
const MANY = 3;
const WINDOW_MS = 2;

/**
 * How long what waits at the end of a turn goes on waiting, so that more of it leaves at once: under
 * load a lot costs Redis and each node several system calls, however small it is. Where there is little to
 * send nothing waits.
 */
export class OutboxPace {
  readonly #onDue: () => void;
  /** How long the last answer took. */
  #roundTripMs = Number.POSITIVE_INFINITY;
  /** When the last lot was sent, in ms. */
  #sentAt = 0;
  /** Since when messages are counted, in ms, how many they are, and how many they were before. */
  #countedFrom = 0;
  #count = 0;
  #lastCount = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param onDue called within about a millisecond where {@link holds} has said so for no answer */
  constructor(onDue: () => void) {
    this.#onDue = onDue;
  }

  onSent(messages: number): void {
    const now = performance.now();
    this.#countUntil(now);
    this.#count += messages;
    this.#sentAt = now;
  }

  #countUntil(now: number): void {
    const elapsedMs = now - this.#countedFrom;
    if (elapsedMs >= WINDOW_MS) {
      this.#lastCount = elapsedMs < 2 * WINDOW_MS ? this.#count : 0;
      this.#count = 0;
      this.#countedFrom = now;
    }
  }

  onAnswer(roundTripMs: number): void {
    this.#roundTripMs = roundTripMs;
  }

  /**
   * Whether what waits is not to be sent yet.
   *
   * @param messages how many wait
   * @param bytes how much that is
   * @param isAnswerDue whether an answer is to come, which will have it sent
   */
  holds(messages: number, bytes: number, isAnswerDue: boolean): boolean {
    const now = performance.now();
    this.#countUntil(now);
    if (bytes >= GATHERED_BYTES || Math.max(this.#count, this.#lastCount) + messages < MANY) {
      return false;
    }
    if (isAnswerDue && this.#roundTripMs < SOON_MS) {
      return true;
    }
    if (now - this.#sentAt >= APART_MS) {
      return false;
    }
    // Mostly a turn with another message is sooner: then this has nothing to do.
    this.#timer ??= setTimeout(this.#onTimer, APART_MS);
    return true;
  }

  readonly #onTimer = (): void => {
    this.#timer = undefined;
    this.#onDue();
  };
}
