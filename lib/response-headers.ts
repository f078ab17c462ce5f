import { LazyEmitter } from "./lazy-emitter.ts";

/** Header values as node:http takes them. */
export type HeaderValue = string | number | readonly string[];

/** The headers of an answer: a name, and one value or several. */
export type OutgoingHeaders = Record<string, string | string[]>;

type Headers = Record<string, HeaderValue | undefined> | unknown[];
/**
 * The head of an answer, with the names of node:http: a status and headers, collected until the head
 * is written.
 */
export abstract class ResponseHeaders extends LazyEmitter {
  statusCode = 200;
  statusMessage: string | undefined;
  #headers: Map<string, { name: string; value: string | string[] }> | null = null;
  #head: string | null = null;

  /** Whether `writeHead()` was called, by whomever. */
  get headersSent(): boolean {
    return this.#head !== null;
  }

  /** The head as text, once it is written; of node:http, for middlewares. @internal */
  get _header(): string | null {
    return this.#head;
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

  /** Forgets the headers, sent or not. */
  protected clearHeaders(): void {
    this.#headers = null;
  }

  /**
   * For the host: the headers under the names they were set with.
   *
   * @param hasBody whether there is a body, of which the host knows the length
   */
  protected headersAsSet(hasBody: boolean): OutgoingHeaders {
    const headers: OutgoingHeaders = {};
    for (const [key, { name, value }] of this.#headers ?? []) {
      if (key !== "content-length" || !hasBody) {
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

/** An error with a code of node:http. */
export function nodeError(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}
