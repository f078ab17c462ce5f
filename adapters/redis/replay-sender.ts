import { ChannelNumbers } from "./replay-numbers.ts";
import type { Recovery } from "./replay-recovery.ts";

/** What is known of a node that sends. */
export class Sender<M> {
  readonly uid: string;
  /** The highest number of its messages. */
  highest: number;
  /**
   * The number of the last message of each channel. A negative one is of a channel that was left: it
   * has come, but of what was sent since nothing is missed.
   */
  readonly numbers = new ChannelNumbers();
  /** What is being done about missed messages. */
  recovery: Recovery<M> | undefined;
  /** Whether it was heard since that was last looked at. */
  isHeard = true;
  /** For how many looks it was not heard. */
  silence = 0;
  /** Whether it did not answer. */
  isMissing = false;
  /** The lowest number that was taken for one that came again since it told its last one. */
  repeated: number | undefined;
  /** When it was asked last, as a number came again, in ms. */
  doubtedAt = Number.NEGATIVE_INFINITY;
  /** The highest numbers of the last seconds, the oldest first. */
  #samples: number[];

  constructor(uid: string, highest: number) {
    this.uid = uid;
    this.highest = highest;
    this.#samples = [highest];
  }

  /** Remembers the highest number for a number of calls. */
  sample(count: number): void {
    this.#samples.push(this.highest);
    if (this.#samples.length > count) {
      this.#samples.shift();
    }
  }

  /** The highest number at the time of the oldest sample. */
  get oldestSample(): number {
    return this.#samples[0] ?? this.highest;
  }

  /** Forgets the numbers beyond its last one: they were in its name, and not of it. */
  correct(last: number): void {
    this.numbers.dropAbove(last);
    this.highest = Math.min(this.highest, last);
    this.#samples = this.#samples.map((sample) => Math.min(sample, last));
  }

  /** Takes note of a message that is delivered. */
  note(channel: string, number: number): void {
    const last = this.numbers.get(channel);
    this.recovery?.note(channel, number, last);
    if (last === undefined || number > last) {
      this.numbers.set(channel, number);
    }
    this.highest = Math.max(this.highest, number);
  }

  /** Forgets a channel. */
  forget(channel: string): void {
    const last = this.numbers.get(channel);
    if (last !== undefined && last > 0) {
      this.numbers.set(channel, -last);
      this.recovery?.forget(channel);
    }
  }

  /** Whether it is known which message of a channel came last. */
  isFollowed(channel: string): boolean {
    return (this.numbers.get(channel) ?? 0) > 0;
  }

  /** Whether nothing was missed between the last message of a channel and one that follows this. */
  fits(channel: string, previous: number): boolean {
    const last = this.numbers.get(channel);
    return last === undefined || last < 0 || previous <= last;
  }
}
