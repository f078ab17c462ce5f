import { Decoder, type Packet, PacketType } from "socket.io-parser";
import type { ResolvedLimits } from "./engine/limits.ts";
import { limitExceeded } from "./errors.ts";
import { RateLimit } from "./rate-limit.ts";

/** How often something may happen over each connection. */
class ConnectionRates {
  readonly #perSecond: number;
  // Not in the clients: where there is no such limit, none of them is larger for it.
  readonly #rates = new WeakMap<object, RateLimit>();

  private constructor(perSecond: number) {
    this.#perSecond = perSecond;
  }

  /** @returns null where there is no limit */
  static make(perSecond: number): ConnectionRates | null {
    return perSecond === Number.POSITIVE_INFINITY ? null : new ConnectionRates(perSecond);
  }

  /** It happens once more; returns whether that is once too often. */
  isOver(client: object): boolean {
    const now = performance.now();
    let rate = this.#rates.get(client);
    if (rate === undefined) {
      rate = new RateLimit(this.#perSecond, now);
      this.#rates.set(client, rate);
    }
    return !rate.take(now);
  }
}

/**
 * How many packets a second each client may send. Of the whole connection, not of each socket: a
 * client that leaves a namespace and joins it again, or another, would begin anew.
 */
export class PacketRates {
  readonly #events: ConnectionRates | null;
  readonly #connects: ConnectionRates | null;

  private constructor({ eventsPerSecond, connectsPerSecond }: ResolvedLimits) {
    this.#events = ConnectionRates.make(eventsPerSecond);
    this.#connects = ConnectionRates.make(connectsPerSecond);
  }

  /** @returns null where there is no limit */
  static make(limits: ResolvedLimits): PacketRates | null {
    const rates = new PacketRates(limits);
    return rates.#events === null && rates.#connects === null ? null : rates;
  }

  /** A packet has come; returns which limit it is beyond, or null. */
  exceededBy(client: object, { type }: Packet): "eventsPerSecond" | "connectsPerSecond" | null {
    switch (type) {
      case PacketType.EVENT:
      case PacketType.BINARY_EVENT:
        return this.#events?.isOver(client) ? "eventsPerSecond" : null;
      case PacketType.CONNECT:
        return this.#connects?.isOver(client) ? "connectsPerSecond" : null;
      default:
        return null;
    }
  }
}

/** The decoder of `socket.io-parser`, which says by a code that there are too many attachments. */
export class LimitedDecoder extends Decoder {
  readonly #attachments: number;

  constructor({ attachments }: ResolvedLimits) {
    super({ maxAttachments: attachments });
    this.#attachments = attachments;
  }

  /** @throws SocketIOError with `ERR_LIMIT_EXCEEDED`, and what the decoder throws */
  override add(data: unknown): void {
    if (typeof data === "string" && countAttachments(data) > this.#attachments) {
      throw limitExceeded("attachments", "too many attachments");
    }
    super.add(data);
  }
}

const DASH = 0x2d;
const ZERO = 0x30;
const NINE = 0x39;
const FIVE = 0x35; // an event with attachments, and the one after it an acknowledgement
const SIX = 0x36;

/** How many attachments a packet announces: it begins with its type, their number and a dash. */
function countAttachments(packet: string): number {
  const type = packet.charCodeAt(0);
  if (type !== FIVE && type !== SIX) {
    return 0;
  }
  let count = 0;
  let at = 1;
  let code = packet.charCodeAt(at);
  while (code >= ZERO && code <= NINE) {
    count = count * 10 + code - ZERO;
    at++;
    code = packet.charCodeAt(at);
  }
  return code === DASH ? count : 0;
}
