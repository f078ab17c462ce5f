import type { Link, ReplayAnswer, ReplayRequest } from "../cluster/messages.ts";
import type { Payload } from "./port.ts";

/** Bounds of what is kept for nodes that missed it, and of what is held back until then. */
export interface ReplayOptions {
  /** How long a message is kept, in ms; 120000 by default. */
  readonly maxDuration?: number | undefined;
  /** How many bytes of messages are kept, and how many held back; 33554432 by default. */
  readonly maxBytes?: number | undefined;
  /**
   * How much earlier than it is noticed an interruption may have begun for some of the channels, in
   * ms: 0 where all come over one connection (the default), else about 10000.
   */
  readonly slackMs?: number | undefined;
}

/**
 * Why messages were lost, or may have been: the sender has no longer all that was missed
 * (`incomplete`), it did not answer (`unanswered`), it never got them to Redis (`unsent`), or more
 * came than can be held back (`overflow`: they are delivered, but perhaps before what was missed).
 */
export type LossReason = "incomplete" | "unanswered" | "unsent" | "overflow";

/** What was lost of what a node sent. */
export interface Loss {
  readonly uid: string;
  readonly reason: LossReason;
  /** Whether it is known that messages were missed; else there is only no proof of the contrary. */
  readonly isCertain: boolean;
}

/** What it takes to replay messages between nodes. None of its methods may throw. */
export interface ReplayPort<M> {
  /** Applies a message of another node. */
  deliver(message: M): void;
  /**
   * Reads a message that was missed, as if it came on the channel.
   *
   * @returns undefined if it is not for this node (any more), or cannot be read (which it reports)
   */
  decode(channel: string, payload: Payload): M | undefined;
  /** Sends a REPLAY_REQUEST to all nodes, without a link. */
  ask(request: ReplayRequest): void;
  /** Sends a REPLAY to one node, without a link. */
  answer(uid: string, answer: ReplayAnswer): void;
  /** Tells that messages were lost, or may have been. */
  onLoss(loss: Loss): void;
  /** How long a message of this node had to wait lately until it was sent, in ms. */
  sendDelayMs(): number;
}

/** How much was missed and how much of it came after all. All are sums since the start. */
export interface ReplayStats {
  /** Gaps in the numbers of a channel. */
  readonly gaps: number;
  readonly interruptions: number;
  readonly asked: number;
  readonly answered: number;
  /** Messages that were missed and came by a replay. */
  readonly replayed: number;
  /** Messages that came again and were dropped. */
  readonly duplicates: number;
  /** Messages that were delivered later than others that were sent after them. */
  readonly late: number;
  /** How often {@link ReplayPort.onLoss} was called. */
  readonly losses: number;
  /** What is held back now. */
  readonly held: number;
  readonly heldBytes: number;
  /** What is kept for others now. */
  readonly kept: number;
  readonly keptBytes: number;
}

/**
 * One adapter's part in bringing each message to each node once and in order, over channels that
 * lose what is sent while a node is not connected.
 *
 * Each message is sent with a {@link Link}: its number, and that of the one before it on the same
 * channel. Who receives a number out of order, or had its connection interrupted, asks the senders
 * for what came between; until they answer it holds back what they sent since.
 */
export declare class Replay<M> {
  /** @param uid of this node */
  constructor(uid: string, options: ReplayOptions, port: ReplayPort<M>);

  /** Asks the other nodes for their numbers. To be called once the subscriptions are confirmed. */
  start(): void;

  /** The link of the next message, which is to travel in it. It counts once {@link sent} is called. */
  next(channel: string): Link;
  /** Keeps a message that was sent with the link that {@link next} gave. */
  sent(link: Link, channel: string, payload: Payload): void;
  /**
   * Whether anything was sent on other channels since the last message on this one. Where nodes do
   * not listen to all channels, a REPLAY_MARK on the shared one should follow in a second or so.
   */
  isAhead(channel: string): boolean;

  /**
   * Takes a message of another node, which was published on a channel, and delivers it when it is its
   * turn: mostly at once. Messages without a link do not go through here.
   *
   * @param bytes the size of the message as it was published
   */
  accept(uid: string, link: Link, channel: string, message: M, bytes: number): void;
  /** Forgets a channel: what was sent on it is of no interest any more. For rooms that were left. */
  forget(channel: string): void;
  /** To be called when messages may be missed from now on, on any channel. */
  onInterrupted(): void;
  /** To be called when, after that, all channels are subscribed to again. */
  onResubscribed(): void;
  /** To be called with each REPLAY_REQUEST of another node. */
  onRequest(uid: string, request: ReplayRequest): void;
  /** To be called with each REPLAY of another node. */
  onAnswer(uid: string, answer: ReplayAnswer): void;

  get stats(): ReplayStats;
  /** Delivers what is held back, and ends. */
  close(): void;
}
