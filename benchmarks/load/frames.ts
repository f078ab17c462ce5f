// WebSocket frames (RFC 6455, section 5) as cheaply as it goes: built once, counted without decoding.

const FIN_TEXT = 0x81;
const FIN_BINARY = 0x82;
const MASKED = 0x80;
const LENGTH_16 = 126;
const LENGTH_64 = 127;

/** A client's frame. Its mask is all zeros, so that the payload stands in it as it is. */
export function frameOf(payload: string | Uint8Array): Buffer {
  const bytes = Buffer.from(payload as string);
  const { length } = bytes;
  const extra = length < LENGTH_16 ? 0 : 2;
  if (length > 0xffff) {
    throw new Error("the load sends no payload of more than 64 KiB");
  }
  const frame = Buffer.alloc(2 + extra + 4 + length);
  frame[0] = typeof payload === "string" ? FIN_TEXT : FIN_BINARY;
  if (extra === 0) {
    frame[1] = MASKED | length;
  } else {
    frame[1] = MASKED | LENGTH_16;
    frame.writeUInt16BE(length, 2);
  }
  bytes.copy(frame, 2 + extra + 4);
  return frame;
}

/** Counts the frames of a byte stream that comes in pieces. */
export class FrameCounter {
  /** Bytes of the current frame's payload that are still to come. */
  #toSkip = 0;
  /** The beginning of a header that was cut in two. */
  #head: number[] = [];

  /** Takes a piece, and answers how many frames ended in it. */
  count(chunk: Uint8Array): number {
    let frames = 0;
    let at = 0;
    const { length } = chunk;
    while (at < length) {
      if (this.#toSkip > 0) {
        const skipped = Math.min(this.#toSkip, length - at);
        this.#toSkip -= skipped;
        at += skipped;
        if (this.#toSkip === 0) frames++;
        continue;
      }
      if (this.#head.length === 0 && at + 4 <= length) {
        const short = chunk[at + 1] as number;
        if (short < LENGTH_16) {
          this.#toSkip = short;
          at += 2;
          if (short === 0) frames++;
          continue;
        }
        if (short === LENGTH_16) {
          this.#toSkip = ((chunk[at + 2] as number) << 8) | (chunk[at + 3] as number);
          at += 4;
          continue;
        }
      }
      this.#head.push(chunk[at++] as number);
      const size = this.#payloadSize();
      if (size !== undefined) {
        this.#head = [];
        this.#toSkip = size;
        if (size === 0) frames++;
      }
    }
    return frames;
  }

  #payloadSize(): number | undefined {
    const [, short] = this.#head;
    if (short === undefined) return undefined;
    const extra = short === LENGTH_16 ? 2 : short === LENGTH_64 ? 8 : 0;
    if (this.#head.length < 2 + extra) return undefined;
    return extra === 0 ? short : this.#head.slice(2).reduce((sum, byte) => sum * 256 + byte, 0);
  }
}
