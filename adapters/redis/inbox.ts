import type { Link, ReplayAnswer } from "../cluster/messages.ts";
import { InboxAnswers } from "./inbox-answers.ts";
import { InboxDelivery } from "./inbox-delivery.ts";
import { holdMsFor, InboxPatience } from "./inbox-patience.ts";
import { type InboxOptions, type InboxPort, type InboxStats, noStats } from "./inbox-types.ts";
import { Asker } from "./replay-asker.ts";
import { misfits } from "./replay-misfits.ts";
import { type Held, Recovery } from "./replay-recovery.ts";
import type { Sender } from "./replay-sender.ts";
import { Senders } from "./replay-senders.ts";

/** A sender that is asked again because it shows up is asked no more often than this. */
const ASK_AGAIN_MS = 100;
/** A number that is so much higher than the last one is asked about before it counts: it may be forged. */
const FARTHEST = 1_000_000;
/** While so many nodes have not answered, those that are new are not asked too: none may be real. */
const MAX_UNANSWERED = 1_000;

/** Brings what other nodes sent in order: each message once, and what was missed before what follows. */
export class Inbox<M> {
  readonly #port: InboxPort<M>;
  /** Whether all channels come over one connection: then messages are in order across them too. */
  readonly #isWhole: boolean;
  readonly #holdMs: number;
  readonly #senders: Senders<M>;
  readonly #asker: Asker<M>;
  /** Whether messages may be missed now; also until the first subscriptions are confirmed. */
  #isInterrupted = true;
  /** When the last interruption ended, in ms, and in ms since 1970. */
  #resumedAt = Number.NEGATIVE_INFINITY;
  #resumedTime = Number.NEGATIVE_INFINITY;
  readonly #delivery: InboxDelivery<M>;
  readonly #patience: InboxPatience<M>;
  readonly #answers: InboxAnswers<M>;
  readonly stats: InboxStats = noStats();

