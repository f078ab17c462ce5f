// The wire as it is: TCP connections and HTTP messages, without a client library.

import { connect, type Socket } from "node:net";

const LOOPBACK = "127.0.0.1";
const HEAD_END = "\r\n\r\n";

/** An HTTP answer as it came. */
export interface RawResponse {
  status: number;
  /** Names in small letters; values of a repeated name are joined. */
  headers: Record<string, string>;
  body: string;
  /** The body as bytes. */
  bytes: Buffer;
}

/** What a parser makes of the bytes at the front: a value and their number, or null for "more". */
export type Parsed<Value> = { value: Value; length: number } | null;

/** A TCP connection. */
export class Connection {
  /** Kept when the other end, or {@link destroy}, has closed it; never rejects. */
  readonly closed: Promise<void>;
  /** Kept when there is a connection, or it is known that there is none; never rejects. */
  readonly opened: Promise<void>;
  readonly #socket: Socket;
  #bytes: Buffer = Buffer.alloc(0);
  #isClosed = false;
  #onChange: (() => void) | null = null;

  /**
   * @param port where to
   * @param from another address of the loopback to come from
   */
  constructor(port: number, from?: string) {
    const origin = from === undefined ? {} : { localAddress: from };
    this.#socket = connect({ port, host: LOOPBACK, ...origin });
    this.#socket.setNoDelay(true);
    this.opened = new Promise((resolve) => {
      this.#socket.on("connect", () => resolve());
      this.#socket.on("close", () => resolve());
    });
    this.#socket.on("data", (chunk: Buffer) => {
      this.#bytes = Buffer.concat([this.#bytes, chunk]);
      this.#onChange?.();
    });
    this.closed = new Promise((resolve) => {
      const onClose = (): void => {
        this.#isClosed = true;
        this.#onChange?.();
        resolve();
      };
      this.#socket.on("close", onClose);
      this.#socket.on("end", onClose);
      this.#socket.on("error", onClose);
    });
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** The port at this end, which the server sees as the remote one. */
  get localPort(): number {
    return this.#socket.localPort ?? 0;
  }

  /** Reads nothing more, until {@link resume}: the other end finds that its bytes do not leave. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  write(data: string | Uint8Array): void {
    this.#socket.write(data);
  }

  /** Sends an HTTP request; the body gets its Content-Length. */
  request(method: string, path: string, headers: Record<string, string> = {}, body = ""): void {
    const lines = [`${method} ${path} HTTP/1.1`];
    const length = body === "" ? {} : { "Content-Length": String(Buffer.byteLength(body)) };
    for (const [name, value] of Object.entries({ Host: LOOPBACK, ...length, ...headers })) {
      lines.push(`${name}: ${value}`);
    }
    this.write(lines.join("\r\n") + HEAD_END + body);
  }

  /** Waits until `parse` finds what it looks for; rejects if the connection ends before. */
  async read<Value>(parse: (bytes: Buffer, ended: boolean) => Parsed<Value>): Promise<Value> {
    for (;;) {
      const found = parse(this.#bytes, this.#isClosed);
      if (found !== null) {
        this.#bytes = this.#bytes.subarray(found.length);
        return found.value;
      }
      if (this.#isClosed) {
        throw new Error(`the connection ended early, after: ${JSON.stringify(`${this.#bytes}`)}`);
      }
      await new Promise<void>((resolve) => {
        this.#onChange = resolve;
      });
      this.#onChange = null;
    }
  }

  /** The next HTTP answer. */
  response(): Promise<RawResponse> {
    return this.read(parseResponse);
  }

  /** Sends the end of the stream; the other direction stays open. */
  end(): void {
    this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** Resets it, in the middle of whatever goes on. */
  reset(): void {
    this.#socket.resetAndDestroy();
  }
}

/** Opens a connection for one request and returns the answer to it. */
export async function exchange(
  port: number,
  method: string,
  path: string,
  headers: Record<string, string> = {},
  body = "",
): Promise<RawResponse> {
  const connection = new Connection(port);
  connection.request(method, path, headers, body);
  try {
    return await connection.response();
  } finally {
    connection.destroy();
  }
}

function parseHead(bytes: Buffer): Parsed<RawResponse> {
  const end = bytes.indexOf(HEAD_END);
  if (end === -1) {
    return null;
  }
  const [statusLine = "", ...lines] = bytes.toString("latin1", 0, end).split("\r\n");
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const colon = line.indexOf(":");
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`;
  }
  const status = Number(statusLine.split(" ")[1]);
  const value = { status, headers, body: "", bytes: Buffer.alloc(0) };
  return { value, length: end + HEAD_END.length };
}

function parseResponse(bytes: Buffer, ended: boolean): Parsed<RawResponse> {
  const head = parseHead(bytes);
  if (head === null) {
    return null;
  }
  const { status, headers } = head.value;
  const rest = bytes.subarray(head.length);
  let body: Parsed<Buffer>;
  if (status === 100 || status === 101 || status === 204) {
    body = { value: Buffer.alloc(0), length: 0 };
  } else if (headers["transfer-encoding"] === "chunked") {
    body = parseChunks(rest);
  } else if (headers["content-length"] !== undefined) {
    const length = Number(headers["content-length"]);
    body = rest.length < length ? null : { value: rest.subarray(0, length), length };
  } else {
    body = ended ? { value: rest, length: rest.length } : null;
  }
  return body === null
    ? null
    : {
        value: { status, headers, body: `${body.value}`, bytes: Buffer.from(body.value) },
        length: head.length + body.length,
      };
}

function parseChunks(bytes: Buffer): Parsed<Buffer> {
  const chunks: Buffer[] = [];
  let offset = 0;
  for (;;) {
    const lineEnd = bytes.indexOf("\r\n", offset);
    if (lineEnd === -1) {
      return null;
    }
    const length = Number.parseInt(bytes.toString("latin1", offset, lineEnd), 16);
    const start = lineEnd + 2;
    if (bytes.length < start + length + 2) {
      return null;
    }
    chunks.push(bytes.subarray(start, start + length));
    offset = start + length + 2;
    if (length === 0) {
      return { value: Buffer.concat(chunks), length: offset };
    }
  }
}
