import { RateLimit } from "../rate-limit.ts";
import { ENGINE_ERRORS, type Rejection, reject } from "./handshake.ts";
import type { LimitName, ResolvedLimits } from "./limits.ts";
import { networkOf } from "./network.ts";

const RETRY_AFTER_S = 1;

/**
 * A refusal for a limit.
 *
 * @param limit which one
 * @param value what it is set to
 * @param status the HTTP status: 429 where it is the doing of one address, 503 of all
 * @param message what the client is told
 */
export function rejectOver(
  limit: LimitName,
  value: number,
  status: 429 | 503,
  message: string,
): Rejection {
  const context = { name: "LIMIT_EXCEEDED", message, limit, value };
  const { kind, code } = reject(ENGINE_ERRORS.LIMIT_EXCEEDED);
  return { kind, code, context, status, retryAfterS: RETRY_AFTER_S, limit };
}

/** The refusal of a handshake that was not decided on in time. */
export function rejectLate(handshakeMs: number): Rejection {
  return rejectOver("handshakeMs", handshakeMs, 503, "Handshake timed out");
}

/** What of the engine's limits says who gets in. */
export class ConnectionGate {
  readonly #limits: ResolvedLimits;
  readonly #rate: RateLimit | null;
  /** By what {@link networkOf} makes of each address; null where they need not be told apart. */
  readonly #perAddress: Map<string, number> | null;
  #count = 0;

  private constructor(limits: ResolvedLimits) {
    this.#limits = limits;
    const { handshakesPerSecond: rate, connectionsPerAddress } = limits;
    this.#rate = Number.isFinite(rate) ? new RateLimit(rate, performance.now()) : null;
    this.#perAddress = Number.isFinite(connectionsPerAddress) ? new Map() : null;
  }

  /**
   * @param limits the limits
   * @param open the sessions that are open
   * @returns null where everyone gets in
   */
  static make(
    limits: ResolvedLimits,
    open: Iterable<{ readonly remoteAddress: string | undefined }>,
  ): ConnectionGate | null {
    const { connections, connectionsPerAddress, handshakesPerSecond } = limits;
    if (![connections, connectionsPerAddress, handshakesPerSecond].some(Number.isFinite)) {
      return null;
    }
    const gate = new ConnectionGate(limits);
    for (const { remoteAddress } of open) {
      gate.onOpen(remoteAddress);
    }
    return gate;
  }

  /** Somebody asks to be let in. */
  onHandshake(address: string | undefined): Rejection | null {
    if (this.#rate?.take(performance.now()) === false) {
      const { handshakesPerSecond } = this.#limits;
      return rejectOver("handshakesPerSecond", handshakesPerSecond, 503, "Too many handshakes");
    }
    return this.check(address);
  }

  /** Whether there is room, once all others have agreed: there may have been more before. */
  check(address: string | undefined): Rejection | null {
    const { connections, connectionsPerAddress } = this.#limits;
    if (this.#count >= connections) {
      return rejectOver("connections", connections, 503, "Too many connections");
    }
    if (this.#countOf(address) >= connectionsPerAddress) {
      const message = "Too many connections from this address";
      return rejectOver("connectionsPerAddress", connectionsPerAddress, 429, message);
    }
    return null;
  }

  /** A session is open. */
  onOpen(address: string | undefined): void {
    this.#count++;
    this.#add(address, 1);
  }

  /** It has ended. */
  onClose(address: string | undefined): void {
    this.#count--;
    this.#add(address, -1);
  }

  // Clients of a unix socket have no address, and do not count.
  #countOf(address: string | undefined): number {
    return address === undefined ? 0 : (this.#perAddress?.get(networkOf(address)) ?? 0);
  }

  #add(address: string | undefined, sessions: 1 | -1): void {
    if (this.#perAddress === null || address === undefined) {
      return;
    }
    const network = networkOf(address);
    const count = (this.#perAddress.get(network) ?? 0) + sessions;
    if (count > 0) {
      this.#perAddress.set(network, count);
    } else {
      this.#perAddress.delete(network);
    }
  }
}
