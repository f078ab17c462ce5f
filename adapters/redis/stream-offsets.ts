import { throwLater } from "../../lib/errors.ts";
import { compareIds } from "./stream-ids.ts";

interface Waiting {
  readonly since: number;
  /** Whether it waits for an offset of its own, or only for those before it. */
  readonly needsOffset: boolean;
  run(offset: string | undefined): void;
  /** Where it is in the stream, once it is known. */
  id?: string;
}

/**
 * What this node has sent to its own clients too, and what they may not get before their offset is
 * known: it is delivered when it is read back from the stream. So the clients of all nodes get the
 * events in the order of the stream, and an offset says exactly what its client has.
 *
 * Where the offset does not come in time, as Redis is away, everything is delivered without offsets,
 * and so is what follows, until something is read back.
 */
export class OffsetQueue {
  readonly #timeoutMs: number;
  /** In their order. By the number of the message; what needs no offset, by a negative number. */
  readonly #waiting = new Map<number, Waiting>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #followers = 0;
  #isPassing = false;
  /** The last message that was delivered without an offset, and the last one that was read back. */
  #lastPassed = 0;
  #lastRead = 0;

  /** @param timeoutMs how long to wait for an offset, in ms */
  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  /** Whether everything that was delivered without an offset has been read back. */
  get isSettled(): boolean {
    return this.#lastPassed <= this.#lastRead;
  }

  /**
   * Adds something that is delivered with its offset.
   *
   * @param seq the number of the message
   */
  add(seq: number, run: (offset: string | undefined) => void): void {
    if (this.#isPassing) {
      this.#lastPassed = seq;
      call(run, undefined);
    } else {
      this.#push(seq, true, run);
    }
  }

  /** Does something now, or behind what waits. */
  follow(run: () => void): void {
    if (this.#waiting.size === 0) {
      run();
    } else {
      this.#followers++;
      this.#push(-this.#followers, false, run);
    }
  }

  /** Resolves when all that waits is delivered. */
  whenDone(): Promise<void> {
    return new Promise((resolve) => this.follow(resolve));
  }

  /** A message was written. */
  onWritten(seq: number, id: string): void {
    const found = this.#waiting.get(seq);
    if (found !== undefined) {
      found.id = id;
    }
  }

  /** A message of this node was read back. */
  onRead(seq: number, offset: string): void {
    this.#isPassing = false;
    this.#giveUpBefore(seq, offset);
    this.#lastRead = Math.max(this.#lastRead, seq);
    this.#finish(seq, offset);
  }

  /** A message was not written, and will not be. */
  onDropped(seq: number): void {
    this.#finish(seq, undefined);
  }

  /** Delivers all that waits, without offsets. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const [seq, { run, needsOffset }] of waiting) {
      if (needsOffset) {
        this.#lastPassed = Math.max(this.#lastPassed, seq);
      }
      call(run, undefined);
    }
  }

  #push(key: number, needsOffset: boolean, run: Waiting["run"]): void {
    this.#waiting.set(key, { since: performance.now(), needsOffset, run });
    if (this.#timer === undefined) {
      this.#schedule(this.#timeoutMs);
    }
  }

  /** What was to come before it in the stream will not come: the stream was deleted, or cut. */
  #giveUpBefore(seq: number, offset: string): void {
    for (const [key, { needsOffset, id }] of this.#waiting) {
      if (key === seq || (needsOffset && (id === undefined || compareIds(id, offset) > 0))) {
        return;
      }
      if (needsOffset) {
        this.#finish(key, id);
      }
    }
  }

  #finish(seq: number, offset: string | undefined): void {
    const found = this.#waiting.get(seq);
    if (found === undefined) {
      return;
    }
    this.#waiting.delete(seq);
    call(found.run, offset);
    for (const [key, { run, needsOffset }] of this.#waiting) {
      if (needsOffset) {
        return;
      }
      this.#waiting.delete(key);
      call(run, undefined);
    }
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #schedule(delayMs: number): void {
    this.#timer = setTimeout(() => this.#onTimer(), delayMs);
    this.#timer.unref();
  }

  #onTimer(): void {
    this.#timer = undefined;
    const [oldest] = this.#waiting.values();
    if (oldest === undefined) {
      return;
    }
    const restMs = oldest.since + this.#timeoutMs - performance.now();
    if (restMs > 0) {
      this.#schedule(Math.ceil(restMs));
    } else {
      this.#isPassing = true;
      this.flush();
    }
  }
}

function call(run: Waiting["run"], offset: string | undefined): void {
  try {
    run(offset);
  } catch (error) {
    throwLater(error); // of an encoder or a listener of the user: what is behind it goes on
  }
}
