import type { Packet } from "./codec.ts";
import { codecV4 } from "./v4.ts";

const ERROR: Packet = { type: "error", data: "parser error" };

const BINARY = 0x80;
const LENGTH_OF_16_BITS = 126;
const LENGTH_OF_64_BITS = 127;

type State =
  /** The byte with the kind and the length, or what tells how the length is written. */
  | "header"
  | "length"
  | "payload"
  /** What came is no packet, and where the next one begins nobody knows. */
  | "broken";

/**
 * Makes a stream that takes the bytes of a stream of WebTransport, cut wherever, and gives packets; one
 * of type `error`, the last, where the rest is unreadable. Unlike that of `engine.io-parser` it takes
 * the same time for each byte, whatever came before: a client that sends a packet byte by byte would
 * keep the process busy otherwise.
 *
 * Source: Engine.IO protocol, "WebTransport".
 *
 * @param limitBytes the largest packet taken
 */
export function createPacketDecoder(limitBytes: number): TransformStream<Uint8Array, Packet> {
  const frames = new FrameReader(limitBytes);
  return new TransformStream({
    transform(chunk, controller) {
      frames.add(chunk, (packet) => controller.enqueue(packet));
    },
  });
}

class FrameReader {
  readonly #limitBytes: number;
  #state: State = "header";
  /** How many bytes the state wants. */
  #wanted = 1;
  /** Those that are there; it grows with them, whatever length the client claims. */
  #bytes = Buffer.alloc(0);
  #count = 0;
  #isBinary = false;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  add(chunk: Uint8Array, onPacket: (packet: Packet) => void): void {
    let rest = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    while (rest.length > 0 && this.#state !== "broken") {
      const part = rest.subarray(0, this.#wanted - this.#count);
      rest = rest.subarray(part.length);
      const bytes = this.#collect(part);
      if (bytes !== null) {
        const packet = this.#onBytes(bytes);
        if (packet !== null) {
          onPacket(packet);
        }
      }
    }
  }

  /** Returns what the state wants once it is complete, and null before. */
  #collect(part: Buffer): Buffer | null {
    if (part.length === this.#wanted) {
      return part;
    }
    const count = this.#count + part.length;
    if (count > this.#bytes.length) {
      const grown = Buffer.allocUnsafe(Math.min(this.#wanted, Math.max(count, 2 * this.#count)));
      this.#bytes.copy(grown, 0, 0, this.#count);
      this.#bytes = grown;
    }
    part.copy(this.#bytes, this.#count);
    this.#count = count;
    if (count < this.#wanted) {
      return null;
    }
    const bytes = this.#bytes.subarray(0, count);
    this.#bytes = Buffer.alloc(0);
    this.#count = 0;
    return bytes;
  }

  #onBytes(bytes: Buffer): Packet | null {
    switch (this.#state) {
      case "header": {
        const header = bytes.readUInt8();
        const length = header & ~BINARY;
        this.#isBinary = (header & BINARY) !== 0;
        if (length < LENGTH_OF_16_BITS) {
          return this.#expectPayload(length);
        }
        this.#state = "length";
        this.#wanted = length === LENGTH_OF_64_BITS ? 8 : 2;
        return null;
      }
      case "length":
        // One that is too large to be told exactly is too large anyway.
        return this.#expectPayload(
          bytes.length === 2 ? bytes.readUInt16BE() : Number(bytes.readBigUInt64BE()),
        );
      default:
        this.#state = "header";
        this.#wanted = 1;
        return this.#isBinary
          ? { type: "message", data: bytes }
          : codecV4.decodePacket(bytes.toString());
    }
  }

  #expectPayload(length: number): Packet | null {
    if (length === 0 || length > this.#limitBytes) {
      this.#state = "broken";
      return ERROR;
    }
    this.#state = "payload";
    this.#wanted = length;
    return null;
  }
}
