import type { IncomingMessage, ServerResponse } from "node:http";

/**
 * An HTTP request as the engine, its events and its middlewares see it: node:http's
 * `IncomingMessage`, and what middlewares add to it. Of a server of `Bun.serve` it is an object with
 * the members of one that make sense there: see the documentation.
 */
export interface EngineRequest extends IncomingMessage {
  /** The method, in capitals. */
  method: string;
  /** Path and query, as in the request line. */
  url: string;
  /** The parsed query; where a name is repeated, the last value. */
  _query: Record<string, string>;
  /**
   * The address of the other end, where a host knows it without looking at `socket`, which it would
   * make for that. @internal
   */
  readonly _peerAddress?: string | undefined;
  /** The same of whether the connection is TLS. @internal */
  readonly _isEncrypted?: boolean;
  /** The answer, while middlewares run and the engine decides on the request. */
  res?: ServerResponse | null | undefined;
}

/** Where a request comes from that is made when it is asked for. */
export interface RequestSource {
  asEngineRequest(): EngineRequest;
}

/** Whether the connection that a request came over is TLS. */
export function isEncrypted(request: EngineRequest): boolean {
  if (request._isEncrypted !== undefined) {
    return request._isEncrypted;
  }
  const { connection } = request;
  // By its old name: the requests of other engines, see `bind()`, know no other.
  return "encrypted" in connection && connection.encrypted === true;
}

/** The address that a connection came from; undefined on a unix socket. */
export function addressOfPeer(request: EngineRequest): string | undefined {
  return "_peerAddress" in request ? request._peerAddress : request.socket.remoteAddress;
}

/**
 * Parses the query of a request as the reference does: the last value of a name wins.
 *
 * @param url path and query
 */
export function parseQuery(url: string): Record<string, string> {
  const start = url.indexOf("?");
  if (start === -1) {
    return {};
  }
  const end = url.indexOf("#", start);
  const search = url.slice(start + 1, end === -1 ? url.length : end);
  return PLAIN.test(search) && !search.includes("__proto__")
    ? splitPlain(search)
    : Object.fromEntries(new URLSearchParams(search));
}

// What needs no decoding: nearly every query.
const PLAIN = /^[\w\-.~&=]*$/;

function splitPlain(search: string): Record<string, string> {
  const query: Record<string, string> = {};
  for (let start = 0; start < search.length; ) {
    const next = search.indexOf("&", start);
    const end = next === -1 ? search.length : next;
    const equals = search.indexOf("=", start);
    if (equals !== -1 && equals < end) {
      query[search.slice(start, equals)] = search.slice(equals + 1, end);
    } else if (end > start) {
      query[search.slice(start, end)] = "";
    }
    start = end + 1;
  }
  return query;
}

/** Lets go of the answer to a request: a session keeps its request, but need not keep that. */
export function forgetResponse(request: EngineRequest): void {
  if (request.res) {
    request.res = null;
  }
}
