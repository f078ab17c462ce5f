import type { OutgoingHeaders } from "../response-head.ts";
import type { Packet } from "./codec/codec.ts";
import type { EngineErrorCode, Rejection } from "./handshake.ts";
import type { LimitName } from "./limits.ts";
import type { EngineRequest } from "./request.ts";
import type { Session } from "./session.ts";

/** What the `connection_error` event tells. */
export interface ConnectionError {
  req: EngineRequest;
  code: EngineErrorCode;
  message: string;
  context: Rejection["context"];
}

/** What the `limit_exceeded` event tells. */
export interface LimitExceeded {
  /** Which limit: see the option `limits`. */
  limit: LimitName;
  /** What it is set to. */
  value: number;
  /** The client's address, as in `handshake.address`. */
  address: string | undefined;
  /** The handshake that was refused; undefined where the client was in already. */
  req: EngineRequest | undefined;
  /** The session concerned, from `io.bind()` also one of another engine; undefined for a handshake. */
  session: Session | undefined;
  /** The namespace concerned, where there is one. */
  namespace: string | undefined;
}

/** What the `connect_refused` event tells. */
export interface ConnectRefused {
  /** The namespace that the client asked for. */
  namespace: string;
  /**
   * Who refused: a `middleware` (or it threw); the server, as it has no such `namespace`, or as the
   * client is in too many of them, which is a `limit`; or the `adapter` failed.
   */
  reason: "middleware" | "namespace" | "limit" | "adapter";
  /** What the client is told, as the `message` of its `connect_error`. */
  message: string;
  /** The `data` of it, if there is any. */
  data: unknown;
  /** The session, which goes on; from `io.bind()` also one of another engine. */
  session: Session;
}

/**
 * The events of an engine. They are methods, of which the compiler takes listeners that name a narrower
 * type than there is, as programs do that were written for the reference: its engine has no types here.
 */
export interface EngineEvents {
  connection(session: Session): void;
  connection_error(error: ConnectionError): void;
  limit_exceeded(exceeded: LimitExceeded): void;
  connect_refused(refused: ConnectRefused): void;
  initial_headers(headers: OutgoingHeaders, req: EngineRequest): void;
  headers(headers: OutgoingHeaders, req: EngineRequest): void;
  flush(session: Session, packets: Packet[]): void;
  drain(session: Session): void;
}
