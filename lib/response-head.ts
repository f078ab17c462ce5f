import type { IncomingMessage, ServerResponse } from "node:http";
import { throwLater } from "./errors.ts";
import { LazyEmitter } from "./lazy-emitter.ts";

/** Header values as node:http takes them. */
export type HeaderValue = string | number | readonly string[];

/** The headers of an answer: a name, and one value or several. */
export type OutgoingHeaders = Record<string, string | string[]>;

type Headers = Record<string, HeaderValue | undefined> | unknown[];
type Chunk = string | Uint8Array;
type Callback = (error?: Error | null) => void;

/**
 * What middlewares get as node:http's `ServerResponse`, for hosts that have no such object. It
 * collects status, headers and body, and hands them on when it is ended. Middlewares may wrap its
 * methods: `writeHead` to add headers in the last moment, `end` to put the answer off.
 *
 * Its errors have the codes of node:http, which middlewares know.
 */
export class ResponseHead extends LazyEmitter {
  statusCode = 200;
  statusMessage: string | undefined;
  sendDate = true;
  /** The request it answers. */
  readonly req: IncomingMessage;
  /** Called when the answer is complete. */
  onEnd: (() => void) | null = null;
  #headers: Map<string, { name: string; value: string | string[] }> | null = null;
  #chunks: Uint8Array[] | null = null;
  #body: Chunk | null = null;
  #head: string | null = null;
  #ended = false;
  #finished = false;
  #closed = false;

  constructor(request: IncomingMessage) {
    super();
    this.req = request;
  }

  /** The same object, by the type that middlewares know. */
  asServerResponse(): ServerResponse {
    // It stands in for one and is none: streams and sockets of node:http are not behind it.
    return this as unknown as ServerResponse;
  }

  get socket(): IncomingMessage["socket"] {
    return this.req.socket;
  }

  get connection(): IncomingMessage["socket"] {
    return this.req.socket;
  }

  /** Whether `writeHead()` was called, by whomever. */
  get headersSent(): boolean {
    return this.#head !== null;
  }

  /** The head as text, once it is written; of node:http, for middlewares. @internal */
  get _header(): string | null {
    return this.#head;
  }

  /** Whether `end()` was called. */
  get writableEnded(): boolean {
    return this.#ended;
  }

  get finished(): boolean {
    return this.#ended;
  }

  /** Whether the answer is with the host. */
  get writableFinished(): boolean {
    return this.#finished;
  }

  get writable(): boolean {
    return true;
  }

