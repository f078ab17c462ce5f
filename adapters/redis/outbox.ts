import { SocketIOError, throwLater } from "../../lib/errors.ts";
import { LONGEST_TIMER_MS } from "../../lib/timer.ts";
import { OutboxBacklog } from "./outbox-backlog.ts";
import { LongestDelay } from "./outbox-delay.ts";
import { type DropReason, OutboxDrops, type OutboxOwner } from "./outbox-drops.ts";
import { isRetriable } from "./outbox-errors.ts";
import { OutboxFlight } from "./outbox-flight.ts";
import { type LaneGuard, OutboxGuards } from "./outbox-guards.ts";
import { type Entry, Kind, type OnReply } from "./outbox-queue.ts";
import type { Payload, RedisCommand, RedisCommands, RedisReply } from "./port.ts";

export type { Dropped, DropReason, OutboxOwner } from "./outbox-drops.ts";
export type { OnReply } from "./outbox-queue.ts";

const DEFAULT_DURATION_MS = 120_000;
const DEFAULT_BYTES = 32 * 1024 * 1024;
/** While Redis answers, a program may for a moment send that many times more than may wait. */
const BURST_FACTOR = 4;

const BATCH_ENTRIES = 1_000;
const BATCH_BYTES = 256 * 1024;
const IN_FLIGHT_BATCHES = 4_096;
const IN_FLIGHT_BYTES = 4 * 1024 * 1024;

/** An answer that comes so soon is waited for: what was sent meanwhile then leaves in one write. */
const SOON_MS = 2;
/** What is not held up for that. */
const GATHERED_BYTES = 64 * 1024;

/** What an entry takes beside its payload, about. */
const ENTRY_BYTES = 128;

const FIRST_RETRY_MS = 50;
const LAST_RETRY_MS = 500;
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

/** How much went through an outbox. */
export interface OutboxStats {
  /** What waits, and is not in flight. */
  readonly waiting: number;
  readonly waitingBytes: number;
  /** What was handed to the client, and is not answered. */
  readonly inFlight: number;
  readonly inFlightBytes: number;
  readonly sent: number;
  /** How often a message was put back to be sent again. */
  readonly retried: number;
  readonly dropped: number;
}

const outboxes = new WeakMap<RedisCommands, Outbox>();

/**
 * The outbox of a client: one for all adapters that send over it. If they want different bounds, the
 * largest hold.
 */
export function outboxOf(redis: RedisCommands, options: OutboxOptions = {}): Outbox {
  let outbox = outboxes.get(redis);
  if (outbox === undefined) {
    outbox = new Outbox(redis, options);
    outboxes.set(redis, outbox);
  } else {
    outbox.widen(options);
  }
  return outbox;
}

/**
 * What is to be sent to Redis: it leaves in the order in which it came, once a turn of the event loop
 * in as few writes as can be; where Redis answers within {@link SOON_MS}, that is once an answer. While Redis is away or slow it waits here, within bounds; beyond them
 * the oldest is dropped, and its owner told. What fails for a reason that passes is sent again, so
 * that after a lost connection Redis may get a message twice.
 *
 * In order holds for plain messages, for sharded messages of one channel, and for commands of one
 * key; where one of those fails, the others need not wait for it.
 */
