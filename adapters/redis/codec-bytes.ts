import { writeGeneralizedUtf8 } from "./codec-text.ts";

const SLAB_BYTES = 64 * 1024;
const TWO_32 = 2 ** 32;
const TWO_34 = 2 ** 34;
const TWO_63 = 2 ** 63;
const TWO_64 = 2 ** 64;
/** Up to here a loop over the characters beats a call into the runtime. */
const SHORT_TEXT = 14;
const MOST_BYTES_PER_CHARACTER = 3;

/**
 * Writes MessagePack: numbers, texts, bytes, dates and the headers of lists and maps. Messages are
 * views of a larger block, of which each part is written to once; a full block is left to them.
 */
export class MsgpackBytes {
  #bytes = Buffer.allocUnsafeSlow(SLAB_BYTES);
  #view = new DataView(this.#bytes.buffer);
  #start = 0;
  #at = 0;

  /** How many bytes the message has so far. */
  get length(): number {
    return this.#at - this.#start;
  }

  /** Goes back to where the message had so many bytes. */
  rewind(length = 0): void {
    this.#at = this.#start + length;
  }

  /** Ends the message: returns its bytes. */
  finish(): Buffer {
    const message = this.#bytes.subarray(this.#start, this.#at);
    if (this.#bytes.length > SLAB_BYTES) {
      this.#replace(SLAB_BYTES); // or the next small message would hold on to a large block
    }
    this.#start = this.#at;
    return message;
  }

  /** Copies bytes that are MessagePack already. */
  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  /** Begins a list of so many values, which are written next. */
  list(length: number): void {
    this.#reserve(5);
    this.#at = this.#header(this.#at, length, 0x90, 0xdc);
  }

  /** Begins a map of so many keys and values, which are written next. */
  map(size: number): void {
    this.#reserve(5);
    this.#at = this.#header(this.#at, size, 0x80, 0xde);
  }

  /**
   * Corrects the size of a map that got fewer members than was said.
   *
   * @param before {@link length} before its header
   * @param guessed the size in the header
   * @param size how many members there are
   */
  shrinkMap(before: number, guessed: number, size: number): void {
    const from = this.#start + before;
    const body = from + headerBytes(guessed);
    const end = this.#at;
    const to = this.#header(from, size, 0x80, 0xde);
    if (to !== body) {
      this.#bytes.copyWithin(to, body, end);
    }
    this.#at = end - (body - to);
  }

  nil(): void {
    this.#byte(0xc0);
  }

  boolean(value: boolean): void {
    this.#byte(value ? 0xc3 : 0xc2);
  }

  /** Writes a number. */
  number(value: number): void {
    this.#reserve(9);
    const bytes = this.#bytes;
    const at = this.#at;
    if (Math.floor(value) !== value || value >= TWO_64 || value < -TWO_63) {
      bytes[at] = 0xcb;
      this.#view.setFloat64(at + 1, value);
      this.#at += 9;
    } else if (value >= 0) {
      this.#whole(value);
    } else {
      this.#negative(value);
    }
  }

