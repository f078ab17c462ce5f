import type { IncomingHttpHeaders } from "node:http";

/** What is known of the TCP connection a request came over. */
export interface RequestConnection {
  /** The address of the other end; absent on a unix socket. */
  readonly remoteAddress?: string | undefined;
  /** The port of the other end; absent on a unix socket. */
  readonly remotePort?: number | undefined;
  /** Whether the connection is TLS. */
  readonly encrypted: boolean;
}

/**
 * An HTTP request as the engine, its events and its middlewares see it, with the names of
 * node:http's `IncomingMessage`. Hosts make it from what their server hands them.
 */
export interface EngineRequest {
  /** The method, in capitals. */
  readonly method: string;
  /** Path and query, as in the request line. */
  readonly url: string;
  /** The headers, names in small letters. */
  readonly headers: IncomingHttpHeaders;
  /** The connection; `socket` is the same object. */
  readonly connection: RequestConnection;
  readonly socket: RequestConnection;
  /** The parsed query; where a name is repeated, the last value. */
  readonly _query: Record<string, string>;
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
  return Object.fromEntries(new URLSearchParams(search));
}
