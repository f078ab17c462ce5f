import { LONGEST_TIMER_MS } from "../../lib/timer.ts";
import type { Link, ReplayAnswer } from "../cluster/messages.ts";
import type { Payload } from "./port.ts";
import { ChannelNumbers } from "./replay-numbers.ts";

const PRUNE_INTERVAL_MS = 1_000; // messages go in lots

/** What a message takes beside its payload, about. */
const ENTRY_BYTES = 128;

/** Of how many channels the last number is kept. */
const CHANNELS = 65_536;

/** Which messages are wanted. */
export interface Since {
  /** Only those of these channels. */
  readonly channels: ReadonlySet<string> | undefined;
  /** Also those that were sent up to so many ms before the one after which is asked. */
  readonly slackMs: number;
  /** How many bytes of payload, about; at least one message is given. */
  readonly maxBytes: number;
}

/** What a node sent in the last minutes, each message under its number. */
export class SentLog {
  readonly #maxDurationMs: number;
  readonly #maxBytes: number;
  readonly #numbers = new ChannelNumbers(CHANNELS);
  // What is kept, in lists side by side: a hundred thousand objects would be work for the collector.
  #payloads: Payload[] = [];
  #channels: string[] = [];
  #sizes: number[] = [];
  /** When they were sent, in ms. */
  #times: number[] = [];
  /** Where what is kept begins in them; what is before is gone. */
  #head = 0;
  #bytes = 0;
  #last = 0;
  /** The number of the last message that was kept once and is not any more. */
  #gone = 0;
  /** When that was sent. */
  #goneAt = Number.NEGATIVE_INFINITY;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param maxDurationMs how long a message is kept, in ms
   * @param maxBytes how many bytes are kept, 128 for each message included
   */
  constructor(maxDurationMs: number, maxBytes: number) {
    this.#maxDurationMs = maxDurationMs;
    this.#maxBytes = maxBytes;
  }

  /** The number of the last message. */
  get last(): number {
    return this.#last;
  }

  /** How many messages are kept. */
  get length(): number {
    return this.#payloads.length - this.#head;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The link of the next message. It counts once that is kept. */
  next(channel: string): Link {
    return [this.#last + 1, this.#numbers.get(channel) ?? 0];
  }

  /** Keeps a message that has the link that {@link next} gave last. */
  keep([number]: Link, channel: string, payload: Payload): void {
    this.#last = number;
    this.#numbers.set(channel, number);
    const size = payload.length + ENTRY_BYTES;
    this.#payloads.push(payload);
    this.#channels.push(channel);
    this.#sizes.push(size);
    this.#times.push(performance.now());
    this.#bytes += size;
    while (this.#bytes > this.#maxBytes) {
      this.#dropFirst();
    }
    this.#schedule();
  }

  /** Whether anything was sent on other channels since the last message on this one. */
  isAhead(channel: string): boolean {
    return (this.#numbers.get(channel) ?? 0) < this.#last;
  }

  /**
   * The number of the last message before a time, or of one that is not kept any more.
   *
   * @param time in ms since 1970
   */
  lastBefore(time: number): number {
    const at = performance.now() - (Date.now() - time);
    if (at <= this.#goneAt) {
      return Math.max(0, this.#gone - 1);
    }
    let index = this.#times.length;
    while (index > this.#head && (this.#times[index - 1] ?? 0) >= at) {
      index--;
    }
    return this.#numberAt(index) - 1;
  }

  /** The messages after a number, in order. */
  since(
    after: number,
    { channels, slackMs, maxBytes }: Since,
  ): Pick<ReplayAnswer, "messages" | "isMore" | "isIncomplete"> {
    const messages: ReplayAnswer["messages"] = [];
    let bytes = 0;
    let isMore = false;
    for (let index = this.#indexAfter(after, slackMs); index < this.#payloads.length; index++) {
      const channel = this.#channels[index] ?? "";
      const payload = this.#payloads[index] ?? "";
      if (channels?.has(channel) === false) {
        continue;
      }
      if (messages.length > 0 && bytes + payload.length > maxBytes) {
        isMore = true;
        break;
      }
      bytes += payload.length + channel.length;
      messages.push([this.#numberAt(index), channel, payload]);
    }
    return { messages, isMore, isIncomplete: after < this.#gone };
  }

  /** The number of what is at a place: numbers have no holes. */
  #numberAt(index: number): number {
    return this.#gone + 1 + index - this.#head;
  }

  #indexAfter(after: number, slackMs: number): number {
    const index = Math.max(this.#head, this.#head + after - this.#gone);
    const at = this.#times[index - 1] ?? this.#times[index];
    if (slackMs <= 0 || at === undefined) {
      return index;
    }
    let first = index;
    while (first > this.#head && (this.#times[first - 1] ?? 0) >= at - slackMs) {
      first--;
    }
    return first;
  }

  /** Drops all messages; the numbers go on. */
  clear(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#cut(this.#payloads.length);
    this.#bytes = 0;
    this.#gone = this.#last;
    this.#goneAt = performance.now();
  }

  #dropFirst(): void {
    const head = this.#head;
    const size = this.#sizes[head];
    if (size === undefined) {
      this.#bytes = 0;
      return;
    }
    this.#bytes -= size;
    this.#gone++;
    this.#goneAt = this.#times[head] ?? 0;
    this.#payloads[head] = ""; // or it would stay in memory
    this.#head++;
    if (this.#head >= 1_024 && this.#head * 2 >= this.#payloads.length) {
      this.#cut(this.#head);
    }
  }

  /** Makes the lists begin at a place. */
  #cut(head: number): void {
    this.#payloads = this.#payloads.slice(head);
    this.#channels = this.#channels.slice(head);
    this.#sizes = this.#sizes.slice(head);
    this.#times = this.#times.slice(head);
    this.#head = 0;
  }

  #schedule(): void {
    const oldest = this.#times[this.#head];
    if (this.#timer === undefined && oldest !== undefined) {
      const delayMs = oldest + this.#maxDurationMs + PRUNE_INTERVAL_MS - performance.now();
      this.#timer = setTimeout(() => this.#prune(), Math.min(delayMs, LONGEST_TIMER_MS));
      this.#timer.unref();
    }
  }

  #prune(): void {
    this.#timer = undefined;
    const deadline = performance.now() - this.#maxDurationMs;
    while ((this.#times[this.#head] ?? Number.POSITIVE_INFINITY) <= deadline) {
      this.#dropFirst();
    }
    if (this.length === 0) {
      this.#cut(this.#head);
    }
    this.#schedule();
  }
}