  #whole(value: number): void {
    if (value < 0x80) {
      this.#bytes[this.#at++] = value;
    } else if (value < 0x100) {
      this.#bytes[this.#at++] = 0xcc;
      this.#bytes[this.#at++] = value;
    } else if (value < 0x10000) {
      this.#bytes[this.#at++] = 0xcd;
      this.#uint16(value);
    } else if (value < TWO_32) {
      this.#bytes[this.#at++] = 0xce;
      this.#uint32(value);
    } else {
      this.#bytes[this.#at++] = 0xcf;
      this.#uint32(Math.floor(value / TWO_32));
      this.#uint32(value);
    }
  }

  #negative(value: number): void {
    if (value >= -0x20) {
      this.#bytes[this.#at++] = value;
    } else if (value >= -0x80) {
      this.#bytes[this.#at++] = 0xd0;
      this.#bytes[this.#at++] = value;
    } else if (value >= -0x8000) {
      this.#bytes[this.#at++] = 0xd1;
      this.#uint16(value);
    } else if (value >= -0x80000000) {
      this.#bytes[this.#at++] = 0xd2;
      this.#uint32(value);
    } else {
      this.#bytes[this.#at++] = 0xd3;
      this.#uint32(Math.floor(value / TWO_32));
      this.#uint32(value);
    }
  }

  /** Writes a text. */
  text(text: string): void {
    const { length } = text;
    this.#reserve(length * MOST_BYTES_PER_CHARACTER + 5);
    const from = this.#at + textHeaderBytes(length);
    const end = length <= SHORT_TEXT ? this.#ascii(text, from) : -1;
    this.#endText(length, from, end === -1 ? from + this.#utf8(text, from) : end);
  }

  /** Writes the header before a text that is there, and moves the text if the header grew. */
  #endText(guessedBytes: number, from: number, end: number): void {
    const byteLength = end - from;
    const shift = textHeaderBytes(byteLength) - textHeaderBytes(guessedBytes);
    if (shift > 0) {
      this.#bytes.copyWithin(from + shift, from, end);
    }
    this.#textHeader(byteLength);
    this.#at += byteLength;
  }

  /** Returns where the text ends, or -1 if it is not ASCII. */
  #ascii(text: string, from: number): number {
    const bytes = this.#bytes;
    let at = from;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code >= 0x80) {
        return -1;
      }
      bytes[at++] = code;
    }
    return at;
  }

  #utf8(text: string, from: number): number {
    const written = this.#bytes.write(text, from, "utf8");
    if (written === text.length || text.isWellFormed()) {
      return written;
    }
    return writeGeneralizedUtf8(this.#bytes, from, text);
  }

  #textHeader(length: number): void {
    if (length < 0x20) {
      this.#bytes[this.#at++] = 0xa0 | length;
    } else if (length < 0x100) {
      this.#bytes[this.#at++] = 0xd9;
      this.#bytes[this.#at++] = length;
    } else if (length < 0x10000) {
      this.#bytes[this.#at++] = 0xda;
      this.#uint16(length);
    } else {
      this.#bytes[this.#at++] = 0xdb;
      this.#uint32(length);
    }
  }

  /** Writes bytes. */
  binary(bytes: Uint8Array): void {
    const { length } = bytes;
    this.#reserve(length + 5);
    if (length < 0x100) {
      this.#bytes[this.#at++] = 0xc4;
      this.#bytes[this.#at++] = length;
    } else if (length < 0x10000) {
      this.#bytes[this.#at++] = 0xc5;
      this.#uint16(length);
    } else {
      this.#bytes[this.#at++] = 0xc6;
      this.#uint32(length);
    }
    this.#bytes.set(bytes, this.#at);
    this.#at += length;
  }

  /** Writes a time, in ms since 1970. */
  date(ms: number): void {
    if (Number.isNaN(ms)) {
      this.nil(); // as in JSON
      return;
    }
    this.#reserve(15);
    const seconds = Math.floor(ms / 1000);
    const nanoseconds = (ms - seconds * 1000) * 1e6;
    if (seconds >= 0 && seconds < TWO_34) {
      if (nanoseconds === 0 && seconds < TWO_32) {
        this.#bytes[this.#at++] = 0xd6;
        this.#bytes[this.#at++] = 0xff;
      } else {
        this.#bytes[this.#at++] = 0xd7;
        this.#bytes[this.#at++] = 0xff;
        this.#uint32(nanoseconds * 4 + Math.floor(seconds / TWO_32));
      }
    } else {
      this.#bytes[this.#at++] = 0xc7;
      this.#bytes[this.#at++] = 0x0c;
      this.#bytes[this.#at++] = 0xff;
      this.#uint32(nanoseconds);
      this.#uint32(Math.floor(seconds / TWO_32));
    }
    this.#uint32(seconds);
  }

  #byte(byte: number): void {
    this.#reserve(1);
    this.#bytes[this.#at++] = byte;
  }

  #uint16(value: number): void {
    this.#view.setUint16(this.#at, value);
    this.#at += 2;
  }

  /** Writes the lowest 32 bits, also of a negative or a longer number. */
  #uint32(value: number): void {
    this.#view.setUint32(this.#at, value);
    this.#at += 4;
  }

  /** Writes the header of a list or map, without moving on. Returns where it ends. */
  #header(at: number, length: number, short: number, long: number): number {
    if (length < 0x10) {
      this.#bytes[at] = short | length;
      return at + 1;
    }
    if (length < 0x10000) {
      this.#bytes[at] = long;
      this.#view.setUint16(at + 1, length);
      return at + 3;
    }
    this.#bytes[at] = long + 1;
    this.#view.setUint32(at + 1, length);
    return at + 5;
  }

  #reserve(bytes: number): void {
    if (this.#at + bytes > this.#bytes.length) {
      const written = this.#bytes.subarray(this.#start, this.#at);
      const needed = written.length + bytes;
      this.#replace(needed < SLAB_BYTES / 4 ? SLAB_BYTES : needed * 2);
      this.#bytes.set(written);
      this.#at = written.length;
    }
  }

  #replace(length: number): void {
    this.#bytes = Buffer.allocUnsafeSlow(length);
    this.#view = new DataView(this.#bytes.buffer);
    this.#start = 0;
    this.#at = 0;
  }
}

function headerBytes(length: number): number {
  return length < 0x10 ? 1 : length < 0x10000 ? 3 : 5;
}

function textHeaderBytes(length: number): number {
  return length < 0x20 ? 1 : length < 0x100 ? 2 : length < 0x10000 ? 3 : 5;
}