  constructor(options: InboxOptions, port: InboxPort<M>) {
    this.#port = port;
    this.#isWhole = options.slackMs === 0;
    this.#holdMs = holdMsFor(this.#isWhole);
    this.#senders = new Senders(options.maxDurationMs, options.slackMs);
    this.#asker = new Asker({
      ask: (ask) => port.ask(ask),
      look: (sender, recovery) => this.#patience.look(sender, recovery),
    });
    this.#delivery = new InboxDelivery(port, this.stats, options.maxBytes);
    this.#patience = new InboxPatience(
      this.#asker,
      this.#delivery,
      this.#holdMs,
      options.maxDurationMs,
    );
    this.#answers = new InboxAnswers(port, this.#asker, this.#delivery, this.stats, this.#isWhole);
  }

  get held(): number {
    return this.#asker.held;
  }

  get heldBytes(): number {
    return this.#delivery.heldBytes;
  }

  /** How many nodes have not answered yet. */
  get unanswered(): number {
    return this.#asker.size;
  }

  /** How often other nodes were asked. */
  get asked(): number {
    return this.#asker.requests;
  }

  /** See {@link Replay.accept}. */
  accept(uid: string, link: Link, channel: string, message: M, bytes: number): void {
    const sender = this.#senders.get(uid) ?? this.#hear(uid, link[0]);
    sender.isHeard = true;
    const [number, previous] = link;
    if (sender.recovery !== undefined) {
      this.#acceptLater(sender, sender.recovery, { number, previous, channel, message, bytes });
      return;
    }
    const last = sender.numbers.get(channel);
    if (last !== undefined && number <= Math.abs(last)) {
      this.stats.duplicates++;
      this.#answers.doubt(sender, number, !this.#isInterrupted);
      return;
    }
    const isGap = last !== undefined && last > 0 && previous > last;
    if (isGap || number > sender.highest + FARTHEST) {
      const after = isGap ? last : sender.highest;
      const recovery = this.#asker.begin(sender, new Recovery(after, new Set([channel]), false));
      recovery.waitsSince = now();
      this.stats.gaps++;
      this.#delivery.hold(sender, recovery, { number, previous, channel, message, bytes });
      this.#asker.askSoon();
      return;
    }
    sender.numbers.set(channel, number);
    sender.highest = Math.max(sender.highest, number);
    this.#port.deliver(message);
  }

  /** See {@link Replay.forget}. */
  forget(channel: string): void {
    for (const sender of this.#senders) {
      sender.forget(channel);
    }
  }

  /** Asks all nodes for their numbers. */
  start(): void {
    this.#resume();
  }

  /** See {@link Replay.onInterrupted}. */
  onInterrupted(): void {
    if (!this.#isInterrupted) {
      this.#isInterrupted = true;
      this.stats.interruptions++;
    }
    for (const sender of this.#senders) {
      const after = this.#isWhole ? sender.highest : sender.oldestSample;
      const recovery =
        sender.recovery ?? this.#asker.begin(sender, new Recovery(after, undefined, false));
      recovery.widen(after);
      sender.isMissing &&= !sender.isHeard; // what was told once of one that is gone is not told again
    }
  }

  /** See {@link Replay.onResubscribed}. */
  onResubscribed(): void {
    if (!this.#isInterrupted) {
      this.onInterrupted();
    }
    this.#resume();
  }

  #resume(): void {
    this.#isInterrupted = false;
    this.#resumedAt = now();
    this.#resumedTime = Date.now();
    for (const { recovery } of this.#asker.recovering) {
      if (recovery !== undefined) {
        recovery.waitsSince = now();
      }
    }
    this.#asker.askAll();
  }

  /**
   * Takes note of a node that asks something.
   *
   * @param last the number of its last message
   * @param since when it has started, in ms since 1970
   */
  greet(uid: string, last: number, since: number): void {
    const sender = this.#senders.get(uid);
    if (sender === undefined) {
      // It said so when it started; that may have been missed, and all that it sent since.
      const hasMissed = this.#isInterrupted || this.#resumedTime > since;
      this.#meet(uid, last, hasMissed);
      return;
    }
    sender.isHeard = true;
    const { recovery } = sender;
    if (recovery?.askedAt !== undefined && now() - recovery.askedAt >= ASK_AGAIN_MS) {
      recovery.askedAt = undefined; // it may not have heard the last one
      this.#asker.askSoon();
    }
  }

  /** See {@link Replay.onGone}. What is missed of it stays missed, and is told in time. */
  onGone(uid: string): void {
    const sender = this.#senders.get(uid);
    if (sender?.recovery?.isDoubt && sender.recovery.held === 0) {
      this.#asker.end(sender);
    }
    if (sender?.recovery === undefined) {
      this.#senders.delete(uid);
    }
  }

  /** See {@link Replay.onAnswer}. */
  onAnswer(uid: string, answer: ReplayAnswer): void {
    const request = Number(answer.requestId);
    if (request > this.#asker.requests) {
      return; // never asked
    }
    const known = this.#senders.get(uid);
    const wasInterrupted = this.#isInterrupted || this.#resumedTime > 0;
    if (
      known === undefined &&
      wasInterrupted &&
      (this.#isInterrupted || request < this.#asker.round)
    ) {
      return; // it does not know of what was missed since
    }
    const hasMissed = wasInterrupted && answer.messages.length > 0;
    const sender = known ?? this.#meet(uid, answer.last, hasMissed);
    sender.isHeard = true;
    const { recovery } = sender;
    if (recovery === undefined) {
      return;
    }
    if (request >= recovery.firstRequest && (recovery.isNew || answer.after === recovery.after)) {
      this.#answers.settle(sender, recovery, answer);
    }
  }

  /** Delivers what is held back, and ends. */
  close(): void {
    this.#asker.close();
    for (const sender of this.#asker.recovering) {
      this.#delivery.release(sender);
      this.#asker.end(sender);
    }
    this.#senders.close();
  }

  /** A node of which a message came before anything was known of it. */
  #hear(uid: string, number: number): Sender<M> {
    // It may have started while this node was not connected, and have sent more than this.
    const isResuming = this.#isInterrupted || now() - this.#resumedAt < 2 * this.#holdMs;
    return this.#meet(uid, number - 1, isResuming);
  }

  #meet(uid: string, last: number, hasMissed: boolean): Sender<M> {
    const isToAsk = hasMissed && this.#asker.size < MAX_UNANSWERED;
    const sender = this.#senders.add(uid, isToAsk ? 0 : last);
    if (isToAsk) {
      const recovery = this.#asker.begin(sender, new Recovery(0, undefined, true));
      if (!this.#isInterrupted) {
        recovery.waitsSince = now();
        recovery.firstRequest = this.#asker.round;
        this.#asker.askSoon();
      }
    }
    return sender;
  }

  #acceptLater(sender: Sender<M>, recovery: Recovery<M>, held: Held<M>): void {
    const { number, previous, channel } = held;
    if (!recovery.isNewMessage(channel, number, sender.numbers.get(channel), false)) {
      this.stats.duplicates++;
      return;
    }
    const fits = sender.fits(channel, previous);
    // Of a channel that was not heard yet, all since the interruption may be missed.
    const isSure = sender.isFollowed(channel) || previous <= recovery.after;
    const isFree = !this.#isWhole && fits && isSure && !recovery.holdsOn(channel);
    recovery.isHolding ||= recovery.isDoubt && !fits;
    if (recovery.isHolding && !isFree) {
      this.#delivery.hold(sender, recovery, held);
      if (fits && recovery.channels?.has(channel)) {
        this.#heal(sender, recovery); // it was not lost, only late
      }
      return;
    }
    if (!fits && recovery.channels !== undefined && !recovery.channels.has(channel)) {
      this.stats.gaps++;
      recovery.extend(sender.numbers.get(channel) ?? 0, channel);
    }
    this.#delivery.apply(sender, held);
  }

  /** Delivers what is held back if nothing is missing any more. */
  #heal(sender: Sender<M>, recovery: Recovery<M>): void {
    if (misfits(sender, recovery).size === 0) {
      this.#delivery.release(sender);
      this.#asker.end(sender);
    }
  }
}

function now(): number {
  return performance.now();
}
