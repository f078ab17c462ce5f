import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Answer, BodyResult, HttpExchange } from "../engine/exchange.ts";
import { type EngineRequest, parseQuery } from "../engine/request.ts";
import { throwLater } from "../errors.ts";
import type { OutgoingHeaders } from "../response-head.ts";

/**
 * Makes a request of node:http one of the engine: the same object, with the parsed query on it.
 *
 * @param request the request; a `_query` that it has already is kept, as in the reference
 */
export function toEngineRequest(request: IncomingMessage & { _query?: unknown }): EngineRequest {
  request._query ??= parseQuery(request.url ?? "/");
  keepAddress(request.socket);
  return request as unknown as EngineRequest;
}

// A socket forgets it when it closes, which may be long before the session ends that keeps the
// request, and programs ask the request.
function keepAddress(socket: Socket): void {
  if (!Object.hasOwn(socket, "remoteAddress")) {
    const { remoteAddress, remotePort } = socket;
    Object.defineProperty(socket, "remoteAddress", { value: remoteAddress, ...LIKE_ANY_OTHER });
    Object.defineProperty(socket, "remotePort", { value: remotePort, ...LIKE_ANY_OTHER });
  }
}

// Middlewares that know of a proxy before the server put the client's own address there.
const LIKE_ANY_OTHER = { enumerable: true, configurable: true, writable: true };

/** One request of node:http, or of HTTP/2 with the interface of that, and its answer. */
export class NodeExchange implements HttpExchange {
  readonly request: EngineRequest;
  onAbort: (() => void) | null = null;
  readonly #incoming: IncomingMessage;
  readonly #outgoing: ServerResponse;
  #aborted = false;
  #hasResponded = false;
  #cancelBody: (() => void) | null = null;

  /**
   * @param incoming the request
   * @param outgoing its answer
   * @param onClose called when that is done with, one way or the other
   */
  constructor(
    incoming: IncomingMessage,
    outgoing: ServerResponse,
    onClose: (outgoing: ServerResponse) => void,
  ) {
    this.request = toEngineRequest(incoming);
    this.request.res = outgoing;
    this.#incoming = incoming;
    this.#outgoing = outgoing;
    // It comes once: `once()` would cost more, and so would a listener of the host's own.
    outgoing.on("close", () => {
      onClose(outgoing);
      this.#onClose();
    });
  }

  get response(): ServerResponse {
    return this.#outgoing;
  }

  get aborted(): boolean {
    return this.#aborted;
  }

  header(name: string): string | undefined {
    const value = this.#incoming.headers[name];
    return typeof value === "string" ? value : value?.join(", ");
  }

  #onClose(): void {
    if (this.#outgoing.writableEnded) {
      return;
    }
    this.#aborted = true;
    const { onAbort } = this;
    this.onAbort = null;
    onAbort?.();
  }

  respond(
    status: number,
    headers: Readonly<OutgoingHeaders>,
    body: string | Uint8Array | null,
  ): void {
    if (this.#aborted || this.#hasResponded) {
      return;
    }
    this.#hasResponded = true;
    if (this.#outgoing.headersSent && !this.#outgoing.writableEnded) {
      this.#outgoing.destroy(); // a middleware has begun an answer, and failed or given up on it
    } else {
      // The rest of a body that nobody reads would be taken for the next request, or be waited for.
      const isRead = this.#incoming.complete || this.#incoming.method === "GET";
      const isHttp2 = this.#incoming.httpVersionMajor > 1; // which has no such header
      write(this.#outgoing, { status, headers: withConnection(headers, isRead, isHttp2), body });
    }
  }

  readBody(limitBytes: number, done: (result: BodyResult) => void): void {
    const incoming = this.#incoming;
    if (Number(incoming.headers["content-length"]) > limitBytes) {
      done({ kind: "too-large" });
      return;
    }
    if (incoming.readableEnded || incoming.destroyed) {
      done({ kind: "aborted" }); // a middleware has read it, or the client is gone
      return;
    }
    const chunks: Buffer[] = [];
    let length = 0;
    let isDone = false;
    // The listeners stay: to remove them costs more than to ask, each time, whether it is over.
    const finish = (result: BodyResult): void => {
      if (isDone) {
        return;
      }
      isDone = true;
      this.#cancelBody = null;
      if (result.kind !== "complete") {
        incoming.pause();
      }
      done(result);
    };
    const onData = (chunk: Buffer | string): void => {
      if (isDone) {
        return;
      }
      const bytes = typeof chunk === "string" ? Buffer.from(chunk) : chunk;
      length += bytes.length;
      if (length > limitBytes) {
        finish({ kind: "too-large" });
      } else {
        chunks.push(bytes);
      }
    };
    const onEnd = (): void => {
      const [first] = chunks;
      const body =
        chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks, length);
      finish({ kind: "complete", body });
    };
    const onAborted = (): void => finish({ kind: "aborted" });
    this.#cancelBody = onAborted;
    incoming.on("data", onData).on("end", onEnd).on("close", onAborted).on("error", onAborted);
  }

  cancelBody(): void {
    this.#cancelBody?.();
  }
}

