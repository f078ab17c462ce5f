import { LONGEST_TIMER_MS } from "../../lib/timer.ts";
import type { Link, ReplayAnswer } from "../cluster/messages.ts";
import type { Payload } from "./port.ts";
import { ChannelNumbers } from "./replay-numbers.ts";

const PRUNE_INTERVAL_MS = 1_000; // messages go in lots

/** What a message takes beside its payload, about. */
const ENTRY_BYTES = 128;

/** Of how many channels the last number is kept. */
const CHANNELS = 65_536;

/** How many messages are kept side by side. */
const CHUNK = 1_024;

/**
 * Messages with consecutive numbers, in lists side by side: a hundred thousand objects would be work for
 * the collector, and so would a view of each message's bytes, or one long list that changes all the time.
 */
class Chunk {
  /** A text, or where the bytes are. */
  readonly #sources: (string | ArrayBufferLike)[] = [];
  readonly #offsets: number[] = [];
  readonly channels: string[] = [];
  /** Of the payload and what goes along with it. */
  readonly sizes: number[] = [];
  /** When they were sent, in ms. */
  readonly times: number[] = [];

  get length(): number {
    return this.sizes.length;
  }

  add(channel: string, payload: Payload, size: number, now: number): void {
    if (typeof payload === "string") {
      this.#sources.push(payload);
      this.#offsets.push(0);
    } else {
      this.#sources.push(payload.buffer);
      this.#offsets.push(payload.byteOffset);
    }
    this.channels.push(channel);
    this.sizes.push(size);
    this.times.push(now);
  }

  payload(place: number): Payload {
    const source = this.#sources[place] ?? "";
    return typeof source === "string"
      ? source
      : Buffer.from(source, this.#offsets[place], (this.sizes[place] ?? 0) - ENTRY_BYTES);
  }

  /** Lets go of a message. */
  drop(place: number): void {
    this.#sources[place] = "";
  }
}

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
  #chunks: Chunk[] = [];
  /** How many of the first chunk are not kept any more. */
  #head = 0;
  #length = 0;
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
    return this.#length;
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
    let chunk = this.#chunks.at(-1);
    if (chunk === undefined || chunk.length === CHUNK) {
      chunk = new Chunk();
      this.#chunks.push(chunk);
    }
    chunk.add(channel, payload, size, performance.now());
    this.#length++;
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
    let index = this.#length;
    while (index > 0 && (this.#timeOf(index - 1) ?? 0) >= at) {
      index--;
    }
    return this.#gone + index;
  }

  /** The messages after a number, in order. */
  since(
    after: number,
    { channels, slackMs, maxBytes }: Since,
  ): Pick<ReplayAnswer, "messages" | "isMore" | "isIncomplete"> {
    const messages: ReplayAnswer["messages"] = [];
    let bytes = 0;
    let isMore = false;
    for (let index = this.#indexAfter(after, slackMs); index < this.#length; index++) {
      const place = this.#head + index;
      const chunk = this.#chunks[Math.floor(place / CHUNK)];
      const channel = chunk?.channels[place % CHUNK] ?? "";
      if (chunk === undefined || channels?.has(channel) === false) {
        continue;
      }
      const payload = chunk.payload(place % CHUNK);
      if (messages.length > 0 && bytes + payload.length > maxBytes) {
        isMore = true;
        break;
      }
      bytes += payload.length + channel.length;
      messages.push([this.#gone + 1 + index, channel, payload]);
    }
    return { messages, isMore, isIncomplete: after < this.#gone };
  }

  /** When a message was sent; the oldest has the index 0, and numbers have no holes. */
  #timeOf(index: number): number | undefined {
    const place = this.#head + index;
    return index < 0 ? undefined : this.#chunks[Math.floor(place / CHUNK)]?.times[place % CHUNK];
  }

  #indexAfter(after: number, slackMs: number): number {
    const index = Math.max(0, after - this.#gone);
    const at = this.#timeOf(index - 1) ?? this.#timeOf(index);
    if (slackMs <= 0 || at === undefined) {
      return index;
    }
    let first = index;
    while (first > 0 && (this.#timeOf(first - 1) ?? 0) >= at - slackMs) {
      first--;
    }
    return first;
  }

  /** Drops all messages; the numbers go on. */
  clear(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#chunks = [];
    this.#head = 0;
    this.#length = 0;
    this.#bytes = 0;
    this.#gone = this.#last;
    this.#goneAt = performance.now();
  }

  #dropFirst(): void {
    const [chunk] = this.#chunks;
    if (chunk === undefined) {
      this.#bytes = 0;
      return;
    }
    const place = this.#head++;
    this.#length--;
    this.#bytes -= chunk.sizes[place] ?? 0;
    this.#gone++;
    this.#goneAt = chunk.times[place] ?? 0;
    chunk.drop(place); // or it would stay in memory
    if (this.#head === chunk.length) {
      this.#chunks.shift();
      this.#head = 0;
    }
  }

  #schedule(): void {
    const oldest = this.#timeOf(0);
    if (this.#timer === undefined && oldest !== undefined) {
      const delayMs = oldest + this.#maxDurationMs + PRUNE_INTERVAL_MS - performance.now();
      this.#timer = setTimeout(() => this.#prune(), Math.min(delayMs, LONGEST_TIMER_MS));
      this.#timer.unref();
    }
  }

  #prune(): void {
    this.#timer = undefined;
    const deadline = performance.now() - this.#maxDurationMs;
    while ((this.#timeOf(0) ?? Number.POSITIVE_INFINITY) <= deadline) {
      this.#dropFirst();
    }
    this.#schedule();
  }
}
