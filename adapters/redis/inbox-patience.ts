import type { InboxDelivery } from "./inbox-delivery.ts";
import type { Asker } from "./replay-asker.ts";
import type { Recovery } from "./replay-recovery.ts";
import type { Sender } from "./replay-sender.ts";

/** How long messages are held back while a sender does not answer. */
const HOLD_MS = 3_000; // a client may take 2 s to connect again, and so to hear that it is asked
/** The same where all other channels go on meanwhile: a cluster takes its time to fail over. */
const CLUSTER_HOLD_MS = 10_000;
/** How many numbers are remembered to tell, when the answer comes at last, what it has that is new. */
const MAX_REMEMBERED = 250_000;

/**
 * How long messages are held back, in ms.
 *
 * @param isWhole whether all channels come over one connection
 */
export function holdMsFor(isWhole: boolean): number {
  return isWhole ? HOLD_MS : CLUSTER_HOLD_MS;
}

/** Sees to it that nothing is waited for too long. */
export class InboxPatience<M> {
  readonly #asker: Asker<M>;
  readonly #delivery: InboxDelivery<M>;
  readonly #holdMs: number;
  readonly #maxDurationMs: number;

  /**
   * @param holdMs how long messages are held back
   * @param maxDurationMs how long messages are kept by those who sent them
   */
  constructor(asker: Asker<M>, delivery: InboxDelivery<M>, holdMs: number, maxDurationMs: number) {
    this.#asker = asker;
    this.#delivery = delivery;
    this.#holdMs = holdMs;
    this.#maxDurationMs = maxDurationMs;
  }

  /** Looks at a sender that has not answered yet. */
  look(sender: Sender<M>, recovery: Recovery<M>): void {
    const time = performance.now();
    const isOverdue =
      recovery.waitsSince !== undefined && time - recovery.waitsSince >= this.#holdMs;
    let isCertain = recovery.channels !== undefined && !recovery.isDoubt;
    if (recovery.heldSince !== undefined && time - recovery.heldSince >= this.#holdMs) {
      isCertain = this.#delivery.release(sender) || isCertain;
      recovery.isHolding = false;
    }
    if (isOverdue && !sender.isMissing) {
      sender.isMissing = true;
      sender.isHeard = false;
      this.#delivery.lose(sender, "unanswered", isCertain);
    }
    const isHopeless =
      recovery.waitsSince !== undefined && time - recovery.waitsSince >= this.#maxDurationMs;
    if (isHopeless || recovery.size > MAX_REMEMBERED) {
      if (!sender.isMissing) {
        this.#delivery.lose(sender, "overflow", isCertain);
      }
      this.#delivery.release(sender);
      this.#asker.end(sender);
    }
  }
}
