import { throwLater } from "../../lib/errors.ts";
import type { Bundler } from "./bundler.ts";
import { OutboxBacklog } from "./outbox-backlog.ts";
import { LongestDelay } from "./outbox-delay.ts";
import { type DropReason, OutboxDrops, type OutboxOwner } from "./outbox-drops.ts";
import { isRetriable, outboxFull } from "./outbox-errors.ts";
import { OutboxFlight } from "./outbox-flight.ts";
import { OutboxFlushes } from "./outbox-flushes.ts";
import { type LaneGuard, OutboxGuards } from "./outbox-guards.ts";
import { OutboxLimits, type OutboxOptions } from "./outbox-limits.ts";
import { OutboxPace } from "./outbox-pace.ts";
import { commandOf, type Entry, Kind, messageOf, type OnReply } from "./outbox-queue.ts";
import { OutboxRetry } from "./outbox-retry.ts";
import type { OutboxStats } from "./outbox-stats.ts";
import { OutboxTurns } from "./outbox-turns.ts";
import type { Payload, RedisCommand, RedisCommands, RedisReply } from "./port.ts";

export type { Dropped, OutboxOwner } from "./outbox-drops.ts";

const BATCH_ENTRIES = 1_000;
const BATCH_BYTES = 256 * 1024;
const IN_FLIGHT_BATCHES = 4_096;
const IN_FLIGHT_BYTES = 4 * 1024 * 1024;

/**
 * What is to be sent to Redis: it leaves in the order in which it came, once a turn of the event loop
 * in as few writes as can be, under load less often ({@link OutboxPace}), and at once where messages
 * come one by one. While Redis is away or slow it waits here, within bounds; beyond them the oldest is
 * dropped, and its owner told. What fails for a reason that passes is sent again, so that after a lost
 * connection Redis may get a message twice.
 *
 * In order holds for plain messages, for sharded messages of one channel, and for commands of one
 * key; where one of those fails, the others need not wait for it.
 */
export class Outbox {
  readonly #redis: RedisCommands;
  #number = 0;
  readonly #backlog: OutboxBacklog;
  readonly #flight: OutboxFlight;
  readonly #limits: OutboxLimits;
  readonly #guards: OutboxGuards;
  readonly #delays: LongestDelay;
  readonly #drops = new OutboxDrops();
  readonly #turns = new OutboxTurns(() => this.#onTurn());
  readonly #pace = new OutboxPace(() => this.#onTurn());
  readonly #retry = new OutboxRetry(() => this.#tryAgain());
  readonly #flushes = new OutboxFlushes((last) => this.#isSettled(last));
  #lastError: Error | undefined;
  #sent = 0;
  #retried = 0;