const NOT_MODIFIED = 304;

function withConnection(
  headers: Readonly<OutgoingHeaders>,
  isRead: boolean,
  isHttp2: boolean,
): Readonly<OutgoingHeaders> {
  const { Connection: given } = headers;
  if (isHttp2) {
    const { Connection: _none, ...rest } = headers;
    return given === undefined ? headers : rest;
  }
  return given === undefined && !isRead ? { ...headers, Connection: "close" } : headers;
}

/**
 * Writes an answer.
 *
 * @param outgoing where to; what middlewares set on it is sent along
 * @param answer status, headers, body
 */
export function write(outgoing: ServerResponse, { status, headers, body }: Answer): void {
  if (outgoing.writableEnded || outgoing.headersSent) {
    return;
  }
  const length = { "Content-Length": body === null ? 0 : Buffer.byteLength(body) };
  try {
    // Of a file that the client has already, it would tell the length (RFC 9110, section 8.6).
    const lengthIfAny = status === NOT_MODIFIED ? {} : length;
    outgoing.writeHead(status, { ...joinCookies(outgoing, headers), ...lengthIfAny });
    outgoing.end(body ?? undefined);
  } catch (error) {
    throwLater(error); // of a header that a user set, or of a method that a middleware wrapped
    if (outgoing.headersSent) {
      outgoing.destroy(); // they announce a body that will not come
      return;
    }
    const plain: ServerResponse = Object.getPrototypeOf(outgoing);
    plain.writeHead.call(outgoing, 500);
    plain.end.call(outgoing, "", "utf8");
  }
}

// Of all headers, cookies add up, under whatever spelling of the name they were set; writeHead()
// would keep the last spelling, and nothing that a middleware has set.
function joinCookies(
  outgoing: ServerResponse,
  headers: Readonly<OutgoingHeaders>,
): Readonly<OutgoingHeaders> {
  if (!hasCookie(headers)) {
    return headers;
  }
  const names = Object.keys(headers).filter((name) => name.toLowerCase() === SET_COOKIE);
  const joined = { ...headers };
  const before = outgoing.getHeader(SET_COOKIE) ?? [];
  const cookies = [before, ...names.map((name) => headers[name] ?? [])].flat().map(String);
  for (const name of names) {
    delete joined[name];
  }
  return { ...joined, "Set-Cookie": cookies };
}

const SET_COOKIE = "set-cookie";

function hasCookie(headers: Readonly<OutgoingHeaders>): boolean {
  for (const name in headers) {
    if (name.length === SET_COOKIE.length && name.toLowerCase() === SET_COOKIE) {
      return true;
    }
  }
  return false;
}