  get destroyed(): boolean {
    return this.#closed;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** What it was ended with; null for an empty body. */
  get body(): Chunk | null {
    return this.#body;
  }

  setHeader(name: string, value: HeaderValue): this {
    this.#requireOpenHead("set");
    requireValidHeader(name, value);
    this.#headers ??= new Map();
    this.#headers.set(name.toLowerCase(), {
      name,
      value: Array.isArray(value) ? value.map(String) : String(value),
    });
    return this;
  }

  /** Adds a value to those that the header has. */
  appendHeader(name: string, value: string | readonly string[]): this {
    const before = this.getHeader(name);
    return this.setHeader(name, before === undefined ? value : [before, value].flat());
  }

  /** Sets several, given as web `Headers` or as a map. */
  setHeaders(headers: Iterable<readonly [string, HeaderValue]>): this {
    for (const [name, value] of headers) {
      // Web headers list each cookie on its own.
      if (name === "set-cookie" && typeof value === "string" && !(headers instanceof Map)) {
        this.appendHeader(name, value);
      } else {
        this.setHeader(name, value);
      }
    }
    return this;
  }

  getHeader(name: string): string | string[] | undefined {
    return this.#headers?.get(name.toLowerCase())?.value;
  }

  /** All headers, their names in small letters. */
  getHeaders(): OutgoingHeaders {
    const headers: OutgoingHeaders = Object.create(null);
    for (const [name, { value }] of this.#headers ?? []) {
      headers[name] = value;
    }
    return headers;
  }

  /** The names of the headers, in small letters. */
  getHeaderNames(): string[] {
    return [...(this.#headers?.keys() ?? [])];
  }

  /** The names of the headers, as they were set. */
  getRawHeaderNames(): string[] {
    return [...(this.#headers?.values() ?? [])].map(({ name }) => name);
  }

  hasHeader(name: string): boolean {
    return this.#headers?.has(name.toLowerCase()) ?? false;
  }

  removeHeader(name: string): void {
    this.#requireOpenHead("remove");
    this.#headers?.delete(name.toLowerCase());
  }

  /** Sets the status, and headers above those there are. */
  writeHead(statusCode: number, statusMessage?: string | Headers, headers?: Headers): this {
    this.#requireOpenHead("write");
    requireValidStatus(statusCode);
    this.statusCode = statusCode;
    if (typeof statusMessage === "string") {
      this.statusMessage = statusMessage;
    }
    this.#setAll((typeof statusMessage === "string" ? headers : statusMessage) ?? headers ?? {});
    this.#head = `HTTP/1.1 ${statusCode} ${this.statusMessage ?? ""}\r\n\r\n`;
    return this;
  }

  #setAll(headers: Headers): void {
    if (!Array.isArray(headers)) {
      for (const [name, value] of Object.entries(headers)) {
        if (value !== undefined) {
          this.setHeader(name, value);
        }
      }
      return;
    }
    // Pairs, or names and values in turn; a name that is repeated adds to the first.
    const flat = Array.isArray(headers[0]) ? headers.flat(1) : headers;
    for (let index = 0; index < flat.length; index += 2) {
      this.removeHeader(String(flat[index]));
    }
    for (let index = 0; index + 1 < flat.length; index += 2) {
      this.appendHeader(String(flat[index]), flat[index + 1] as string | string[]);
    }
  }

  /** Writes the head if nobody has; of node:http, for middlewares. @internal */
  _implicitHeader(): void {
    this.writeHead(this.statusCode);
  }

  flushHeaders(): void {
    if (this.#head === null) {
      this._implicitHeader();
    }
  }

  write(chunk: Chunk, encoding?: BufferEncoding | Callback, callback?: Callback): boolean {
    if (this.#ended) {
      throw nodeError("ERR_STREAM_WRITE_AFTER_END", "write after end");
    }
    requireChunk(chunk);
    this.flushHeaders();
    this.#chunks ??= [];
    this.#chunks.push(toBuffer(chunk, encoding));
    callLater(typeof encoding === "function" ? encoding : callback);
    return true;
  }

  end(
    chunk?: Chunk | Callback | null,
    encoding?: BufferEncoding | Callback,
    callback?: Callback,
  ): this {
    const last = typeof chunk === "function" || chunk === undefined ? null : chunk;
    const done = [chunk, encoding, callback].find((each) => typeof each === "function");
    if (this.#ended) {
      callLater(done);
      return this;
    }
    if (last !== null) {
      requireChunk(last);
    }
    this.flushHeaders();
    if (this.#chunks === null) {
      this.#body = typeof last === "string" && encoding ? toBuffer(last, encoding) : last;
    } else {
      this.#body = Buffer.concat(
        last === null ? this.#chunks : [...this.#chunks, toBuffer(last, encoding)],
      );
    }
    if (typeof done === "function") {
      this.once("finish", done as () => void);
    }
    this.#complete();
    return this;
  }

  /**
   * Answers as the engine does, through whatever middlewares have made of `writeHead` and `end`.
   *
   * @param status the status
   * @param headers laid over those there are; cookies add up
   * @param body null for an empty one
   */
  respond(status: number, headers: OutgoingHeaders, body: Chunk | null): void {
    const all: OutgoingHeaders = { ...headers };
    for (const [name, value] of Object.entries(headers)) {
      const before = name.toLowerCase() === "set-cookie" ? this.getHeader(name) : undefined;
      if (before !== undefined) {
        all[name] = [before, value].flat();
      }
    }
    if (body !== null) {
      all["Content-Length"] = String(Buffer.byteLength(body));
    }
    try {
      this.writeHead(status, all);
      this.end(body);
    } catch (error) {
      this.fail(error);
    }
  }

  /**
   * Answers with the status 500 and nothing else, where a method that a middleware has wrapped threw.
   *
   * @param error what it threw, which is reported
   */
  fail(error: unknown): void {
    throwLater(error);
    if (!this.#ended) {
      this.#headers = null;
      this.#chunks = null;
      this.statusCode = 500;
      this.#complete();
    }
  }

  #complete(): void {
    this.#ended = true;
    this.onEnd?.();
    this.finish();
  }

  /** The answer has gone to the host, or the connection became a WebSocket. */
  finish(): void {
    if (this.#finished || this.#closed) {
      return;
    }
    this.#ended = true;
    this.#finished = true;
    this.emitLater("prefinish");
    this.emitLater("finish");
    this.close();
  }

  /** The answer will not be sent, or was: there is nothing more to come. */
  close(): void {
    if (!this.#closed) {
      this.#closed = true;
      this.emitLater("close");
    }
  }

  /** Ends the connection. */
  destroy(error?: Error): this {
    this.req.socket.destroy(error);
    return this;
  }

  cork(): void {}

  uncork(): void {}

  /** The times of the engine hold; the callback is not called. */
  setTimeout(_ms: number, _callback?: () => void): this {
    return this;
  }

  /** For the host: the headers under the names they were set with. It knows the length of a body. */
  headers(): OutgoingHeaders {
    const headers: OutgoingHeaders = {};
    for (const [key, { name, value }] of this.#headers ?? []) {
      if (key !== "content-length" || this.#body === null) {
        headers[name] = value;
      }
    }
    return headers;
  }

  #requireOpenHead(verb: string): void {
    if (this.#head !== null) {
      throw nodeError(
        "ERR_HTTP_HEADERS_SENT",
        `Cannot ${verb} headers after they are sent to the client`,
      );
    }
  }
}

