import { SMALLEST_BUNDLE } from "./bundler.ts";

/** An answer that comes so soon is waited for: what was sent meanwhile then leaves in one write. */
const SOON_MS = 2;
/** Where messages leave by the lot, so long lies between one lot and the next, at least. */
const APART_MS = 0.3;
/** What is not held up for that, nor for an answer. */
const GATHERED_BYTES = 64 * 1024;

/**
 * How long what waits at the end of a turn goes on waiting, so that more of it leaves at once: under
 * load a lot costs Redis and each node several system calls, however small it is.
 */
export class OutboxPace {
  readonly #onDue: () => void;
  /** How long the last answer took. */
  #roundTripMs = Number.POSITIVE_INFINITY;
  /** When the last lot was sent, in ms, and how many messages it had. */
  #sentAt = 0;
  #lastLot = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param onDue called within about a millisecond where {@link holds} has said so for no answer */
  constructor(onDue: () => void) {
    this.#onDue = onDue;
  }

  onSent(messages: number): void {
    this.#sentAt = performance.now();
    this.#lastLot = messages;
  }

  onAnswer(roundTripMs: number): void {
    this.#roundTripMs = roundTripMs;
  }

  /**
   * Whether what waits is not to be sent yet.
   *
   * @param bytes how much waits
   * @param isAnswerDue whether an answer is to come, which will have it sent
   */
  holds(bytes: number, isAnswerDue: boolean): boolean {
    if (bytes >= GATHERED_BYTES) {
      return false;
    }
    if (isAnswerDue && this.#roundTripMs < SOON_MS) {
      return true;
    }
    if (this.#lastLot < SMALLEST_BUNDLE || performance.now() - this.#sentAt >= APART_MS) {
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
