// Messages of HTTP/1, as they lie on a tape.

import { brotliDecompressSync, gunzipSync, inflateSync, zstdDecompressSync } from "node:zlib";

const HEAD_END = "\r\n\r\n";

/** A request or an answer. */
export interface HttpMessage {
  /** `GET /path HTTP/1.1`, or `HTTP/1.1 200 OK`, in its three parts. */
  start: [string, string, string];
  /** Names in small letters, in the order of the wire. */
  headers: [name: string, value: string][];
  /** Without the chunks, and uncompressed. */
  body: Buffer;
  /** Where the next message begins. */
  end: number;
}

/** What tells how long the body of an answer is, beside its headers. */
export interface AnswerContext {
  method: string;
  /** Whether the connection has ended. */
  ended: boolean;
}

export function headerOf({ headers }: HttpMessage, wanted: string): string | undefined {
  return headers.find(([name]) => name === wanted)?.[1];
}

/**
 * Reads the message at an offset.
 *
 * @param answer given for an answer, left out for a request
 * @returns null when it is not complete, or not HTTP
 */
export function readMessage(
  bytes: Buffer,
  offset: number,
  answer?: AnswerContext,
): HttpMessage | null {
  const headEnd = bytes.indexOf(HEAD_END, offset);
  if (headEnd === -1) {
    return null;
  }
  const [startLine = "", ...lines] = bytes.toString("latin1", offset, headEnd).split("\r\n");
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  });
  const [first = "", second = "", ...rest] = startLine.split(" ");
  const message: HttpMessage = {
    start: [first, second, rest.join(" ")],
    headers,
    body: Buffer.alloc(0),
    end: headEnd + HEAD_END.length,
  };
  const body = readBody(bytes, message, answer);
  if (body === null) {
    return null;
  }
  message.body = uncompress(body.body, headerOf(message, "content-encoding"));
  message.end = body.end;
  return message;
}

interface Body {
  body: Buffer;
  end: number;
}

function readBody(bytes: Buffer, message: HttpMessage, answer?: AnswerContext): Body | null {
  const start = message.end;
  const none: Body = { body: Buffer.alloc(0), end: start };
  const status = Number(message.start[1]);
  if (answer && (answer.method === "HEAD" || status < 200 || status === 204 || status === 304)) {
    return none;
  }
  if (headerOf(message, "transfer-encoding")?.toLowerCase() === "chunked") {
    return readChunks(bytes, start);
  }
  const length = headerOf(message, "content-length");
  if (length !== undefined) {
    const end = start + Number(length);
    return bytes.length < end ? null : { body: bytes.subarray(start, end), end };
  }
  if (answer === undefined) {
    return none;
  }
  return answer.ended ? { body: bytes.subarray(start), end: bytes.length } : null;
}

function readChunks(bytes: Buffer, start: number): Body | null {
  const chunks: Buffer[] = [];
  for (let offset = start; ; ) {
    const lineEnd = bytes.indexOf("\r\n", offset);
    const length = Number.parseInt(bytes.toString("latin1", offset, Math.max(lineEnd, offset)), 16);
    const from = lineEnd + 2;
    if (lineEnd === -1 || Number.isNaN(length) || bytes.length < from + length + 2) {
      return null;
    }
    chunks.push(bytes.subarray(from, from + length));
    offset = from + length + 2;
    if (length === 0) {
      return { body: Buffer.concat(chunks), end: offset };
    }
  }
}

function uncompress(body: Buffer, encoding: string | undefined): Buffer {
  try {
    switch (encoding) {
      case "gzip":
        return gunzipSync(body);
      case "deflate":
        return inflateSync(body);
      case "br":
        return brotliDecompressSync(body);
      case "zstd":
        return zstdDecompressSync(body);
    }
  } catch {
    // A body that is not what its header says is shown as it came.
  }
  return body;
}
