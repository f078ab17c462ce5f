import type { IncomingHttpHeaders } from "node:http";
import { parseQuery } from "../engine/request.ts";

// Clients of one kind say the same, and Bun makes new strings of it for each of them. Those that are kept,
// for as long as the session lasts, are mostly those of the client before: that saves half of their memory.

/** What the URL of a request says. */
interface Target {
  /** The URL as Bun gives it. */
  readonly url: string;
  /** Path and query. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
}

let latestTarget: Target = { url: "", path: "", query: {} };
let latestHeaders: Readonly<IncomingHttpHeaders> = {};
let latestAddress = "";

/**
 * Takes the URL of a request apart.
 *
 * @param url as Bun gives it
 * @returns to be looked at; a query to be kept has to be a copy
 */
export function readTarget(url: string): Target {
  if (url === latestTarget.url) {
    return latestTarget;
  }
  const path = pathOf(url);
  const target = { url, path, query: parseQuery(path) };
  if (target.query.transport === "websocket" && target.query.sid === undefined) {
    latestTarget = target; // of others, no two are the same
  }
  return target;
}

/** A query to be kept. */
export function copyQuery(query: Readonly<Record<string, string>>): Record<string, string> {
  const { EIO, transport } = query;
  const isUsual = EIO !== undefined && transport !== undefined && Object.keys(query).length === 2;
  return isUsual ? { EIO, transport } : { ...query }; // a literal is half as large
}

/** Has the headers of a request share what they can with those of the latest one. */
export function shareHeaders(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  for (const name in headers) {
    if (headers[name] === latestHeaders[name]) {
      headers[name] = latestHeaders[name];
    }
  }
  latestHeaders = headers;
  return headers;
}

/** The same of an address. */
export function shareAddress(address: string): string {
  if (address !== latestAddress) {
    latestAddress = address;
  }
  return latestAddress;
}

/**
 * Whether the path and query of a request's URL begin with a prefix.
 *
 * @param url as Bun gives it
 * @param prefix begins with a slash
 */
export function isBelow(url: string, prefix: string): boolean {
  if (url === latestTarget.url) {
    return latestTarget.path.startsWith(prefix);
  }
  return url.startsWith(prefix, startOfPath(url)) || (prefix === "/" && startOfPath(url) === -1);
}

// For a request without a usable Host header Bun gives nothing but path and query.
function pathOf(url: string): string {
  const start = startOfPath(url);
  return start === -1 ? "/" : url.slice(start);
}

function startOfPath(url: string): number {
  return url.startsWith("/") ? 0 : url.indexOf("/", url.indexOf("://") + 3);
}