// RFC 9110, sections 5.1 and 5.5: a name is a token; a value has no control characters.
const TOKEN = /^[!#$%&'*+\-.^_`|~\w]+$/;
const INVALID_VALUE = /[^\t\x20-\x7e\x80-\xff]/;

function requireValidHeader(name: string, value: unknown): void {
  if (typeof name !== "string" || !TOKEN.test(name)) {
    throw nodeError("ERR_INVALID_HTTP_TOKEN", `Header name must be a token: ${String(name)}`);
  }
  for (const each of Array.isArray(value) ? value : [value]) {
    if (each === undefined) {
      throw nodeError("ERR_HTTP_INVALID_HEADER_VALUE", `Header ${name} is undefined`);
    }
    if (INVALID_VALUE.test(String(each))) {
      throw nodeError("ERR_INVALID_CHAR", `Invalid character in header ${name}`);
    }
  }
}

function requireValidStatus(statusCode: number): void {
  if (!(statusCode >= 100 && statusCode <= 999)) {
    throw nodeError("ERR_HTTP_INVALID_STATUS_CODE", `Invalid status code: ${statusCode}`);
  }
}

// Checked before anything is written: what goes wrong here still gets an answer.
function requireChunk(chunk: unknown): void {
  if (typeof chunk !== "string" && !(chunk instanceof Uint8Array)) {
    throw nodeError("ERR_INVALID_ARG_TYPE", "a chunk must be a string or a Uint8Array");
  }
}

function toBuffer(chunk: Chunk, encoding?: BufferEncoding | Callback): Uint8Array {
  if (typeof chunk !== "string") {
    return chunk;
  }
  return Buffer.from(chunk, typeof encoding === "string" ? encoding : "utf8");
}

function callLater(callback: unknown): void {
  if (typeof callback === "function") {
    process.nextTick(() => callback());
  }
}

function nodeError(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}