export class Outbox {
  readonly #redis: RedisCommands;
  #maxDurationMs: number;
  #maxBytes: number;
  #number = 0;
  readonly #backlog: OutboxBacklog;
  readonly #flight: OutboxFlight;
  readonly #drops = new OutboxDrops();
  readonly #delays: LongestDelay;
  readonly #guards: OutboxGuards;
  readonly #flushes = new Set<{ readonly last: number; readonly resolve: () => void }>();
  #lastError: Error | undefined;
  #sent = 0;
  #retried = 0;
  #isScheduled = false;
  /** How long the last answer took. */
  #roundTripMs = Number.POSITIVE_INFINITY;
  /** When this turn of the event loop began to send, in ms. */
  #now = 0;
  #retryMs = FIRST_RETRY_MS;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #expiryTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(redis: RedisCommands, options: OutboxOptions = {}) {
    this.#redis = redis;
    this.#maxDurationMs = options.maxDuration ?? DEFAULT_DURATION_MS;
    this.#maxBytes = options.maxBytes ?? DEFAULT_BYTES;
    this.#backlog = new OutboxBacklog(redis.isCluster);
    this.#delays = new LongestDelay(this.#maxDurationMs);
    this.#flight = new OutboxFlight(redis, (batch, replies, sentAt) => {
      this.#onReplies(batch, replies, sentAt);
    });
    this.#guards = new OutboxGuards(this.#backlog, (isMended) => this.#onMended(isMended));
    redis.onState((isReady) => {
      if (isReady) {
        this.#retry();
      } else {
        this.#guards.onBreak();
      }
    });
  }

  /** Sets bounds that are larger than the ones there are. */
  widen(options: OutboxOptions): void {
    this.#maxDurationMs = Math.max(this.#maxDurationMs, options.maxDuration ?? DEFAULT_DURATION_MS);
    this.#maxBytes = Math.max(this.#maxBytes, options.maxBytes ?? DEFAULT_BYTES);
  }

  /** Has a guard watch over the commands of its key. */
  guard(guard: LaneGuard): void {
    this.#guards.add(guard);
  }

  /** Ends {@link guard}, once the guard has made good what is lost by now. */
  unguard(guard: LaneGuard): void {
    this.#guards.remove(guard);
  }

  /** Resolves when a {@link guard} has made good what is lost by now of a key. */
  whenMended(key: string): Promise<void> {
    return this.#guards.whenMended(key);
  }

  /** What was written for a key may be lost, as is known from elsewhere: its guard is asked. */
  suspect(key: string): void {
    this.#guards.onBreak(key);
    this.#retry();
  }

  /**
   * Sends a message.
   *
   * @param payload not to be changed from now on
   * @param isSharded whether with SPUBLISH, else with PUBLISH
   */
  publish(channel: string, payload: Payload, isSharded: boolean, owner: OutboxOwner): void {
    this.#schedule();
    this.#push({
      number: ++this.#number,
      at: this.#now,
      bytes: payload.length + ENTRY_BYTES,
      owner,
      kind: isSharded ? Kind.SHARDED : Kind.PLAIN,
      channel,
      payload,
      command: undefined,
      onReply: undefined,
    });
  }

  /**
   * Sends a command.
   *
   * @param onReply also called with the error of a command that was dropped
   */
  send(command: RedisCommand, owner: OutboxOwner, onReply?: OnReply): void {
    this.#schedule();
    this.#push({
      number: ++this.#number,
      at: this.#now,
      bytes: sizeOf(command) + ENTRY_BYTES,
      owner,
      kind: Kind.COMMAND,
      channel: command.key ?? "",
      payload: "",
      command,
      onReply,
    });
  }

  #push(entry: Entry): void {
    this.#backlog.add(entry);
    if (this.#backlog.bytes > this.#maxBytes) {
      this.#trim();
    }
  }

  /**
   * How long a message had to wait in the last minutes, at most, in ms: what was sent so long ago may
   * have arrived just now.
   */
  get longestDelayMs(): number {
    const now = performance.now();
    const oldest = Math.min(this.#backlog.first?.at ?? now, this.#flight.first?.at ?? now);
    return Math.max(this.#delays.at(now), now - oldest);
  }

  /** Whether more waits than half of what may: the rest is for messages that are sent but once. */
  get isCongested(): boolean {
    return this.#backlog.bytes > this.#maxBytes / 2;
  }

  get stats(): OutboxStats {
    return {
      waiting: this.#backlog.length,
      waitingBytes: this.#backlog.bytes,
      inFlight: this.#flight.entries,
      inFlightBytes: this.#flight.bytes,
      sent: this.#sent,
      retried: this.#retried,
      dropped: this.#drops.total,
    };
  }

  /**
   * Waits until all that was given so far is sent or dropped.
   *
   * @param timeoutMs for how long at most
   * @returns whether nothing of it is left
   */
  async flush(timeoutMs: number): Promise<boolean> {
    this.#pump();
    const last = this.#number;
    if (!this.#isSettled(last)) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const flush = { last, resolve };
      this.#flushes.add(flush);
      const timer = setTimeout(resolve, Math.min(timeoutMs, LONGEST_TIMER_MS));
      await promise;
      clearTimeout(timer);
      this.#flushes.delete(flush);
    }
    return this.#isSettled(last);
  }

  #isSettled(last: number): boolean {
    const later = last + 1;
    return (
      !this.#guards.isOwing &&
      (this.#backlog.first?.number ?? later) > last &&
      (this.#flight.first?.number ?? later) > last
    );
  }

  #settle(): void {
    for (const { last, resolve } of this.#flushes) {
      if (this.#isSettled(last)) {
        resolve();
      }
    }
  }

  /** Has {@link #onTurn} called when this turn of the event loop ends. */
  #schedule(): void {
    if (!this.#isScheduled) {
      this.#isScheduled = true;
      this.#now = performance.now();
      setImmediate(this.#onTurn);
    }
  }

  readonly #onTurn = (): void => {
    this.#isScheduled = false;
    if (!this.#isAnswerDue || this.#backlog.bytes >= GATHERED_BYTES) {
      this.#pump();
    }
    this.#drops.tell();
  };

  /** Whether an answer will come soon, and what waits will be sent then. */
  get #isAnswerDue(): boolean {
    return this.#flight.batches > 0 && this.#roundTripMs < SOON_MS;
  }

  /** Sends what can be sent now. */
  #pump(): void {
    while (
      this.#backlog.isWaiting &&
      this.#redis.isReady &&
      this.#flight.bytes < IN_FLIGHT_BYTES &&
      this.#flight.batches < IN_FLIGHT_BATCHES
    ) {
      const { batch, bytes } = this.#backlog.take(BATCH_ENTRIES, BATCH_BYTES);
      if (batch.length > 0) {
        this.#flight.send(batch, bytes);
      }
    }
    this.#watchAge();
  }

  #onReplies(
    batch: readonly Entry[],
    replies: readonly (RedisReply | Error)[],
    sentAt: number,
  ): void {
    const now = performance.now();
    this.#roundTripMs = now - sentAt;
    this.#delays.add(now, now - (batch[0]?.at ?? now));
    let hasFailed = false;
    batch.forEach((entry, index) => {
      const reply = replies[index] ?? null;
      if (!(reply instanceof Error)) {
        this.#sent++;
        if (entry.kind === Kind.COMMAND) {
          this.#guards.onWritten(entry, reply);
        }
        this.#reply(entry, reply);
      } else if (isRetriable(reply)) {
        hasFailed = true;
        this.#retried++;
        this.#lastError = reply;
        this.#backlog.fail(entry);
        if (entry.kind === Kind.COMMAND) {
          this.#guards.onBreak(entry.channel);
        }
      } else {
        this.#drop(entry, "refused", reply);
      }
    });
    if (hasFailed) {
      this.#retryLater();
    } else {
      this.#retryMs = FIRST_RETRY_MS;
    }
    this.#trim();
    this.#pump();
    this.#settle();
  }

  #reply(entry: Entry, reply: RedisReply | Error): void {
    try {
      entry.onReply?.(reply);
    } catch (error) {
      throwLater(error); // the other replies are told all the same
    }
  }

  #retryLater(): void {
    if (this.#retryTimer === undefined) {
      this.#retryTimer = setTimeout(() => this.#retry(), this.#retryMs * (0.5 + Math.random() / 2));
      this.#retryTimer.unref();
      this.#retryMs = Math.min(this.#retryMs * 2, LAST_RETRY_MS);
    }
  }

  #retry(): void {
    clearTimeout(this.#retryTimer);
    this.#retryTimer = undefined;
    if (this.#redis.isReady) {
      this.#guards.mend();
      this.#backlog.restore();
      this.#pump();
    } else if (this.#backlog.length > 0) {
      this.#retryLater(); // it says when it is, but for clusters that were away for a moment
    }
  }

  #onMended(isMended: boolean): void {
    if (isMended) {
      this.#backlog.restore();
      this.#pump();
      this.#settle();
    } else {
      this.#retryLater();
    }
  }

  /** Drops what is too much. */
  #trim(): void {
    const isAway = !this.#redis.isReady || this.#flight.isStalled(this.#now);
    const maxBytes = isAway ? this.#maxBytes : this.#maxBytes * BURST_FACTOR;
    while (this.#backlog.bytes > maxBytes) {
      this.#dropOldest("overflow");
    }
  }

  /** Drops what has waited for too long, and looks again when the next one will have. */
  #watchAge(): void {
    const oldest = this.#backlog.first;
    if (this.#expiryTimer !== undefined || oldest === undefined) {
      return;
    }
    const waitMs = oldest.at + this.#maxDurationMs - performance.now();
    this.#expiryTimer = setTimeout(() => this.#expire(), Math.max(MIN_EXPIRY_MS, waitMs));
    this.#expiryTimer.unref();
  }

  #expire(): void {
    this.#expiryTimer = undefined;
    const deadline = performance.now() - this.#maxDurationMs;
    while ((this.#backlog.first?.at ?? Number.POSITIVE_INFINITY) <= deadline) {
      this.#dropOldest("expired");
    }
    this.#watchAge();
    this.#settle();
  }

  #dropOldest(reason: DropReason): void {
    const entry = this.#backlog.shift();
    if (entry !== undefined) {
      this.#drop(entry, reason, this.#lastError);
    }
  }

  #drop(entry: Entry, reason: DropReason, error: Error | undefined): void {
    this.#drops.add(entry.owner, entry.bytes, reason, error);
    this.#schedule(); // they are told at the end of the turn
    if (entry.onReply !== undefined) {
      this.#reply(entry, error ?? outboxFull());
    }
  }
}

function outboxFull(): SocketIOError {
  return new SocketIOError("ERR_OUTBOX_FULL", "Redis was away for too long");
}

function sizeOf({ args }: RedisCommand): number {
  return args.reduce<number>((sum, arg) => sum + (typeof arg === "number" ? 8 : arg.length), 0);
}
