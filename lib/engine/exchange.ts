import type { IncomingMessage, ServerResponse } from "node:http";
import type { OutgoingHeaders } from "../response-head.ts";
import type { EngineRequest } from "./request.ts";
import type { TopicPort } from "./topics.ts";

/** An HTTP answer. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<OutgoingHeaders>;
  /** Null for an empty one. */
  readonly body: string | Uint8Array | null;
}

/** How reading a request body ended. */
export type BodyResult =
  | { readonly kind: "complete"; readonly body: Buffer | ArrayBuffer }
  /** It is longer than the limit; what came of it is thrown away. */
  | { readonly kind: "too-large" }
  /** The client went away, or {@link HttpExchange.cancelBody} was called. */
  | { readonly kind: "aborted" };

/** A function that sees every request of the engine before the engine does, as in Express. */
export type Middleware<
  Req extends IncomingMessage = EngineRequest,
  Res extends ServerResponse = ServerResponse,
> = (req: Req, res: Res, next: (error?: unknown) => void) => unknown;

/** One HTTP request and the answer to it: the port through which the engine sees a host. */
export interface HttpExchange {
  readonly request: EngineRequest;
  /** For middlewares; the headers they set here are sent with whatever answers the request. */
  readonly response: ServerResponse;
  /** Whether the client is gone. */
  readonly aborted: boolean;
  /**
   * A header of the request, where all of them are not wanted: to list them costs.
   *
   * @param name in small letters
   */
  header(name: string): string | undefined;
  /** Called once if the client goes away before the answer. */
  onAbort: (() => void) | null;
  /**
   * Answers. Only the first call counts, and none after the client went away.
   *
   * @param status the HTTP status
   * @param headers without `Content-Length`, which the host sees to, as it does to `Connection`;
   * `close` ends the connection behind the answer, but for one of HTTP/2. Those of a frozen object
   * are the same each time, and prepared once.
   * @param body null for an empty one
   */
  respond(
    status: number,
    headers: Readonly<OutgoingHeaders>,
    body: string | Uint8Array | null,
  ): void;
  /**
   * Reads the body, never holding more than the limit.
   *
   * @param limitBytes the largest body taken
   * @param done called once
   */
  readBody(limitBytes: number, done: (result: BodyResult) => void): void;
  /** Stops a {@link readBody} that is under way. */
  cancelBody(): void;
}

/** What became of a WebSocket message. */
export type SendResult =
  /** It is with the kernel, or on its way there. */
  | "sent"
  /** It is queued behind others: wait for the drain before sending more. */
  | "queued"
  /** It was not taken, and will not be sent. */
  | "dropped";

/** An open WebSocket: the port through which the engine sees a host. */
export interface WebSocketPort {
  send(data: string | Uint8Array, compress: boolean): SendResult;
  /** Calls `write`; what it sends leaves in one system call where the host can do that. */
  batch(write: () => void): void;
  /** Sends a Close frame behind all that was sent. */
  close(code?: number, reason?: string): void;
  /** Whether what is sent now leaves in one system call anyway. Missing: no. */
  readonly isBatching?: boolean;
  /** How much was taken that has not left yet, in bytes. */
  readonly bufferedBytes: number;
  /** Its place in the topics of its server; null, or missing, where the host has none. */
  readonly topics?: TopicPort | null;
}