  constructor(redis: RedisCommands, options: OutboxOptions = {}) {
    this.#redis = redis;
    this.#backlog = new OutboxBacklog(redis.isCluster);
    this.#limits = new OutboxLimits(
      this.#backlog,
      options,
      (entry, reason) => this.#drop(entry, reason, this.#lastError),
      () => this.#flushes.settle(),
    );
    this.#delays = new LongestDelay(this.#limits.maxDurationMs);
    this.#flight = new OutboxFlight(redis, (batch, replies, sentAt) => {
      this.#onReplies(batch, replies, sentAt);
    });
    this.#guards = new OutboxGuards(this.#backlog, (isMended) => this.#onMended(isMended));
    redis.onState((isReady) => {
      if (isReady) {
        this.#retry.now();
      } else {
        this.#guards.onBreak();
      }
    });
  }

  /** Sets bounds that are larger than the ones there are. */
  widen(options: OutboxOptions): void {
    this.#limits.widen(options);
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
    this.#retry.now();
  }

  /**
   * Sends a message.
   *
   * @param payload not to be changed from now on
   * @param isSharded whether with SPUBLISH, else with PUBLISH
   * @param bundler what may send it along with others
   */
  publish(
    channel: string,
    payload: Payload,
    isSharded: boolean,
    owner: OutboxOwner,
    bundler?: Bundler,
  ): void {
    const isUrgent = this.#turns.add(this.#isIdle);
    const kind = isSharded ? Kind.SHARDED : Kind.PLAIN;
    this.#push(isUrgent, messageOf(this.#place(owner), kind, channel, payload, bundler));
  }

  /**
   * Sends a command.
   *
   * @param onReply also called with the error of a command that was dropped
   * @param bundler what may send it along with others
   */
  send(command: RedisCommand, owner: OutboxOwner, onReply?: OnReply, bundler?: Bundler): void {
    const isUrgent = this.#turns.add(this.#isIdle);
    this.#push(isUrgent, commandOf(this.#place(owner), command, onReply, bundler));
  }

  #place(owner: OutboxOwner): Pick<Entry, "number" | "at" | "owner"> {
    return { number: ++this.#number, at: this.#turns.now, owner };
  }

  /** For how long Redis has answered nothing although it should have, in ms. */
  get owedMs(): number {
    return this.#flight.owedMs(performance.now());
  }

  get #isAway(): boolean {
    return !this.#redis.isReady || this.#flight.isStalled(this.#turns.now);
  }

  /** Whether nothing waits, and all is answered. */
  get #isIdle(): boolean {
    return this.#flight.batches === 0 && this.#backlog.length === 0;
  }

  #push(isUrgent: boolean, entry: Entry): void {
    this.#backlog.add(entry);
    if (this.#limits.isExceeded) this.#limits.trim(this.#isAway);
    if (isUrgent) this.#pump();
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
    return this.#limits.isCongested;
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
  flush(timeoutMs: number): Promise<boolean> {
    this.#pump();
    return this.#flushes.wait(this.#number, timeoutMs);
  }

  #isSettled(last: number): boolean {
    const later = last + 1;
    return (
      !this.#guards.isOwing &&
      (this.#backlog.first?.number ?? later) > last &&
      (this.#flight.first?.number ?? later) > last
    );
  }

  #onTurn(): void {
    const { isWaiting, length, bytes } = this.#backlog;
    if (!isWaiting || !this.#pace.holds(length, bytes, this.#flight.batches > 0)) {
      this.#pump();
    }
  }

  /** Sends what can be sent now. */
  #pump(): void {
    let sent = 0;
    while (
      this.#backlog.isWaiting &&
      this.#redis.isReady &&
      this.#flight.bytes < IN_FLIGHT_BYTES &&
      this.#flight.batches < IN_FLIGHT_BATCHES
    ) {
      const { batch, bytes } = this.#backlog.take(BATCH_ENTRIES, BATCH_BYTES);
      if (batch.length > 0) {
        this.#flight.send(batch, bytes);
        sent += batch.length;
      }
    }
    if (sent > 0) {
      this.#pace.onSent(sent);
    }
    this.#limits.watch();
  }

  #onReplies(
    batch: readonly Entry[],
    replies: readonly (RedisReply | Error)[],
    sentAt: number,
  ): void {
    const now = performance.now();
    this.#pace.onAnswer(now - sentAt);
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
      this.#retry.later();
    } else {
      this.#retry.reset();
    }
    this.#limits.trim(this.#isAway);
    if (this.#backlog.isWaiting) {
      this.#turns.open(); // the answer is the first of several things that have come, perhaps
    }
    this.#flushes.settle();
  }

  #reply(entry: Entry, reply: RedisReply | Error): void {
    try {
      entry.onReply?.(reply);
    } catch (error) {
      throwLater(error); // the other replies are told all the same
    }
  }

  #tryAgain(): void {
    if (this.#redis.isReady) {
      this.#guards.mend();
      this.#backlog.restore();
      this.#pump();
    } else if (this.#backlog.length > 0) {
      this.#retry.later(); // it says when it is, but for clusters that were away for a moment
    }
  }

  #onMended(isMended: boolean): void {
    if (isMended) {
      this.#backlog.restore();
      this.#pump();
      this.#flushes.settle();
    } else {
      this.#retry.later();
    }
  }

  #drop(entry: Entry, reason: DropReason, error: Error | undefined): void {
    this.#drops.add(entry.owner, entry.bytes, reason, error);
    if (entry.onReply !== undefined) {
      this.#reply(entry, error ?? outboxFull());
    }
  }
}
