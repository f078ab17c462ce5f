import type { Untyped } from "./event-types.ts";

/**
 * The stable codes of the errors this package throws or hands to callbacks.
 *
 * - `ERR_ALREADY_LISTENING`: `listen()` or `attach()` on a server that already serves a port.
 * - `ERR_INVALID_OPTION`: an option of the wrong type or out of range.
 * - `ERR_INVALID_NAMESPACE`: a namespace name that cannot travel on the wire, or of the wrong type.
 * - `ERR_INVALID_ARGUMENT`: an argument of the wrong type.
 * - `ERR_RESERVED_EVENT`: an event name that the protocol keeps for itself.
 * - `ERR_ACK_TIMEOUT`: an acknowledgement that did not arrive in time.
 * - `ERR_LIMIT_EXCEEDED`: a client went beyond a limit; `limit` is the name of that.
 * - `ERR_UNSUPPORTED`: a feature that this host or adapter does not offer.
 * - `ERR_PARTIAL_RESPONSE`: not all nodes have answered; `responses` are the answers that came.
 * - `ERR_INVALID_PACKET`: a client sent what is no packet, or one that may not be; see `cause`.
 * - `ERR_MALFORMED_MESSAGE`: a message of another node that makes no sense; it was dropped.
 * - `ERR_OUTBOX_FULL`: messages for other nodes were dropped, as they could not be sent for too long.
 * - `ERR_DISCONNECTED`: the socket is gone; `reason` says why.
 * - `ERR_OVERFLOW`: more came from the other side than was taken.
 * - `ERR_CANCELLED`: the other side of a stream gave it up.
 * - `ERR_TIMEOUT`: in `bun-socket.io/testing`, what a test waits for did not come.
 * - `ERR_UNEXPECTED`: in `bun-socket.io/testing`, what a test rules out did come.
 * - `ERR_REDIS`: Redis refused something, or is away; see `cause`.
 */
export type ErrorCode =
  | "ERR_ALREADY_LISTENING"
  | "ERR_INVALID_OPTION"
  | "ERR_INVALID_NAMESPACE"
  | "ERR_INVALID_ARGUMENT"
  | "ERR_RESERVED_EVENT"
  | "ERR_ACK_TIMEOUT"
  | "ERR_LIMIT_EXCEEDED"
  | "ERR_UNSUPPORTED"
  | "ERR_PARTIAL_RESPONSE"
  | "ERR_INVALID_PACKET"
  | "ERR_MALFORMED_MESSAGE"
  | "ERR_OUTBOX_FULL"
  | "ERR_DISCONNECTED"
  | "ERR_OVERFLOW"
  | "ERR_CANCELLED"
  | "ERR_TIMEOUT"
  | "ERR_UNEXPECTED"
  | "ERR_REDIS";

/** An error of this package. Tell errors apart by `code`; the message is for people and may change. */
export class SocketIOError extends Error {
  /** One of {@link ErrorCode}. */
  readonly code: ErrorCode;
  /** Of `ERR_PARTIAL_RESPONSE`, and of a broadcast's `ERR_ACK_TIMEOUT`: the answers that did come. */
  declare responses?: Untyped;
  /** Of `ERR_LIMIT_EXCEEDED`: the limit, as the option `limits` names it. */
  declare limit?: string;

  static {
    // On the prototype, as with the errors of the language: no log then prints it twice.
    Object.defineProperty(SocketIOError.prototype, "name", { value: "SocketIOError" });
  }

  /**
   * @param code one of {@link ErrorCode}
   * @param message what is wrong, for people
   * @param options `cause`: what was thrown, if it is for that
   */
  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/**
 * The error of an event name that the protocol keeps for itself.
 *
 * @param event the refused name
 */
export function reservedEvent(event: string | symbol): SocketIOError {
  return new SocketIOError("ERR_RESERVED_EVENT", `"${String(event)}" is a reserved event name`);
}

/**
 * The error of something that the reference has and this package has not.
 *
 * @param what what was asked for
 * @param instead what to do
 */
export function unsupported(what: string, instead: string): SocketIOError {
  return new SocketIOError("ERR_UNSUPPORTED", `${what} is not supported: ${instead}`);
}

/** The error of an acknowledgement that did not arrive in time; the message is the reference's. */
export function ackTimeout(): SocketIOError {
  return new SocketIOError("ERR_ACK_TIMEOUT", "operation has timed out");
}

/**
 * The error of a client that went beyond a limit.
 *
 * @param limit the name of it
 * @param message what there was too much of
 */
export function limitExceeded(limit: string, message: string): SocketIOError {
  const error = new SocketIOError("ERR_LIMIT_EXCEEDED", message);
  error.limit = limit;
  return error;
}

/**
 * The error of a request that not all nodes have answered.
 *
 * @param message what is missing
 * @param responses the answers that did come
 * @param cause why, if it is known
 */
export function partialResponse(
  message: string,
  responses: readonly unknown[],
  cause?: unknown,
): SocketIOError {
  const options = cause === undefined ? undefined : { cause };
  const error = new SocketIOError("ERR_PARTIAL_RESPONSE", message, options);
  error.responses = responses;
  return error;
}

/**
 * The error of a message of another node that makes no sense.
 *
 * @param problem what is wrong with it
 * @param cause what was thrown when it was to be used
 */
export function malformedMessage(problem: string, cause?: unknown): SocketIOError {
  const options = cause === undefined ? undefined : { cause };
  return new SocketIOError("ERR_MALFORMED_MESSAGE", `dropped a message: ${problem}`, options);
}

/**
 * Hands what a user's callback threw to the runtime as an uncaught exception, once nothing of ours
 * is on the stack: no session is left half way through a packet. To throw it again would have the
 * runtime print this line instead of the user's.
 *
 * @param error what was thrown
 */
export function throwLater(error: unknown): void {
  process.nextTick(() => reportError(error));
}

/**
 * Says on the standard error output, or to listeners of the process's `warning` event, what is
 * wrong with how the package is used, where there is no caller to throw at.
 *
 * @param message what is wrong, and what to do
 * @param cause what was thrown, if it was for that; its stack is printed below the message
 */
export function warn(message: string, cause?: unknown): void {
  const detail = cause instanceof Error ? cause.stack : String(cause ?? "");
  process.emitWarning(message, { type: "SocketIOWarning", ...(detail ? { detail } : {}) });
}
