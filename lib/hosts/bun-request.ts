import type { IncomingHttpHeaders } from "node:http";
import type { EngineRequest } from "../engine/request.ts";
import { type SocketIOError, unsupported } from "../errors.ts";
import { LazyEmitter } from "../lazy-emitter.ts";
import { BunConnection, type ConnectionOwner, NOBODY } from "./bun-connection.ts";
import { readPath, readQuery, shareAddress, shareHeaders } from "./bun-request-text.ts";

type Listener = (...args: unknown[]) => void;

/** Who knows where a request comes from. */
export interface AddressSource {
  /** Null on a unix socket, and once the request is answered. */
  requestIP(request: Request): { address: string; port: number } | null;
}

/**
 * What a session keeps of a web `Request`, under the names of node:http's `IncomingMessage`.
 *
 * One is made for each request, and most are never looked at: what costs is made when asked for, or
 * when {@link keep} is called. Until then it holds on to the web request.
 */
export class BunRequest extends LazyEmitter {
  method: string;
  _query: Record<string, string>;
  /** Whether the body has been read. */
  complete: boolean;
  /** Whether the client went away before the answer. */
  aborted = false;
  /** Who can end the connection: while the request is under way, or its WebSocket is open. */
  #owner: ConnectionOwner | null = null;
  #url: string | null = null;
  #headers: IncomingHttpHeaders | null = null;
  #socket: BunConnection | null = null;
  /** The web request; once that is let go of, the scheme of its URL. */
  #web: Request | "http" | "https";
  /** Null once it has been asked. */
  #source: AddressSource | null;
  #address: string | undefined;
  #port: number | undefined;

  /**
   * @param request the request
   * @param source the server that it came to
   */
  constructor(request: Request, source: AddressSource) {
    super();
    this.#web = request;
    this.#source = source;
    this.method = request.method;
    this._query = readQuery(request.url);
    this.complete = this.method === "GET" || this.method === "HEAD";
  }

  get url(): string {
    this.#url ??= typeof this.#web === "string" ? "/" : readPath(this.#web.url);
    return this.#url;
  }

  set url(url: string) {
    this.#url = url;
  }

  get headers(): IncomingHttpHeaders {
    this.#headers ??= typeof this.#web === "string" ? {} : this.#web.headers.toJSON();
    return this.#headers;
  }

  set headers(headers: IncomingHttpHeaders) {
    this.#headers = headers;
  }

  /** The connection. Whose address is to be known must be asked for before the answer. */
  get socket(): BunConnection {
    if (this.#socket === null) {
      this.#socket = new BunConnection(this._peerAddress, this.#port, this._isEncrypted);
      this.#socket.destroyed = this.destroyed;
      this.#socket.owner = this.#socket.destroyed ? null : this.#owner;
    }
    return this.#socket;
  }

  get _peerAddress(): string | undefined {
    if (this.#source !== null && typeof this.#web !== "string") {
      const peer = this.#source.requestIP(this.#web);
      this.#source = null;
      this.#address = peer === null ? undefined : shareAddress(peer.address);
      this.#port = peer?.port;
    }
    return this.#address;
  }

  get _isEncrypted(): boolean {
    const web = this.#web;
    return typeof web === "string" ? web === "https" : web.url.startsWith("https:");
  }

  /**
   * One header, as {@link headers} has it or would have it.
   *
   * @param name in small letters
   */
  header(name: string): string | undefined {
    if (this.#headers === null) {
      return typeof this.#web === "string" ? undefined : (this.#web.headers.get(name) ?? undefined);
    }
    const value = this.#headers[name];
    return typeof value === "string" ? value : value?.join(", ");
  }

  /** Whether somebody may look at it after the answer. */
  get isKept(): boolean {
    return typeof this.#web === "string";
  }

  /** Makes all that may be asked for later, and lets go of the web request, which is larger. */
  keep(): void {
    void this.url;
    shareHeaders(this.headers);
    void this._peerAddress;
    this.#web = this._isEncrypted ? "https" : "http";
  }

  /** Says who can end the connection. */
  setOwner(owner: ConnectionOwner | null): void {
    this.#owner = owner;
    if (this.#socket !== null) {
      this.#socket.owner = owner;
    }
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
    return this.#socket?.destroyed ?? (this.aborted || this.#owner === NOBODY);
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
    this.#socket?.onClose();
  }

  /** The WebSocket that it became is closed. */
  onDisconnected(): void {
    this.#owner = NOBODY;
    this.#socket?.onClose();
  }

  /** The request was answered, or its client is gone. */
  onAnswered(): void {
    this.setOwner(null);
    this.emitLater("close");
  }
}

function noBody(what: string): SocketIOError {
  return unsupported(`${what} of a request`, "on Bun.serve its body is read by the engine alone");
}
