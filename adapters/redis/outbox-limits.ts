import type { OutboxBacklog } from "./outbox-backlog.ts";
import type { DropReason } from "./outbox-drops.ts";
import type { Entry } from "./outbox-queue.ts";

const DEFAULT_DURATION_MS = 120_000;
const DEFAULT_BYTES = 32 * 1024 * 1024;
/** While Redis answers, a program may for a moment send that many times more than may wait. */
const BURST_FACTOR = 4;
/** What has waited for too long is dropped in lots. */
const MIN_EXPIRY_MS = 20;

/** Bounds of what waits to be sent. */
export interface OutboxOptions {
  /** How long a message may wait, in ms; 120000 by default. */
  readonly maxDuration?: number | undefined;
  /**
   * How many bytes may wait while Redis is away, 128 for each message included; 33554432 by default.
   * While it answers it may be four times as many, so that a burst is not lost.
   */
  readonly maxBytes?: number | undefined;
}

/** Drops the oldest of what waits where it is too much, or has waited for too long. */
export class OutboxLimits {
  readonly #backlog: OutboxBacklog;
  readonly #onDrop: (entry: Entry, reason: DropReason) => void;
  readonly #onExpired: () => void;
  #maxDurationMs = 0;
  #maxBytes = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param onDrop called with each that is dropped
   * @param onExpired called when those that waited for too long are
   */
  constructor(
    backlog: OutboxBacklog,
    options: OutboxOptions,
    onDrop: (entry: Entry, reason: DropReason) => void,
    onExpired: () => void,
  ) {
    this.#backlog = backlog;
    this.#onDrop = onDrop;
    this.#onExpired = onExpired;
    this.widen(options);
  }

  /** Sets bounds that are larger than the ones there are. */
  widen({ maxDuration, maxBytes }: OutboxOptions): void {
    this.#maxDurationMs = Math.max(this.#maxDurationMs, maxDuration ?? DEFAULT_DURATION_MS);
    this.#maxBytes = Math.max(this.#maxBytes, maxBytes ?? DEFAULT_BYTES);
  }

  get maxDurationMs(): number {
    return this.#maxDurationMs;
  }

  /** Whether more waits than may while Redis is away. */
  get isExceeded(): boolean {
    return this.#backlog.bytes > this.#maxBytes;
  }

  /** Whether more waits than half of what may. */
  get isCongested(): boolean {
    return this.#backlog.bytes > this.#maxBytes / 2;
  }

  /** Drops what is too much. */
  trim(isAway: boolean): void {
    const maxBytes = isAway ? this.#maxBytes : this.#maxBytes * BURST_FACTOR;
    while (this.#backlog.bytes > maxBytes) {
      this.#dropOldest("overflow");
    }
  }

  /** Sees to it that what waits is dropped when it has waited for too long. */
  watch(): void {
    const oldest = this.#backlog.first;
    if (this.#timer !== undefined || oldest === undefined) {
      return;
    }
    const waitMs = oldest.at + this.#maxDurationMs - performance.now();
    this.#timer = setTimeout(() => this.#expire(), Math.max(MIN_EXPIRY_MS, waitMs));
    this.#timer.unref();
  }

  #expire(): void {
    this.#timer = undefined;
    const deadline = performance.now() - this.#maxDurationMs;
    while ((this.#backlog.first?.at ?? Number.POSITIVE_INFINITY) <= deadline) {
      this.#dropOldest("expired");
    }
    this.watch();
    this.#onExpired();
  }

  #dropOldest(reason: DropReason): void {
    const entry = this.#backlog.shift();
    if (entry !== undefined) {
      this.#onDrop(entry, reason);
    }
  }
}
