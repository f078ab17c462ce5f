import type { IncomingHttpHeaders } from "node:http";
import { type EngineRequest, parseQuery } from "../engine/request.ts";
import { type SocketIOError, unsupported } from "../errors.ts";
import { LazyEmitter } from "../lazy-emitter.ts";
import { BunConnection } from "./bun-connection.ts";

type Listener = (...args: unknown[]) => void;

/**
 * What a session keeps of a web `Request`, under the names of node:http's `IncomingMessage`. It
 * does not hold on to the request itself, which costs more than all of this.
 *
 * One is made for each request, and most are never looked at: what costs is made when asked for.
 */
export class BunRequest extends LazyEmitter {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
  socket: BunConnection;
  _query: Record<string, string>;
  /** Whether the body has been read. */
  complete: boolean;
  /** Whether the client went away before the answer. */
  aborted = false;

  /**
   * @param request the request
   * @param address the other end; it cannot be asked for later
   */
  constructor(request: Request, address: { address: string; port: number } | null) {
    super();
    const { url } = request;
    this.method = request.method;
    this.url = pathOf(url);
    this.headers = request.headers.toJSON();
    this.socket = new BunConnection(address, url.startsWith("https:"));
    this._query = parseQuery(this.url);
    this.complete = this.method === "GET" || this.method === "HEAD";
  }

  /** The same object, by the type that users know. */
  asEngineRequest(): EngineRequest {
    // It stands in for an IncomingMessage and is none: no stream and no parser are behind it. Nor
    // can it declare to implement one, as applications add members of their own to that type.
    return this as unknown as EngineRequest;
  }

  get connection(): BunConnection {
    return this.socket;
  }

  // The version is not told by Bun, which speaks no other one without being asked to.
  get httpVersion(): string {
    return "1.1";
  }

  get httpVersionMajor(): number {
    return 1;
  }

  get httpVersionMinor(): number {
    return 1;
  }

  /** Names and values in turn; the names in small letters, as Bun does not keep their spelling. */
  get rawHeaders(): string[] {
    const list: string[] = [];
    for (const [name, value] of Object.entries(this.headers)) {
      for (const each of typeof value === "string" ? [value] : (value ?? [])) {
        list.push(name, each);
      }
    }
    return list;
  }

  get headersDistinct(): Record<string, string[]> {
    const distinct: Record<string, string[]> = {};
    for (const [name, value] of Object.entries(this.headers)) {
      distinct[name] = typeof value === "string" ? [value] : (value ?? []);
    }
    return distinct;
  }

  get trailers(): Record<string, string> {
    return {};
  }

  get rawTrailers(): string[] {
    return [];
  }

  get destroyed(): boolean {
    return this.socket.destroyed;
  }

  // The engine reads the body, and nobody else can.
  get readable(): boolean {
    return false;
  }

  get readableEnded(): boolean {
    return this.complete;
  }

  read(): null {
    return null;
  }

  pause(): this {
    return this;
  }

  resume(): this {
    return this;
  }

  unpipe(): this {
    return this;
  }

  setEncoding(): this {
    return this;
  }

  setTimeout(): this {
    return this;
  }

  pipe(): never {
    throw noBody("pipe()");
  }

  [Symbol.asyncIterator](): never {
    throw noBody("reading from it");
  }

  override on(event: string | symbol, listener: Listener): this {
    if (event === "data" || event === "readable") {
      throw noBody("the event of the body");
    }
    return super.on(event, listener);
  }

  override addListener(event: string | symbol, listener: Listener): this {
    return this.on(event, listener);
  }

  destroy(error?: Error): this {
    this.socket.destroy(error);
    return this;
  }

  /** The client went away before the answer. */
  onAborted(): void {
    this.aborted = true;
    this.emitLater("aborted");
    this.socket.onClose();
  }

  /** The request was answered, or its client is gone. */
  onAnswered(): void {
    this.socket.owner = null;
    this.emitLater("close");
  }
}

/**
 * Whether the path and query of a request's URL begin with a prefix.
 *
 * @param url as Bun gives it
 * @param prefix begins with a slash
 */
export function isBelow(url: string, prefix: string): boolean {
  return url.startsWith(prefix, startOfPath(url)) || (prefix === "/" && startOfPath(url) === -1);
}

/**
 * The path and query of a request's URL. For a request without a usable Host header Bun gives
 * nothing else.
 */
export function pathOf(url: string): string {
  const start = startOfPath(url);
  return start === -1 ? "/" : url.slice(start);
}

function startOfPath(url: string): number {
  return url.startsWith("/") ? 0 : url.indexOf("/", url.indexOf("://") + 3);
}

function noBody(what: string): SocketIOError {
  return unsupported(`${what} of a request`, "on Bun.serve its body is read by the engine alone");
}
