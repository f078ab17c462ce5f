import type { Payload } from "./port.ts";
import type { Ask } from "./replay-asker.ts";

/**
 * Why messages were lost, or may have been: the sender has no longer all that was missed
 * (`incomplete`), it does not answer (`unanswered`), it never got them to Redis (`unsent`), or more
 * came than can be held back (`overflow`). What is held back then is delivered, and what was missed
 * when it comes after all.
 */
export type LossReason = "incomplete" | "unanswered" | "unsent" | "overflow";

/** What was lost of what a node sent. */
export interface Loss {
  readonly uid: string;
  readonly reason: LossReason;
  /** Whether it is known that messages were missed; else there is only no proof of the contrary. */
  readonly isCertain: boolean;
}

/** What an {@link Inbox} needs. */
export interface InboxPort<M> {
  deliver(message: M): void;
  decode(channel: string, payload: Payload): M | undefined;
  ask(ask: Ask): void;
  onLoss(loss: Loss): void;
  /** Tells that a message has the name of a node which has not sent it. */
  onForged(uid: string): void;
}

/** Bounds of an {@link Inbox}. */
export interface InboxOptions {
  /** How long messages are kept by those who sent them, in ms. */
  readonly maxDurationMs: number;
  /** How many bytes of messages may be held back. */
  readonly maxBytes: number;
  /** See `slackMs` of the options of the replay. */
  readonly slackMs: number;
}

/** How much was missed, and what became of it: sums since the start. See `ReplayStats`. */
export interface InboxStats {
  gaps: number;
  interruptions: number;
  replayed: number;
  duplicates: number;
  late: number;
  losses: number;
}

/** Of an inbox that is new. */
export function noStats(): InboxStats {
  return { gaps: 0, interruptions: 0, replayed: 0, duplicates: 0, late: 0, losses: 0 };
}
