import { STATUS_CODES, validateHeaderName, validateHeaderValue } from "node:http";
import type { Duplex } from "node:stream";
import type { Answer } from "../engine/exchange.ts";
import { throwLater } from "../errors.ts";
import type { OutgoingHeaders } from "../response-head.ts";

/**
 * Answers a request for a WebSocket that there will be none, and ends the connection.
 *
 * @param socket the connection
 * @param answer status, headers, body
 */
export function refuse(socket: Duplex, { status, headers, body }: Answer): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const length = body === null ? 0 : Buffer.byteLength(body);
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}`,
    ...safeLines(headers),
    `Content-Length: ${length}`,
    "\r\n",
  ].join("\r\n");
  const bytes = Buffer.concat([Buffer.from(head, "latin1"), Buffer.from(body ?? "")]);
  socket.end(bytes, () => socket.destroy());
}

function safeLines(headers: OutgoingHeaders): string[] {
  try {
    requireValid(headers);
    return toLines(headers);
  } catch (error) {
    throwLater(error); // of a header that a user's function set
    return ["Connection: close"];
  }
}

/**
 * Checks headers of an answer that node:http has no hand in: with a line break in one, more than a
 * header could be written.
 *
 * @param headers the headers
 * @throws what node:http throws: errors with `ERR_INVALID_HTTP_TOKEN`, `ERR_INVALID_CHAR`
 */
export function requireValid(headers: OutgoingHeaders): void {
  for (const [name, value] of Object.entries(headers)) {
    validateHeaderName(name);
    for (const each of typeof value === "string" ? [value] : value) {
      validateHeaderValue(name, each);
    }
  }
}

/** The lines of headers, one for each value. */
export function toLines(headers: OutgoingHeaders): string[] {
  return Object.entries(headers).flatMap(([name, value]) =>
    (typeof value === "string" ? [value] : value).map((each) => `${name}: ${each}`),
  );
}
