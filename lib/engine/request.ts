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
  const start = url.indexOf("?") + 1;
  if (start === 0) {
    return {};
  }
  return splitPlain(url, start) ?? splitAny(url.slice(start));
}

function splitAny(search: string): Record<string, string> {
  const end = search.indexOf("#");
  return Object.fromEntries(new URLSearchParams(end === -1 ? search : search.slice(0, end)));
}

const AMPERSAND = 0x26;
const EQUALS = 0x3d;

/** Returns null where something in it is to be decoded: it goes over it once, as each request has one. */
function splitPlain(url: string, start: number): Record<string, string> | null {
  const query: Record<string, string> = {};
  let nameAt = start;
  let equalsAt = -1;
  for (let at = start; at <= url.length; at++) {
    const code = at === url.length ? AMPERSAND : url.charCodeAt(at);
    if (code === AMPERSAND) {
      const nameEnd = equalsAt === -1 ? at : equalsAt;
      if (at > nameAt) {
        const name = cutName(url, nameAt, nameEnd);
        if (name === "__proto__") {
          return null; // to an object it is no name like any other
        }
        query[name] = equalsAt === -1 ? "" : url.slice(equalsAt + 1, at);
      }
      nameAt = at + 1;
      equalsAt = -1;
    } else if (code === EQUALS) {
      equalsAt = equalsAt === -1 ? at : equalsAt;
    } else if (!isPlain(code)) {
      return null;
    }
  }
  return query;
}

/** Whether the character stands for itself: a letter, a digit, or one of `-._~`. */
function isPlain(code: number): boolean {
  return (
    (code >= 0x61 && code <= 0x7a) ||
    (code >= 0x30 && code <= 0x39) ||
    (code >= 0x41 && code <= 0x5a) ||
    code === 0x2d ||
    code === 0x2e ||
    code === 0x5f ||
    code === 0x7e
  );
}

// A string that is cut out costs more to look up than these cost to compare.
const NAMES = ["EIO", "transport", "sid", "t"];

function cutName(url: string, start: number, end: number): string {
  for (const name of NAMES) {
    if (name.length === end - start && url.startsWith(name, start)) {
      return name;
    }
  }
  return url.slice(start, end);
}

/** Lets go of the answer to a request: a session keeps its request, but need not keep that. */
export function forgetResponse(request: EngineRequest): void {
  if (request.res) {
    request.res = null;
  }
}
