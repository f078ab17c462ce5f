const REMEMBERED_GAPS = 1_000;
const FORGET_AFTER_MS = 600_000;
const SWEEP_EVERY = 10_000;

interface Sender {
  last: number;
  /** Numbers below the last one that have not been seen. */
  readonly missing: Set<number>;
  heardAt: number;
}

/**
 * Which messages of which nodes were seen. A node whose connection broke as it wrote does not know
 * whether Redis got it, and writes it again: so there can be two entries of one message.
 */
export class Senders {
  readonly #senders = new Map<string, Sender>();
  #untilSweep = SWEEP_EVERY;

  /**
   * Whether a message is seen for the first time.
   *
   * @param uid the node
   * @param seq the number of the message among those of its node
   */
  isNew(uid: string, seq: number): boolean {
    this.#untilSweep--;
    if (this.#untilSweep === 0) {
      this.#sweep();
    }
    let sender = this.#senders.get(uid);
    if (sender === undefined) {
      sender = { last: 0, missing: new Set(), heardAt: 0 };
      this.#senders.set(uid, sender);
    }
    sender.heardAt = performance.now();
    const { last, missing } = sender;
    if (seq <= last) {
      return missing.delete(seq);
    }
    // They may come yet: where a write fails, those behind it need not wait for it.
    for (let number = Math.max(last + 1, seq - REMEMBERED_GAPS); number < seq; number++) {
      missing.add(number);
    }
    sender.last = seq;
    for (const number of missing) {
      if (missing.size <= REMEMBERED_GAPS) {
        break;
      }
      missing.delete(number);
    }
    return true;
  }

  #sweep(): void {
    this.#untilSweep = SWEEP_EVERY;
    const now = performance.now();
    for (const [uid, { heardAt }] of this.#senders) {
      if (now - heardAt > FORGET_AFTER_MS) {
        this.#senders.delete(uid);
      }
    }
  }
}
