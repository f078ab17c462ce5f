import { LONGEST_TIMER_MS } from "../../lib/timer.ts";
import { Sender } from "./replay-sender.ts";

const SAMPLE_MS = 1_000;
const SHORTEST_SWEEP_MS = 1_000;
/** How many senders are known that were silent for longer than messages are kept. */
const MAX_SILENT = 1_000;
/** How many are known at most. */
const MAX_SENDERS = 10_000;

/** The nodes that are known; what is known of silent ones is forgotten in time, but for their number. */
export class Senders<M> {
  readonly #slackMs: number;
  readonly #senders = new Map<string, Sender<M>>();
  readonly #timers: ReturnType<typeof setInterval>[] = [];

  /**
   * @param maxDurationMs how long messages are kept by those who sent them
   * @param slackMs how far back the highest numbers are remembered
   */
  constructor(maxDurationMs: number, slackMs: number) {
    this.#slackMs = slackMs;
    const sweepMs = Math.min(Math.max(maxDurationMs / 2, SHORTEST_SWEEP_MS), LONGEST_TIMER_MS);
    this.#timers.push(setInterval(() => this.#sweep(), sweepMs));
    if (slackMs > 0) {
      this.#timers.push(setInterval(() => this.#sample(), SAMPLE_MS));
    }
    for (const timer of this.#timers) {
      timer.unref();
    }
  }

  get(uid: string): Sender<M> | undefined {
    return this.#senders.get(uid);
  }

  /** @param highest the number up to which nothing of it is missing */
  add(uid: string, highest: number): Sender<M> {
    if (this.#senders.size >= MAX_SENDERS) {
      this.#forgetOne();
    }
    const sender = new Sender<M>(uid, highest);
    this.#senders.set(uid, sender);
    return sender;
  }

  delete(uid: string): void {
    this.#senders.delete(uid);
  }

  #forgetOne(): void {
    for (const [uid, { recovery }] of this.#senders) {
      if (recovery === undefined) {
        this.#senders.delete(uid);
        return;
      }
    }
  }

  [Symbol.iterator](): Iterator<Sender<M>> {
    return this.#senders.values();
  }

  close(): void {
    for (const timer of this.#timers) {
      clearInterval(timer);
    }
    this.#senders.clear();
  }

  #sample(): void {
    const count = Math.ceil(this.#slackMs / SAMPLE_MS);
    for (const sender of this.#senders.values()) {
      sender.sample(count);
    }
  }

  #sweep(): void {
    const silent: Sender<M>[] = [];
    for (const sender of this.#senders.values()) {
      sender.silence = sender.isHeard ? 0 : sender.silence + 1;
      sender.isHeard = false;
      if (sender.silence > 2 && sender.recovery === undefined) {
        sender.numbers.clear();
        silent.push(sender);
      }
    }
    const surplus = silent.length - MAX_SILENT;
    for (const [index, { uid, isMissing }] of silent.entries()) {
      if (isMissing || index < surplus) {
        this.#senders.delete(uid);
      }
    }
  }
}
