import type { Packet } from "socket.io-parser";
import type { EncodedPackets, SocketId } from "../adapters/adapter.ts";
import type { DeadlineClock } from "./deadline.ts";
import type { ConnectRefused } from "./engine/engine-events.ts";
import type { LimitName, ResolvedLimits } from "./engine/limits.ts";
import type { Session } from "./engine/session.ts";
import type { Untyped } from "./events.ts";
import type { PacketDecoder } from "./namespace-decoder.ts";
import type { PacketRates } from "./namespace-limits.ts";
import type { DataCheck } from "./packet-check.ts";
import type { ConnectAttempt, SocketClient } from "./socket-ports.ts";
import type { EndReason } from "./socket-types.ts";

/** What a client needs of one of its sockets. */
export interface ClientSocket {
  readonly id: SocketId;
  readonly nsp: { readonly name: string };
  /** How many acknowledgements are owed, by the client or to it. */
  readonly _owed: number;
  _onPacket(packet: Packet): void;
  _onError(error: Error): void;
  _onClose(reason: EndReason, description?: unknown): void;
  disconnect(): unknown;
}

/** What a client needs of a namespace. */
export interface ClientNamespace {
  /** Lets the client in, or refuses it. */
  add(
    client: SocketClient,
    auth: Record<string, unknown>,
    attempt: ConnectAttempt<ClientSocket>,
  ): void;
}

/** A Socket.IO encoder and decoder: `socket.io-parser`, or another with the same two classes. */
export interface Encoder {
  encode(packet: Packet): EncodedPackets;
}

/** The other half of it. */
export interface Decoder {
  add(chunk: Untyped): void;
  on(event: "decoded", listener: (packet: Packet) => void): unknown;
  destroy(): void;
}

/** What a client needs of its server. */
export interface ClientServer {
  readonly encoder: Encoder;
  /** The time by which that is up: */
  readonly clock: DeadlineClock;
  /** How long a client may take to join its first namespace, in ms. */
  readonly connectTimeoutMs: number;
  createDecoder(): Decoder;
  /** Decodes most packets for all clients; null where each client needs a decoder of its own. */
  readonly packetDecoder: PacketDecoder | null;
  /** Looks at data before any of them does; null where that is theirs alone. */
  readonly dataCheck: DataCheck | null;
  readonly limits: ResolvedLimits;
  /** Null where clients may send as many packets as they like. */
  readonly packetRates: PacketRates | null;
  /** Tells the operator that a client went beyond a limit. */
  onLimit(limit: LimitName, session: Session, namespace?: string): void;
  /** Tells the operator that a client was not let into a namespace. */
  onConnectRefused(refused: ConnectRefused): void;
  /** A namespace that exists; others may be made for who asks for them. */
  knownNamespace(name: string): ClientNamespace | undefined;
  /** Looks up a namespace; null where there is none of that name. */
  findNamespace(
    name: string,
    auth: Record<string, unknown>,
    found: (namespace: ClientNamespace | null) => void,
  ): void;
}
