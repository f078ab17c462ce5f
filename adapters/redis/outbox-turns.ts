/** What comes so much later than what came before it, in ms, is not of one burst with it. */
const APART_MS = 0.2;
/** So many turns of one message each make one expect that the next one is alone, too. */
const ALONE_TURNS = 4;

/**
 * When an outbox sends: once a turn of the event loop, so that what comes together leaves together;
 * and at once while messages come one by one, as there would be nothing to wait for.
 */
export class OutboxTurns {
  readonly #onEnd: () => void;
  #isOpen = false;
  /** How many messages came in this turn. */
  #count = 0;
  /** How many turns in a row had but one. */
  #alone = 0;
  /** When the last turn in which something came has begun, in ms, or when the last one alone came. */
  #now = 0;

  /** @param onEnd called at the end of a turn in which something came that was not sent at once */
  constructor(onEnd: () => void) {
    this.#onEnd = onEnd;
  }

  /** The time at which the last message came, or one before it in the same turn. */
  get now(): number {
    return this.#now;
  }

  /**
   * Something is to be sent.
   *
   * @param isIdle whether Redis has answered all that was sent
   * @returns whether to send it at once
   */
  add(isIdle: boolean): boolean {
    if (this.#isOpen) {
      this.#count++;
      return false;
    }
    const now = performance.now();
    const isApart = now - this.#now >= APART_MS;
    this.#now = now;
    if (isApart && isIdle && this.#alone >= ALONE_TURNS) {
      return true;
    }
    if (!isApart) {
      this.#alone = 0;
    }
    this.#count = 1;
    this.#isOpen = true;
    setImmediate(this.#end);
    return false;
  }

  /** Something that waits is to be sent at the end of this turn, with what comes until then. */
  open(): void {
    if (!this.#isOpen) {
      this.#count = 0;
      this.#isOpen = true;
      setImmediate(this.#end);
    }
  }

  readonly #end = (): void => {
    this.#isOpen = false;
    if (this.#count > 0) {
      this.#alone = this.#count === 1 ? this.#alone + 1 : 0;
    }
    this.#onEnd();
  };
}
