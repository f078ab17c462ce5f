import { throwLater } from "../../lib/errors.ts";
import type { InboxPort, InboxStats, LossReason } from "./inbox-types.ts";
import type { Held, Recovery } from "./replay-recovery.ts";
import type { Sender } from "./replay-sender.ts";

/** Delivers what other nodes sent, or holds it back until what came before it is there. */
export class InboxDelivery<M> {
  readonly #port: Pick<InboxPort<M>, "deliver" | "onLoss">;
  readonly #stats: InboxStats;
  readonly #maxBytes: number;
  #heldBytes = 0;

  /** @param maxBytes how many bytes of messages may be held back */
  constructor(port: Pick<InboxPort<M>, "deliver" | "onLoss">, stats: InboxStats, maxBytes: number) {
    this.#port = port;
    this.#stats = stats;
    this.#maxBytes = maxBytes;
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** Holds a message back; all of them are delivered where that would be too many. */
  hold(sender: Sender<M>, recovery: Recovery<M>, held: Held<M>): void {
    recovery.hold(held);
    recovery.heldSince ??= performance.now();
    this.#heldBytes += held.bytes;
    if (this.#heldBytes > this.#maxBytes) {
      const isCertain = this.release(sender);
      recovery.isHolding = false;
      this.lose(sender, "overflow", isCertain);
    }
  }

  /** Holds back again what was taken out by {@link take}. */
  holdAgain(recovery: Recovery<M>, messages: readonly Held<M>[]): void {
    for (const held of messages) {
      recovery.hold(held);
      this.#heldBytes += held.bytes;
    }
  }

  /** Takes out what is held back, in order. */
  take(recovery: Recovery<M>): Held<M>[] {
    this.#heldBytes -= recovery.heldBytes;
    return recovery.release();
  }

  /**
   * Delivers what is held back.
   *
   * @returns whether something is missing between
   */
  release(sender: Sender<M>): boolean {
    const { recovery } = sender;
    if (recovery === undefined) {
      return false;
    }
    recovery.heldSince = undefined;
    let isMissing = false;
    for (const held of this.take(recovery)) {
      isMissing ||= !sender.fits(held.channel, held.previous);
      this.apply(sender, held);
    }
    return isMissing;
  }

  /** Delivers a message. */
  apply(sender: Sender<M>, { number, channel, message }: Held<M>): void {
    sender.note(channel, number);
    try {
      this.#port.deliver(message);
    } catch (error) {
      throwLater(error); // the others are delivered all the same
    }
  }

  /** Tells of a loss. */
  lose(sender: Sender<M>, reason: LossReason, isCertain: boolean): void {
    this.#stats.losses++;
    this.#port.onLoss({ uid: sender.uid, reason, isCertain });
  }
}
