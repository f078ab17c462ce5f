import type { OutgoingHeaders } from "../../response-head.ts";
import type { RawData } from "../codec/codec.ts";

/** The media type of a payload of bytes. */
export const BINARY = "application/octet-stream";

/** How payloads lie in the bodies of requests and answers. */
export interface BodyForm {
  /** The headers of the answer that carries the payload. */
  headers(payload: RawData): Readonly<OutgoingHeaders>;
  /** The body of the answer that carries the payload. */
  wrap(payload: RawData): RawData;
  /** The payload in the body of a request; null where there is none. */
  unwrap(body: RawData): RawData | null;
}

/** The headers of answers with a body of the given type. */
export function answerHeaders(mediaType: string): Readonly<OutgoingHeaders> {
  return Object.freeze({ "Content-Type": mediaType, "cache-control": "no-store" });
}

const TEXT_HEADERS = answerHeaders("text/plain; charset=UTF-8");
const BINARY_HEADERS = answerHeaders(BINARY);
/** The payload is the body. */
export const PLAIN_BODY: BodyForm = {
  headers: (payload) => (typeof payload === "string" ? TEXT_HEADERS : BINARY_HEADERS),
  wrap: (payload) => payload,
  unwrap: (body) => body,
};

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** The body of a request as text. */
export function textOf(body: Buffer | ArrayBuffer): string {
  return utf8.decode(body);
}

/** The body of a request as bytes. */
export function bytesOf(body: Buffer | ArrayBuffer): Buffer {
  return body instanceof ArrayBuffer ? Buffer.from(body) : body;
}
