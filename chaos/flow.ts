// What came of the broadcasts of one node at the client of another, or at its own.

/** Arrivals are missed that long before it is called a silence. */
export const SILENCE_MS = 500;

/** Between two arrivals that were further apart than any others. */
export interface Silence {
  ms: number;
  /** When it ended. */
  until: number;
}

/** Counts exactly: every broadcast has a number, from 1, without a gap. */
export class Flow {
  readonly #seen: boolean[] = [];
  #unique = 0;
  #watchedAt = 0;
  #highest = 0;
  #silence: Silence = { ms: 0, until: 0 };
  #waitsFor: { sentAfter: number; resolve: () => void }[] = [];
  /** How often a broadcast came again. */
  duplicates = 0;
  /** How often a broadcast came after one that was sent later. */
  disorder = 0;
  /** The longest way of a broadcast, in ms. */
  maxDelay = 0;
  /** When the last one came. */
  lastAt = 0;

  /** How many different broadcasts have come. */
  get unique(): number {
    return this.#unique;
  }

  /** The highest number that has come. */
  get highest(): number {
    return this.#highest;
  }

  /** The longest silence since {@link watch}. */
  get silence(): Silence {
    return this.#silence;
  }

  /** A broadcast has come. All times are in ms since the epoch. */
  arrived(number: number, sentAt: number, now: number): void {
    const quietSince = Math.max(this.lastAt, this.#watchedAt);
    if (quietSince > 0 && now - quietSince > this.#silence.ms) {
      this.#silence = { ms: now - quietSince, until: now };
    }
    this.lastAt = now;
    if (this.#seen[number]) {
      this.duplicates++;
      return;
    }
    this.#seen[number] = true;
    this.#unique++;
    if (number < this.#highest) this.disorder++;
    else this.#highest = number;
    this.maxDelay = Math.max(this.maxDelay, now - sentAt);
    const waiting = this.#waitsFor;
    if (waiting.length > 0) {
      this.#waitsFor = waiting.filter(({ sentAfter }) => sentAt <= sentAfter);
      for (const { sentAfter, resolve } of waiting) if (sentAt > sentAfter) resolve();
    }
  }

  /** From now on, silences are looked for. */
  watch(now: number): void {
    this.#watchedAt = now;
    this.#silence = { ms: 0, until: now };
  }

  /** Resolves when a broadcast comes that was sent after that time. */
  next(sentAfter: number): Promise<void> {
    return new Promise((resolve) => this.#waitsFor.push({ sentAfter, resolve }));
  }

  /** How many of so many that were sent have not come. */
  lost(sent: number): number {
    return Math.max(sent, this.#highest) - this.#unique;
  }
}
