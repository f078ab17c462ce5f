import type { OutgoingHeaders } from "../response-head.ts";
import { protocolOf } from "./codec/choose.ts";
import type { LimitName } from "./limits.ts";
import type { Refusal, ResolvedEngineOptions, TransportName } from "./options.ts";
import type { EngineRequest } from "./request.ts";

/** The error codes of the Engine.IO handshake, as far as it goes as the reference numbers them. */
export const ENGINE_ERRORS = {
  UNKNOWN_TRANSPORT: 0,
  UNKNOWN_SID: 1,
  BAD_HANDSHAKE_METHOD: 2,
  BAD_REQUEST: 3,
  FORBIDDEN: 4,
  UNSUPPORTED_PROTOCOL_VERSION: 5,
  /** The reference has no such: see the option `limits`. */
  LIMIT_EXCEEDED: 6,
} as const;

/** One of the numbers in {@link ENGINE_ERRORS}. */
export type EngineErrorCode = (typeof ENGINE_ERRORS)[keyof typeof ENGINE_ERRORS];

/** The message that goes with each code. */
export const ENGINE_ERROR_MESSAGES: Readonly<Record<EngineErrorCode, string>> = {
  0: "Transport unknown",
  1: "Session ID unknown",
  2: "Bad handshake method",
  3: "Bad request",
  4: "Forbidden",
  5: "Unsupported protocol version",
  6: "Limit exceeded",
};

/** A request that the engine refuses. */
export interface Rejection {
  readonly kind: "rejected";
  readonly code: EngineErrorCode;
  /** What lies behind it, for the `connection_error` event. */
  readonly context: {
    name?: string;
    message?: string | null | undefined;
    [detail: string]: unknown;
  };
  /** The HTTP status, where it does not follow from the code. */
  readonly status?: number;
  /** When to try again, in seconds: the header `Retry-After`. */
  readonly retryAfterS?: number;
  /** The limit that it is for. */
  readonly limit?: LimitName;
}

/** What a request turns out to be. */
export type Verdict =
  | Rejection
  | { readonly kind: "handshake"; readonly transport: TransportName; readonly protocol: number }
  | { readonly kind: "session"; readonly sid: string };

/** What the check needs to know of a running session. */
export interface KnownSession {
  readonly protocol: number;
  readonly transport: { readonly name: TransportName };
}

// RFC 9110, section 5.5: field-vchar, obs-text, space and tab.
const INVALID_HEADER_CHAR = /[^\t\x20-\x7e\x80-\xff]/;

/**
 * Makes a rejection.
 *
 * @param code its code
 * @param context what lies behind it
 */
export function reject(code: EngineErrorCode, context: Rejection["context"] = {}): Rejection {
  return { kind: "rejected", code, context };
}

/** What the client is told. */
export function rejectionMessage(rejection: Rejection): string {
  const { message } = rejection.context; // as the user gave it, who may have given an Error
  return message ? `${message}` : ENGINE_ERROR_MESSAGES[rejection.code];
}

/** The HTTP status of a rejected request. */
export function rejectionStatus({ code, status }: Rejection): number {
  return status ?? (code === ENGINE_ERRORS.FORBIDDEN ? 403 : 400);
}

/** What a rejection adds to the headers of its answer. */
export function rejectionHeaders({ retryAfterS, status }: Rejection): OutgoingHeaders {
  return {
    ...(retryAfterS === undefined ? {} : { "Retry-After": String(retryAfterS) }),
    ...(status === 401 ? { "WWW-Authenticate": "Bearer" } : {}), // RFC 9110, section 15.5.2
  };
}

/**
 * Makes the rejection of `allowRequest`.
 *
 * @param reason what it gave as the reason: a message, or a message with a status
 */
export function forbid(reason: string | Refusal | null | undefined): Rejection {
  if (!isRefusal(reason)) {
    return reject(ENGINE_ERRORS.FORBIDDEN, { message: reason });
  }
  const { message, status } = reason;
  const rejection = reject(ENGINE_ERRORS.FORBIDDEN, { message });
  return Number.isInteger(status) && status >= 400 && status <= 599
    ? { ...rejection, status }
    : rejection;
}

function isRefusal(reason: string | Refusal | null | undefined): reason is Refusal {
  // An error, with a status or not, is a message there, as programs written for the reference expect.
  return typeof reason === "object" && reason !== null && !(reason instanceof Error);
}

/**
 * Checks a request against the options and the running sessions. It decides nothing that takes
 * time or has effects: `allowRequest` and the check of the protocol revision, which comes after
 * it, are the engine's.
 *
 * @param request the request
 * @param origin its header Origin
 * @param isUpgrade whether it asks for a WebSocket
 * @param transports the transports allowed
 * @param find looks up a running session
 */
export function verify(
  request: Pick<EngineRequest, "method" | "_query">,
  origin: string | undefined,
  isUpgrade: boolean,
  transports: ResolvedEngineOptions["transports"],
  find: (sid: string) => KnownSession | undefined,
): Verdict {
  const { transport, sid } = request._query;
  // WebTransport sessions do not begin with a request.
  if (!isTransport(transport, transports) || transport === "webtransport") {
    return reject(ENGINE_ERRORS.UNKNOWN_TRANSPORT, { transport });
  }
  if (origin !== undefined && INVALID_HEADER_CHAR.test(origin)) {
    return reject(ENGINE_ERRORS.BAD_REQUEST, { name: "INVALID_ORIGIN", origin });
  }
  const protocol = protocolOf(request._query);
  if (sid) {
    return verifySession(sid, find(sid), transport, protocol, isUpgrade);
  }
  if (request.method !== "GET") {
    return reject(ENGINE_ERRORS.BAD_HANDSHAKE_METHOD, { method: request.method });
  }
  if ((transport === "websocket") !== isUpgrade) {
    return reject(ENGINE_ERRORS.BAD_REQUEST, { name: "TRANSPORT_HANDSHAKE_ERROR" });
  }
  return { kind: "handshake", transport, protocol };
}

function verifySession(
  sid: string,
  session: KnownSession | undefined,
  transport: TransportName,
  protocol: number,
  isUpgrade: boolean,
): Verdict {
  if (session === undefined) {
    return reject(ENGINE_ERRORS.UNKNOWN_SID, { sid });
  }
  const previousTransport = session.transport.name;
  if (isUpgrade ? transport !== "websocket" : previousTransport !== transport) {
    return reject(ENGINE_ERRORS.BAD_REQUEST, {
      name: "TRANSPORT_MISMATCH",
      transport,
      previousTransport,
    });
  }
  if (session.protocol !== protocol) {
    return reject(ENGINE_ERRORS.BAD_REQUEST, {
      name: "PROTOCOL_MISMATCH",
      protocol,
      previousProtocol: session.protocol,
    });
  }
  return { kind: "session", sid };
}

/**
 * Checks the protocol revision of a handshake.
 *
 * @param protocol the revision
 * @param allowEIO3 whether revision 3 will do
 * @returns null where the server speaks it
 */
export function verifyProtocol(protocol: number, allowEIO3: boolean): Rejection | null {
  return protocol === 4 || allowEIO3
    ? null
    : reject(ENGINE_ERRORS.UNSUPPORTED_PROTOCOL_VERSION, { protocol });
}

function isTransport(
  name: string | undefined,
  transports: readonly TransportName[],
): name is TransportName {
  return (transports as readonly (string | undefined)[]).includes(name);
}
