import type { IncomingMessage } from "node:http";
import type { Packet } from "socket.io-parser";
import type { EncodedPackets, SocketId, WriteOptions } from "../adapters/adapter.ts";
import type { ConnectRefused } from "./engine/engine-events.ts";
import type { LimitName } from "./engine/limits.ts";
import type { Session } from "./engine/session.ts";

/** Why a client is not let into a namespace. */
export type RefusalReason = ConnectRefused["reason"];

/** What it is told of that. */
export interface Refusal {
  readonly message: string;
  readonly data?: unknown;
}

/** What a socket needs of the connection it shares with the client's other sockets. */
export interface SocketClient {
  /** The id of the session. */
  readonly id: string;
  readonly conn: Session;
  readonly request: IncomingMessage;
  writePacket(packet: Packet, options: WriteOptions): void;
  writeToEngine(encodedPackets: EncodedPackets, options: WriteOptions): void;
  /** It is not let into a namespace: tells the client, and the operator. */
  refuse(namespace: string, reason: RefusalReason, refusal: Refusal): void;
  /** The socket is gone. */
  remove(socket: { readonly id: SocketId; readonly nsp: { readonly name: string } }): void;
  /** Ends the connection, as the client went beyond a limit. */
  exceed(limit: LimitName, namespace: string): void;
  /** Disconnects every socket of the client, and the connection. */
  disconnect(): void;
}

/** A client's request to be let into a namespace. */
export interface ConnectAttempt<SocketType> {
  /** Whether the client still waits for it: it may have gone, or have asked anew. */
  readonly isWanted: boolean;
  /** It is let in; called before anyone else hears of the socket. */
  onConnected(socket: SocketType): void;
  /** It is not let in. */
  onRefused(): void;
  /** Called once when the client no longer waits, though nobody has decided yet. */
  onAbandoned: (() => void) | null;
}
