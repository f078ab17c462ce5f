import { Decoder, type Packet, PacketType } from "socket.io-parser";
import type { ResolvedLimits } from "./engine/limits.ts";
import { limitExceeded } from "./errors.ts";
import { RateLimit } from "./rate-limit.ts";

/** How many events a second each socket may send. */
export class EventRates {
  readonly #perSecond: number;
  // Not in the sockets: where there is no such limit, none of them is larger for it.
  readonly #rates = new WeakMap<object, RateLimit>();

  private constructor(perSecond: number) {
    this.#perSecond = perSecond;
  }

  /** @returns null where there is no limit */
  static make({ eventsPerSecond }: ResolvedLimits): EventRates | null {
    return eventsPerSecond === Number.POSITIVE_INFINITY ? null : new EventRates(eventsPerSecond);
  }

  /** A packet has come; returns whether it is an event too many. */
  isOver(socket: object, { type }: Packet): boolean {
    if (type !== PacketType.EVENT && type !== PacketType.BINARY_EVENT) {
      return false;
    }
    const now = performance.now();
    let rate = this.#rates.get(socket);
    if (rate === undefined) {
      rate = new RateLimit(this.#perSecond, now);
      this.#rates.set(socket, rate);
    }
    return !rate.take(now);
  }
}

const ANNOUNCES_ATTACHMENTS = /^[56](\d+)-/;

/** The decoder of `socket.io-parser`, which says by a code that there are too many attachments. */
export class LimitedDecoder extends Decoder {
  readonly #attachments: number;

  constructor({ attachments }: ResolvedLimits) {
    super({ maxAttachments: attachments });
    this.#attachments = attachments;
  }

  /** @throws SocketIOError with `ERR_LIMIT_EXCEEDED`, and what the decoder throws */
  override add(data: unknown): void {
    const count = typeof data === "string" ? ANNOUNCES_ATTACHMENTS.exec(data)?.[1] : undefined;
    if (Number(count) > this.#attachments) {
      throw limitExceeded("attachments", "too many attachments");
    }
    super.add(data);
  }
}
