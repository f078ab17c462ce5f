import type { Packet, RawData } from "./codec/codec.ts";
import type { Transport } from "./transports/transport.ts";

/** The states of a session. */
export type ReadyState = "opening" | "open" | "closing" | "closed";

/** Why a session ended. */
export type CloseReason =
  | "transport error"
  | "transport close"
  | "forced close"
  | "ping timeout"
  | "parse error"
  | "limit exceeded"
  | "slow consumer";

/** Called when a packet has been handed to a transport. */
export type SendCallback = (transport: Transport) => void;

/** Who a session serves, called without an emitter between: the Socket.IO server. */
export interface SessionHandler {
  onMessage(data: RawData | undefined): void;
  onClose(reason: CloseReason, description?: unknown): void;
}

/** The events of a session. */
export interface SessionEvents {
  /** As in the reference, emitted before the session is announced, and so before anyone listens. */
  open: () => void;
  packet: (packet: Packet) => void;
  packetCreate: (packet: Packet) => void;
  heartbeat: () => void;
  data: (data: RawData | undefined) => void;
  message: (data: RawData | undefined) => void;
  upgrading: (transport: Transport) => void;
  upgrade: (transport: Transport) => void;
  flush: (packets: Packet[]) => void;
  drain: () => void;
  close: (reason: CloseReason, description?: unknown) => void;
}
