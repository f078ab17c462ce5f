import type { IncomingMessage, ServerResponse } from "node:http";
import { throwLater } from "./errors.ts";
import { nodeError, type OutgoingHeaders, ResponseHeaders } from "./response-headers.ts";

export type { HeaderValue, OutgoingHeaders } from "./response-headers.ts";

type Chunk = string | Uint8Array;
type Callback = (error?: Error | null) => void;

/**
 * What middlewares get as node:http's `ServerResponse`, for hosts that have no such object. It
 * collects status, headers and body, and hands them on when it is ended. Middlewares may wrap its
 * methods: `writeHead` to add headers in the last moment, `end` to put the answer off.
 *
 * Its errors have the codes of node:http, which middlewares know.
 */
export class ResponseHead extends ResponseHeaders {
  sendDate = true;
  /** The request it answers. */
  readonly req: IncomingMessage;
  /** Called when the answer is complete. */
  onEnd: (() => void) | null = null;
  #chunks: Uint8Array[] | null = null;
  #body: Chunk | null = null;
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
      this.clearHeaders();
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
    return this.headersAsSet(this.#body !== null);
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
