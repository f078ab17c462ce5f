import type { ChannelMessage, RedisCommand, RedisCommands, RedisReply } from "./port.ts";

/** Bounds of what waits to be sent. */
export interface OutboxOptions {
  /** How long a message may wait, in ms; 120000 by default. */
  readonly maxDuration?: number | undefined;
  /** How many bytes of messages may wait; 33554432 by default. */
  readonly maxBytes?: number | undefined;
}

/**
 * Why messages were dropped: they waited for too long, they were too many, or Redis refused them.
 */
export type DropReason = "expired" | "overflow" | "refused";

/** Messages of one owner that were dropped. */
export interface Dropped {
  readonly messages: number;
  /** About how much memory they took. */
  readonly bytes: number;
  readonly reason: DropReason;
  /** What Redis or the client said last. */
  readonly error: Error | undefined;
}

/** Whoever has messages sent. */
export interface OutboxOwner {
  /** Called at most once a turn of the event loop for each reason. */
  onDropped(dropped: Dropped): void;
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

/** Called with the reply to a command, or with why there is none. */
export type OnReply = (reply: RedisReply | Error) => void;

/**
 * The outbox of a client: one for all adapters that send over it. If they want different bounds, the
 * largest hold.
 */
export declare function outboxOf(redis: RedisCommands, options?: OutboxOptions): Outbox;

/**
 * What is to be sent to Redis: it leaves in the order in which it came, once a turn of the event loop
 * in as few writes as can be. While Redis is away or slow it waits here, within bounds; beyond them
 * the oldest is dropped, and its owner told. What fails for a reason that passes is sent again, so
 * that after a lost connection Redis may get a message twice.
 *
 * In order holds for plain messages, for sharded messages of one channel, and for commands of one
 * key; where one of those fails, the others need not wait for it.
 */
export declare class Outbox {
  constructor(redis: RedisCommands, options?: OutboxOptions);
  /**
   * Sends a message.
   *
   * @param payload not to be changed from now on
   * @param isSharded whether with SPUBLISH, else with PUBLISH
   */
  publish(
    channel: ChannelMessage["channel"],
    payload: ChannelMessage["payload"],
    isSharded: boolean,
    owner: OutboxOwner,
  ): void;
  /**
   * Sends a command.
   *
   * @param onReply also called with the error of a command that was dropped
   */
  send(command: RedisCommand, owner: OutboxOwner, onReply?: OnReply): void;
  /**
   * How long a message had to wait in the last minutes, at most, in ms: what was sent so long ago may
   * have arrived just now.
   */
  get longestDelayMs(): number;
  get stats(): OutboxStats;
  /**
   * Waits until all that was given so far is sent or dropped.
   *
   * @param timeoutMs for how long at most
   * @returns whether nothing of it is left
   */
  flush(timeoutMs: number): Promise<boolean>;
}
