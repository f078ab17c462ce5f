const REMEMBERED_GAPS = 1_000;
const REMEMBERED_SENDERS = 10_000;
const FORGET_AFTER_MS = 600_000;
const SWEEP_EVERY = 10_000;

/** Numbers that have not been seen: the first of them, and the one behind the last. */
interface Gap {
  from: number;
  to: number;
}

interface Sender {
  last: number;
  /** What is missing below the last number, in order. */
  gaps: Gap[];
  heardAt: number;
}

/**
 * Which messages of which nodes were seen. A node whose connection broke as it wrote does not know
 * whether Redis got it, and writes it again: so there can be two entries of one message.
 *
 * What was not seen counts as new however late it comes: a number that was forged has no message of
 * the node itself dropped.
 */
export class Senders {
  readonly #senders = new Map<string, Sender>();
  #untilSweep = SWEEP_EVERY;

  /**
   * Whether a message is seen for the first time.
   *
   * @param uid the node
   * @param seq the number of the message among those of its node, 1 or more
   */
  isNew(uid: string, seq: number): boolean {
    this.#untilSweep--;
    if (this.#untilSweep === 0) {
      this.#sweep();
    }
    const sender = this.#senders.get(uid) ?? this.#add(uid);
    sender.heardAt = performance.now();
    if (seq <= sender.last) {
      return fill(sender, seq);
    }
    // They may come yet: where a write fails, those behind it need not wait for it.
    if (seq > sender.last + 1) {
      sender.gaps.push({ from: sender.last + 1, to: seq });
      limit(sender.gaps);
    }
    sender.last = seq;
    return true;
  }

  #add(uid: string): Sender {
    if (this.#senders.size >= REMEMBERED_SENDERS) {
      const [oldest = ""] = this.#senders.keys();
      this.#senders.delete(oldest);
    }
    const sender = { last: 0, gaps: [], heardAt: 0 };
    this.#senders.set(uid, sender);
    return sender;
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

/** Takes a number out of the gaps; returns whether it was in one. */
function fill({ gaps }: Sender, seq: number): boolean {
  const index = gaps.findLastIndex(({ from, to }) => from <= seq && seq < to);
  const gap = gaps[index];
  if (gap === undefined) {
    return false;
  }
  const rests = [
    { from: gap.from, to: seq },
    { from: seq + 1, to: gap.to },
  ].filter(({ from, to }) => from < to);
  gaps.splice(index, 1, ...rests);
  limit(gaps);
  return true;
}

/** Where there are too many, two become one: rather is a message taken twice than not at all. */
function limit(gaps: Gap[]): void {
  const [first, second] = gaps;
  if (gaps.length > REMEMBERED_GAPS && first !== undefined && second !== undefined) {
    gaps.splice(0, 2, { from: first.from, to: second.to });
  }
}
