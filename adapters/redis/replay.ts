import type { Link, ReplayAnswer, ReplayRequest } from "../cluster/messages.ts";
import { Inbox } from "./inbox.ts";
import type { Loss } from "./inbox-types.ts";
import type { Payload } from "./port.ts";
import type { Ask } from "./replay-asker.ts";
import { isReplayAnswer, isReplayRequest } from "./replay-shape.ts";
import { SentLog } from "./sent-log.ts";

export type { Loss, LossReason } from "./inbox-types.ts";

const DEFAULT_DURATION_MS = 120_000;
const DEFAULT_BYTES = 32 * 1024 * 1024;

/** How long a request may take from node to node; what was sent before is not wanted. */
const LONGEST_WAY_MS = 10_000;

/** How much is sent in one answer, in bytes: many nodes may ask at once. */
const ANSWER_BYTES = 64 * 1024;

/** Bounds of what is kept for nodes that missed it, and of what is held back until then. */
export interface ReplayOptions {
  /** How long a message is kept, in ms; 120000 by default. */
  readonly maxDuration?: number | undefined;
  /**
   * How many bytes of messages are kept, 128 for each message included, and how many are held back;
   * 33554432 by default.
   */
  readonly maxBytes?: number | undefined;
  /**
   * How much earlier than it is noticed an interruption may have begun for some of the channels, in
   * ms: 0 where all come over one connection (the default), else about 10000.
   */
  readonly slackMs?: number | undefined;
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
  /** Tells that a message has the name of a node which has not sent it. */
  onForged(uid: string): void;
  /** Whether answers are not to be sent now: nodes ask again. */
  isCongested(): boolean;
  /** How long a message of this node had to wait lately until it was sent, in ms. */
  sendDelayMs(): number;
}

/** How much was missed and how much of it came after all: sums since the start. */
export interface ReplayStats {
  /** Gaps in the numbers of a channel. */
  readonly gaps: number;
  readonly interruptions: number;
  /** Requests to other nodes, and answers to theirs. */
  readonly asked: number;
  readonly answered: number;
  /** Messages that were missed and came by a replay. */
  readonly replayed: number;
  /** Those of them that came so late that others, which were sent after them, were not held back. */
  readonly late: number;
  /** Messages that came again and were dropped. */
  readonly duplicates: number;
  /** How often {@link ReplayPort.onLoss} was called. */
  readonly losses: number;
  /** How many nodes have not answered yet. */
  readonly unanswered: number;
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
export class Replay<M> {
  readonly #uid: string;
  readonly #port: ReplayPort<M>;
  readonly #log: SentLog;
  readonly #inbox: Inbox<M>;
  readonly #isWhole: boolean;
  readonly #startedAt = Date.now();
  /** The same by a clock that nobody sets. */
  readonly #startedTick = performance.now();
  #answered = 0;

  /** @param uid of this node */
  constructor(uid: string, options: ReplayOptions, port: ReplayPort<M>) {
    const maxDurationMs = options.maxDuration ?? DEFAULT_DURATION_MS;
    const maxBytes = options.maxBytes ?? DEFAULT_BYTES;
    this.#uid = uid;
    this.#port = port;
    this.#isWhole = (options.slackMs ?? 0) === 0;
    this.#log = new SentLog(maxDurationMs, maxBytes);
    this.#inbox = new Inbox<M>(
      { maxDurationMs, maxBytes, slackMs: options.slackMs ?? 0 },
      {
        deliver: (message) => port.deliver(message),
        decode: (channel, payload) => port.decode(channel, payload),
        ask: (ask) => port.ask(this.#requestOf(ask)),
        onLoss: (loss) => port.onLoss(loss),
        onForged: (uid) => port.onForged(uid),
      },
    );
  }

  /**
   * Asks the other nodes for their numbers, and for what they sent since this one is there. To be
   * called once the subscriptions are confirmed, which may take long if Redis is away at first.
   */
  start(): void {
    this.#inbox.start();
  }

  /** The link of the next message, which is to travel in it. It counts once {@link sent} is called. */
  next(channel: string): Link {
    return this.#log.next(channel);
  }

  /** Keeps a message that was sent with the link that {@link next} gave last. */
  sent(link: Link, channel: string, payload: Payload): void {
    this.#log.keep(link, channel, payload);
  }

