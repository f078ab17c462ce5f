import type { Codec, Packet, RawData } from "../codec/codec.ts";
import type { HttpExchange } from "../exchange.ts";
import type { LimitName } from "../limits.ts";
import type { TransportName } from "../options.ts";
import type { TopicPort } from "../topics.ts";
import { makeLog } from "../../log.ts";

const log = makeLog("engine:transport");

/** The states of a transport. */
export type TransportState = "open" | "closing" | "closed";

/** Notes down that a transport changes its state, and returns the new one. */
export function changeState<State extends TransportState>(
  name: TransportName,
  from: TransportState,
  to: State,
): State {
  log("readyState updated from %s to %s (%s)", from, to, name);
  return to;
}

/** An error of a transport, as the `description` of a session's end. */
export class TransportError extends Error {
  readonly type = "TransportError";
  /** What lies behind it, where known. */
  readonly description: unknown;

  constructor(message: string, description?: unknown) {
    super(message);
    this.description = description;
  }
}

/** How a WebSocket is closed: the code and the reason of its Close frame (RFC 6455, section 7.4). */
export interface CloseStatus {
  readonly code: number;
  readonly reason: string;
}

/** Who a transport reports to: the session, or the upgrade that tries the transport out. */
export interface TransportSink {
  /** A message packet; apart from the others for being nearly all of them. */
  onMessage(data: RawData | undefined): void;
  /** Any other packet. */
  onPacket(packet: Packet): void;
  /** The transport can take packets again. */
  onWritable(): void;
  onError(error: TransportError): void;
  onClose(): void;
  /** The packets of one HTTP request have been handed over. */
  onRequestEnd?(): void;
  /** The client went beyond a limit. */
  onLimit?(limit: LimitName): void;
}

/** Hears of what a transport does that no session listens to any more. */
export const SILENT: TransportSink = {
  onMessage() {},
  onPacket() {},
  onWritable() {},
  onError(error) {
    log("ignored transport error %s (%s)", error.message, error.description);
  },
  onClose() {},
};

/** One way of carrying packets between a session and its client. */
export interface Transport {
  readonly name: TransportName;
  readonly codec: Codec;
  readonly readyState: TransportState;
  /** Whether a packet given now would leave at once. */
  readonly writable: boolean;
  /**
   * By what its client can be reached past the session, as far as that makes no difference now. A
   * transport that has no such thing leaves it out.
   */
  readonly feed?: TopicPort | null;
  /** How much the host has taken that has not left yet, in bytes; missing where nobody knows. */
  readonly bufferedBytes?: number;
  /** Has those who reach its client that way ask anew. */
  stir?(): void;
  /** Who hears of what happens. */
  sink: TransportSink;
  /**
   * Takes packets from the front of the list, as many as it can.
   *
   * @param packets never empty
   * @returns how many it took; the rest stays with the caller until `onWritable`
   */
  send(packets: readonly Packet[]): number;
  /**
   * Sends a message at once, in one write with others that are sent like that, as far as the transport
   * can do so now. One that never can leaves it out.
   *
   * @returns whether it did
   */
  sendNow?(message: Packet): boolean;
  /** A further HTTP request of the session. */
  onRequest(exchange: HttpExchange): void;
  /**
   * Closes in order: what was sent before arrives before.
   *
   * @param done called when it is closed
   * @param status what the client is told, where that is possible
   */
  close(done?: () => void, status?: CloseStatus): void;
  /** Says that the session no longer needs this transport, so that a close need not wait. */
  discard(): void;
}
