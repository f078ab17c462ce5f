// The manners in which agents put HTTP requests on the wire.

import { setImmediate } from "node:timers/promises";
import { Connection, type RawResponse } from "../../test/support/raw.ts";

const HOST = "127.0.0.1";
const CRLF = "\r\n";
const CHUNK_BYTES = 3;
/** Answered at once, with 400. */
const FIRST_OF_PIPELINE = "GET /socket.io/?EIO=4&transport=none HTTP/1.1";

/** A request. */
export interface HttpRequest {
  method: string;
  path: string;
  headers?: Readonly<Record<string, string>>;
  body?: string | Uint8Array<ArrayBuffer>;
}

/** A request whose last byte has been written. */
export interface Sent {
  answer: Promise<RawResponse>;
}

/** A client of one server. */
export interface HttpAgent {
  send(request: HttpRequest): Promise<Sent>;
  close(): void;
}

/** One manner of speaking HTTP. */
export interface Manner {
  open(port: number): HttpAgent;
}

interface Style {
  version?: "1.0";
  /** The Connection header. */
  connection?: "close";
  /** Bodies go in chunks, without a Content-Length. */
  isChunked?: true;
  /** Each byte is written on its own. */
  isByteWise?: true;
  /** Another request goes ahead in the same write. */
  isPipelined?: true;
}

/** Bytes of a request in the given style. */
function encodeRequest(request: HttpRequest, style: Style): Buffer<ArrayBuffer> {
  const { method, path, headers = {}, body } = request;
  const bytes = Buffer.from(body ?? "");
  const framing: Record<string, string> = {};
  if (body !== undefined && style.isChunked) {
    framing["Transfer-Encoding"] = "chunked";
  } else if (body !== undefined) {
    framing["Content-Length"] = String(bytes.length);
  }
  const connection = style.connection === undefined ? {} : { Connection: style.connection };
  const all = { Host: HOST, ...connection, ...framing, ...headers };
  const head = [
    `${method} ${path} HTTP/${style.version ?? "1.1"}`,
    ...Object.entries(all).map(([name, value]) => `${name}: ${value}`),
    CRLF,
  ].join(CRLF);
  const first = style.isPipelined ? `${FIRST_OF_PIPELINE}${CRLF}Host: ${HOST}${CRLF}${CRLF}` : "";
  const sent = body !== undefined && style.isChunked ? encodeChunks(bytes) : bytes;
  return Buffer.concat([Buffer.from(first), Buffer.from(head), sent]);
}

function encodeChunks(body: Buffer): Buffer<ArrayBuffer> {
  const parts: Buffer[] = [];
  for (let offset = 0; offset < body.length; offset += CHUNK_BYTES) {
    const chunk = body.subarray(offset, offset + CHUNK_BYTES);
    parts.push(Buffer.from(`${chunk.length.toString(16)}${CRLF}`), chunk, Buffer.from(CRLF));
  }
  return Buffer.concat([...parts, Buffer.from(`0${CRLF}${CRLF}`)]);
}

/** Writes each byte on its own, so that it can travel in a segment of its own. */
export async function writeByteWise(connection: Connection, bytes: Uint8Array): Promise<void> {
  for (const byte of bytes) {
    connection.write(Uint8Array.of(byte));
    await setImmediate();
  }
}

class RawAgent implements HttpAgent {
  readonly #port: number;
  readonly #style: Style;
  readonly #all = new Set<Connection>();
  #idle: Connection[] = [];
  #isClosed = false;

  constructor(port: number, style: Style) {
    this.#port = port;
    this.#style = style;
  }

  async send(request: HttpRequest): Promise<Sent> {
    const connection = this.#take();
    const bytes = encodeRequest(request, this.#style);
    if (this.#style.isByteWise) {
      await writeByteWise(connection, bytes);
    } else {
      connection.write(bytes);
    }
    const answer = this.#answer(connection);
    answer.catch(() => {}); // a rule that fails before it asks for the answer
    return { answer };
  }

  #take(): Connection {
    if (this.#isClosed) {
      throw new Error("the rule is over");
    }
    this.#idle = this.#idle.filter(({ isClosed }) => !isClosed);
    const connection = this.#idle.pop() ?? new Connection(this.#port);
    this.#all.add(connection);
    return connection;
  }

  async #answer(connection: Connection): Promise<RawResponse> {
    if (this.#style.isPipelined) {
      const { status, body } = await connection.response();
      if (status !== 400 || !body.startsWith('{"code":0')) {
        throw new Error(`the answer to the first request of the pipeline: ${status} ${body}`);
      }
    }
    const answer = await connection.response();
    const isLast =
      this.#style.version === "1.0" ||
      this.#style.connection === "close" ||
      answer.headers.connection === "close";
    if (isLast) {
      connection.destroy();
    } else {
      this.#idle.push(connection);
    }
    return answer;
  }

  close(): void {
    this.#isClosed = true;
    for (const connection of this.#all) {
      connection.destroy();
    }
  }
}

class FetchAgent implements HttpAgent {
  readonly #port: number;
  readonly #abort = new AbortController();

  constructor(port: number) {
    this.#port = port;
  }

  async send({ method, path, headers = {}, body }: HttpRequest): Promise<Sent> {
    const url = `http://${HOST}:${this.#port}${path}`;
    const { signal } = this.#abort;
    const init = { method, headers: { ...headers }, body: body ?? null, signal };
    const answer = toRaw(fetch(url, init));
    answer.catch(() => {}); // as above
    return { answer };
  }

  close(): void {
    this.#abort.abort();
  }
}

async function toRaw(response: Promise<Response>): Promise<RawResponse> {
  const { status, headers, ...rest } = await response.then(async (answer) => ({
    status: answer.status,
    headers: Object.fromEntries(answer.headers),
    bytes: Buffer.from(await answer.arrayBuffer()),
  }));
  return { status, headers, body: `${rest.bytes}`, bytes: rest.bytes };
}

function raw(style: Style): Manner {
  return { open: (port) => new RawAgent(port, style) };
}

export const MANNERS = {
  "keep-alive": raw({}),
  "Connection: close": raw({ connection: "close" }),
  "HTTP/1.0": raw({ version: "1.0" }),
  "chunked bodies": raw({ isChunked: true }),
  "byte by byte": raw({ isByteWise: true }),
  pipelined: raw({ isPipelined: true }),
  fetch: { open: (port: number) => new FetchAgent(port) },
} satisfies Record<string, Manner>;
