import type { ReplayAnswer } from "../cluster/messages.ts";
import type { InboxDelivery } from "./inbox-delivery.ts";
import type { InboxPort, InboxStats } from "./inbox-types.ts";
import type { Asker } from "./replay-asker.ts";
import { misfits } from "./replay-misfits.ts";
import { type Held, Recovery } from "./replay-recovery.ts";
import type { Sender } from "./replay-sender.ts";

/** A sender of which messages come again and again is asked for its last number no more often. */
const DOUBT_AGAIN_MS = 1_000;

/** Takes the answers of nodes of which something was missed. */
export class InboxAnswers<M> {
  readonly #port: Pick<InboxPort<M>, "decode" | "onForged">;
  readonly #asker: Asker<M>;
  readonly #delivery: InboxDelivery<M>;
  readonly #stats: InboxStats;
  readonly #isWhole: boolean;

  /** @param isWhole whether all that a node sends comes over one connection, in its order */
  constructor(
    port: Pick<InboxPort<M>, "decode" | "onForged">,
    asker: Asker<M>,
    delivery: InboxDelivery<M>,
    stats: InboxStats,
    isWhole: boolean,
  ) {
    this.#port = port;
    this.#asker = asker;
    this.#delivery = delivery;
    this.#stats = stats;
    this.#isWhole = isWhole;
  }

  /**
   * A message came again; or the last number of its channel is not of its node, but was forged: what
   * that sends would all be taken for what came before. It knows its last number.
   *
   * @param canAsk whether it can be asked now; else it will be when it is asked for what is missed
   */
  doubt(sender: Sender<M>, number: number, canAsk: boolean): void {
    sender.repeated = Math.min(sender.repeated ?? number, number);
    if (!canAsk) {
      return;
    }
    const recovery = this.#asker.begin(sender, new Recovery(sender.highest, new Set(), false));
    const time = performance.now();
    recovery.isDoubt = true;
    recovery.isHolding = false;
    recovery.waitsSince = time;
    if (time - sender.doubtedAt < DOUBT_AGAIN_MS) {
      recovery.askedAt = time; // it will be, with the next retry
    } else {
      this.#asker.askSoon();
    }
    sender.doubtedAt = time;
  }

  /** Takes an answer, or a part of it. */
  settle(sender: Sender<M>, recovery: Recovery<M>, answer: ReplayAnswer): void {
    if (answer.last < recovery.after) {
      this.#correct(sender, recovery, answer);
      return;
    }
    const wasDoubt = recovery.isDoubt;
    sender.repeated = undefined;
    const replayed = this.#read(sender, recovery, answer);
    recovery.isNew = false;
    recovery.isIncomplete ||= answer.isIncomplete;
    sender.isMissing = false;
    const messages = [...this.#takeHeld(sender, recovery, answer), ...replayed].sort(
      (a, b) => a.number - b.number,
    );
    const lastOfPart = answer.isMore ? answer.messages.at(-1)?.[0] : undefined;
    const upTo = lastOfPart ?? Number.POSITIVE_INFINITY;
    let isLost = false;
    let count = 0;
    for (const held of messages) {
      const { number, previous, channel } = held;
      if (number > upTo) {
        break;
      }
      if (!sender.fits(channel, previous)) {
        const isAnswered = previous <= answer.last && recovery.channels?.has(channel) !== false;
        if (lastOfPart !== undefined || !isAnswered) {
          break;
        }
        isLost = true;
      }
      this.#delivery.apply(sender, held);
      count++;
    }
    this.#delivery.holdAgain(recovery, messages.slice(count));
    const hasGained = count > 0 || replayed.length > 0;
    if (hasGained || recovery.held === 0) {
      recovery.heldSince = recovery.held > 0 ? performance.now() : undefined;
    }
    this.#goOn(sender, recovery, lastOfPart, isLost);
    if (!hasGained && !wasDoubt && sender.recovery === recovery) {
      recovery.askedAt ??= performance.now(); // it would only say the same again
    }
    this.#asker.askDue();
  }

  /** A number that was believed to be of a node is higher than all that it has sent. */
  #correct(sender: Sender<M>, recovery: Recovery<M>, { last }: ReplayAnswer): void {
    sender.correct(last);
    this.#port.onForged(sender.uid);
    // What came since was taken for what had come before.
    recovery.widen(Math.min(last, (sender.repeated ?? last + 1) - 1));
    recovery.waitsSince = performance.now();
    this.#asker.askDue();
  }

  /**
   * Takes out what is held back. What came before the answer was sent before it: a number beyond the
   * last one that the answer tells is none of that node.
   */
  #takeHeld(sender: Sender<M>, recovery: Recovery<M>, { last }: ReplayAnswer): Held<M>[] {
    const held = this.#delivery.take(recovery);
    const real = this.#isWhole ? held.filter(({ number }) => number <= last) : held;
    if (real.length < held.length) {
      this.#port.onForged(sender.uid);
    }
    return real;
  }

  /** The messages of an answer that have not come yet. */
  #read(sender: Sender<M>, recovery: Recovery<M>, answer: ReplayAnswer): Held<M>[] {
    const messages: Held<M>[] = [];
    for (const [number, channel, payload] of answer.messages) {
      if (recovery.channels?.has(channel) === false) {
        continue; // it was asked for of another node, and is not all that is missing there
      }
      const last = sender.numbers.get(channel);
      if (!recovery.isNewMessage(channel, number, last, true)) {
        this.#stats.duplicates++;
        continue;
      }
      const message = this.#port.decode(channel, payload);
      if (message !== undefined) {
        messages.push({ number, previous: 0, channel, message, bytes: payload.length });
        this.#stats.replayed++;
        this.#stats.late += recovery.isHolding ? 0 : 1;
      } else if (last !== undefined && last > 0) {
        sender.note(channel, number); // nothing follows that is missing
      }
    }
    return messages;
  }

  /** After an answer: asks for the rest, or ends. */
  #goOn(sender: Sender<M>, recovery: Recovery<M>, upTo: number | undefined, isLost: boolean): void {
    if (upTo !== undefined) {
      recovery.after = upTo;
      recovery.isContinued = true;
      recovery.askedAt = undefined;
      recovery.tries = 0;
    } else {
      if (isLost || recovery.isIncomplete) {
        this.#delivery.lose(sender, recovery.isIncomplete ? "incomplete" : "unsent", isLost);
        recovery.isIncomplete = false;
      }
      const missing = misfits(sender, recovery);
      if (missing.size === 0) {
        this.#delivery.release(sender);
        this.#asker.end(sender);
        return;
      }
      recovery.narrow(Math.min(...missing.values()), new Set(missing.keys()));
    }
    recovery.waitsSince = performance.now();
  }
}
