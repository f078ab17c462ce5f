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
 * Reads the query of a request's URL.
 *
 * @param url as Bun gives it
 * @returns an object for the caller to keep
 */
export function readQuery(url: string): Record<string, string> {
  if (url === latestTarget.url) {
    return copyQuery(latestTarget.query);
  }
  const query = parseQuery(url);
  if (query.sid !== undefined) {
    return query; // nobody keeps it for long
  }
  if (query.transport === "websocket") {
    latestTarget = { url, path: pathOf(url), query }; // of others, no two are the same
  }
  return copyQuery(query);
}

/**
 * Reads path and query of a request's URL.
 *
 * @param url as Bun gives it
 */
export function readPath(url: string): string {
  return url === latestTarget.url ? latestTarget.path : pathOf(url);
}

/** A query to be kept. */
function copyQuery(query: Readonly<Record<string, string>>): Record<string, string> {
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

/**
 * Whether a request's URL, if it begins with a prefix, has nothing behind that but a query.
 *
 * @param url as Bun gives it
 * @param prefix begins with a slash
 */
export function isBare(url: string, prefix: string): boolean {
  return url.charCodeAt(startOfPath(url) + prefix.length) === QUESTION_MARK;
}

const QUESTION_MARK = 0x3f;

// For a request without a usable Host header Bun gives nothing but path and query.
function pathOf(url: string): string {
  const start = startOfPath(url);
  return start === -1 ? "/" : url.slice(start);
}

function startOfPath(url: string): number {
  return url.startsWith("/") ? 0 : url.indexOf("/", url.indexOf("://") + 3);
}
