import { SocketIOError, throwLater } from "../../lib/errors.ts";

/** Whoever has messages sent. */
export interface OutboxOwner {
  /** Called at most once a turn of the event loop for each reason. */
  onDropped(dropped: Dropped): void;
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

/** The error that tells of it: `ERR_REDIS` where Redis refused, else `ERR_OUTBOX_FULL`. */
export function toDropError({ messages, reason, error: cause }: Dropped): SocketIOError {
  const [code, why] =
    reason === "refused"
      ? (["ERR_REDIS", "Redis refused"] as const)
      : (["ERR_OUTBOX_FULL", "Redis was away for too long for"] as const);
  const detail = cause === undefined ? "" : `: ${cause.message}`;
  const message = `${why} ${messages} message(s), which were dropped${detail}`;
  return new SocketIOError(code, message, cause && { cause });
}

/** Counts what is dropped, and tells those it was from, once, at the end of the turn. */
export class OutboxDrops {
  readonly #drops = new Map<OutboxOwner, Map<DropReason, Dropped>>();
  #isTelling = false;
  #total = 0;

  /** How many were dropped since the start. */
  get total(): number {
    return this.#total;
  }

  add(owner: OutboxOwner, bytes: number, reason: DropReason, error: Error | undefined): void {
    this.#total++;
    if (!this.#isTelling) {
      this.#isTelling = true;
      setImmediate(() => this.#tell());
    }
    let reasons = this.#drops.get(owner);
    if (reasons === undefined) {
      reasons = new Map();
      this.#drops.set(owner, reasons);
    }
    const before = reasons.get(reason);
    reasons.set(reason, {
      messages: (before?.messages ?? 0) + 1,
      bytes: (before?.bytes ?? 0) + bytes,
      reason,
      error: error ?? before?.error,
    });
  }

  #tell(): void {
    this.#isTelling = false;
    const drops = [...this.#drops];
    this.#drops.clear(); // an owner may send something, and that may be dropped too
    for (const [owner, reasons] of drops) {
      for (const dropped of reasons.values()) {
        try {
          owner.onDropped(dropped);
        } catch (error) {
          throwLater(error); // of a listener: the others are told all the same
        }
      }
    }
  }
}