  /**
   * Whether anything was sent on other channels since the last message on this one. Where nodes do
   * not listen to all channels, a REPLAY_MARK on the shared one should follow within a second: then
   * they know after which number to ask.
   */
  isAhead(channel: string): boolean {
    return this.#log.isAhead(channel);
  }

  /**
   * Takes a message of another node, which was published on a channel, and delivers it when it is its
   * turn: mostly at once. Messages without a link do not go through here.
   *
   * @param bytes the size of the message as it was published
   */
  accept(uid: string, link: Link, channel: string, message: M, bytes: number): void {
    this.#inbox.accept(uid, link, channel, message, bytes);
  }

  /** A node has said that it ends, behind all else that it sent. */
  onGone(uid: string): void {
    if (this.#isWhole) {
      this.#inbox.onGone(uid);
    }
  }

  /** Forgets a channel: what was sent on it is of no interest any more. For rooms that were left. */
  forget(channel: string): void {
    this.#inbox.forget(channel);
  }

  /** To be called when messages may be missed from now on, on any channel. */
  onInterrupted(): void {
    this.#inbox.onInterrupted();
  }

  /** To be called when, after that, all channels are subscribed to again. */
  onResubscribed(): void {
    this.#inbox.onResubscribed();
  }

  /**
   * To be called with the data of each REPLAY_REQUEST of another node.
   *
   * @returns whether it made sense; else nothing was done
   */
  onRequest(uid: string, request: unknown): boolean {
    if (!isReplayRequest(request)) {
      return false;
    }
    this.#inbox.greet(uid, request.last, startOf(request));
    const named = request.after.find(([name]) => name === this.#uid)?.[1];
    if ((named !== undefined || request.isToAll === true) && !this.#port.isCongested()) {
      this.#answered++;
      this.#port.answer(uid, this.#answerTo(request, named ?? -1));
    }
    return true;
  }

  /**
   * To be called with the data of each REPLAY of another node.
   *
   * @returns whether it made sense; else nothing was done
   */
  onAnswer(uid: string, answer: unknown): boolean {
    if (!isReplayAnswer(answer)) {
      return false;
    }
    this.#inbox.onAnswer(uid, answer);
    return true;
  }

  /** Whether messages are held back, or may have to be, until other nodes have answered. */
  get isRecovering(): boolean {
    return this.#inbox.unanswered > 0;
  }

  get stats(): ReplayStats {
    return {
      ...this.#inbox.stats,
      asked: this.#inbox.asked,
      answered: this.#answered,
      unanswered: this.#inbox.unanswered,
      held: this.#inbox.held,
      heldBytes: this.#inbox.heldBytes,
      kept: this.#log.length,
      keptBytes: this.#log.bytes,
    };
  }

  /** Delivers what is held back, and ends. */
  close(): void {
    this.#inbox.close();
    this.#log.clear();
  }

  /**
   * How much later than a message with a higher number one may have got to Redis: never over one
   * connection, for there they are in order.
   */
  get #lateMs(): number {
    return this.#isWhole ? 0 : this.#port.sendDelayMs();
  }

  #requestOf({ requestId, after, channels, isToAll, isContinued }: Ask): ReplayRequest {
    return {
      requestId,
      last: this.#log.last,
      after,
      since: this.#startedAt,
      age: performance.now() - this.#startedTick,
      ...(isToAll ? { isToAll } : {}),
      ...(channels === undefined ? {} : { channels: [...channels] }),
      ...(isContinued ? { isContinued } : {}),
    };
  }

  #answerTo(request: ReplayRequest, after: number): ReplayAnswer {
    const { requestId, channels, isContinued } = request;
    const start = after < 0 ? this.#log.lastBefore(startOf(request)) : after;
    return {
      requestId,
      after: start,
      last: this.#log.last,
      ...this.#log.since(start, {
        channels: channels === undefined ? undefined : new Set(channels),
        slackMs: after < 0 || isContinued === true ? 0 : this.#lateMs,
        maxBytes: ANSWER_BYTES,
      }),
    };
  }
}

/**
 * When the node that asks has started, by the clock of this one, in ms since 1970: the clocks may
 * differ, and a request may have waited until Redis could take it.
 */
function startOf({ since, age }: ReplayRequest): number {
  if (age == null) {
    return since;
  }
  const latest = Date.now() - age;
  // What was sent in the same ms may have been sent after it.
  return Math.min(Math.max(since, latest - LONGEST_WAY_MS), latest) - 1;
}
