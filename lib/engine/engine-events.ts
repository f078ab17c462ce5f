import type { OutgoingHeaders } from "../response-head.ts";
import type { Packet } from "./codec/codec.ts";
import type { EngineErrorCode, Rejection } from "./handshake.ts";
import type { EngineRequest } from "./request.ts";
import type { Session } from "./session.ts";

/** What the `connection_error` event tells. */
export interface ConnectionError {
  req: EngineRequest;
  code: EngineErrorCode;
  message: string;
  context: Rejection["context"];
}

/**
 * The events of an engine. They are methods, of which the compiler takes listeners that name a narrower
 * type than there is, as programs do that were written for the reference: its engine has no types here.
 */
export interface EngineEvents {
  connection(session: Session): void;
  connection_error(error: ConnectionError): void;
  initial_headers(headers: OutgoingHeaders, req: EngineRequest): void;
  headers(headers: OutgoingHeaders, req: EngineRequest): void;
  flush(session: Session, packets: Packet[]): void;
  drain(session: Session): void;
}
