/** Header values as node:http takes them. */
export type HeaderValue = string | number | readonly string[];

/** The headers of an answer: a name, and one value or several. */
export type OutgoingHeaders = Record<string, string | string[]>;

/**
 * The part of node:http's `ServerResponse` that middlewares such as `cors` use, for hosts that have
 * no such object. It collects a status and headers; `end()` means that the middleware answered the
 * request itself.
 */
export class ResponseHead {
  statusCode = 200;
  /** Called when a middleware has answered the request. */
  onEnd: (() => void) | null = null;
  #headers = new Map<string, { name: string; value: string | string[] }>();
  #body: string | Uint8Array | null = null;
  #ended = false;

  /** Whether a middleware answered the request. */
  get writableEnded(): boolean {
    return this.#ended;
  }

  /** What the middleware answered with; null for an empty body. */
  get body(): string | Uint8Array | null {
    return this.#body;
  }

  setHeader(name: string, value: HeaderValue): this {
    this.#headers.set(name.toLowerCase(), {
      name,
      value: Array.isArray(value) ? value.map(String) : String(value),
    });
    return this;
  }

  getHeader(name: string): string | string[] | undefined {
    return this.#headers.get(name.toLowerCase())?.value;
  }

  hasHeader(name: string): boolean {
    return this.#headers.has(name.toLowerCase());
  }

  removeHeader(name: string): void {
    this.#headers.delete(name.toLowerCase());
  }

  writeHead(
    statusCode: number,
    statusMessage?: string | Record<string, HeaderValue>,
    more?: Record<string, HeaderValue>,
  ): this {
    const headers = (typeof statusMessage === "object" ? statusMessage : more) ?? {};
    this.statusCode = statusCode;
    for (const [name, value] of Object.entries(headers)) {
      this.setHeader(name, value);
    }
    return this;
  }

  end(body?: string | Uint8Array): this {
    if (!this.#ended) {
      this.#body = body ?? null;
      this.#ended = true;
      this.onEnd?.();
    }
    return this;
  }

  /** The headers set so far, under the names they were set with. */
  headers(): OutgoingHeaders {
    const headers: OutgoingHeaders = {};
    for (const { name, value } of this.#headers.values()) {
      headers[name] = value;
    }
    return headers;
  }
}
