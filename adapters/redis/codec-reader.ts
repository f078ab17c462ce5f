import { LONGEST_REMEMBERED, readShortText, readText } from "./codec-text.ts";
import { MAX_DEPTH } from "./codec-writer.ts";

const TWO_32 = 2 ** 32;
const TIMESTAMP = -1;
const ENDS_EARLY = "it ends early";
/**
 * Reads one value of MessagePack, as notepack.io 3 does: bytes become a Buffer that shares the memory
 * of what is read, timestamps a Date, other extensions `[type, Buffer]`.
 */
export class MsgpackReader {
  readonly #bytes: Buffer;
  #lazyView: DataView | undefined;
  #at: number;

  constructor(bytes: Buffer, from = 0) {
    this.#bytes = bytes;
    this.#at = from;
  }

  /**
   * Reads the value, which must be all there is.
   *
   * @throws RangeError for what ends early or is nested too deep, Error for all else that is malformed
   */
  all(): unknown {
    const value = this.#value(0);
    if (this.#at !== this.#bytes.length) {
      throw new Error(`${this.#bytes.length - this.#at} bytes are left over`);
    }
    return value;
  }

  get #view(): DataView {
    const { buffer, byteOffset, byteLength } = this.#bytes;
    this.#lazyView ??= new DataView(buffer, byteOffset, byteLength);
    return this.#lazyView;
  }

  #value(depth: number): unknown {
    const type = this.#uint8();
    if (type < 0x80) {
      return type;
    }
    if (type < 0x90) {
      return this.#map(type & 0x0f, depth);
    }
    if (type < 0xa0) {
      return this.#list(type & 0x0f, depth);
    }
    if (type < 0xc0) {
      return this.#text(type & 0x1f);
    }
    if (type >= 0xe0) {
      return type - 0x100;
    }
    return type < 0xca ? this.#bytesOrExtension(type) : this.#long(type, depth);
  }

  #bytesOrExtension(type: number): unknown {
    switch (type) {
      case 0xc0:
        return null;
      case 0xc2:
        return false;
      case 0xc3:
        return true;
      case 0xc4:
        return this.#binary(this.#uint8());
      case 0xc5:
        return this.#binary(this.#uint16());
      case 0xc6:
        return this.#binary(this.#uint32());
      case 0xc7:
        return this.#extension(this.#uint8());
      case 0xc8:
        return this.#extension(this.#uint16());
      case 0xc9:
        return this.#extension(this.#uint32());
    }
    throw new Error(`unknown type ${type}`);
  }

  #long(type: number, depth: number): unknown {
    switch (type) {
      case 0xca:
        this.#at += 4;
        return this.#view.getFloat32(this.#at - 4);
      case 0xcb:
        this.#at += 8;
        return this.#view.getFloat64(this.#at - 8);
      case 0xcc:
        return this.#uint8();
      case 0xcd:
        return this.#uint16();
      case 0xce:
        return this.#uint32();
      case 0xcf:
        return this.#uint32() * TWO_32 + this.#uint32();
      case 0xd0:
        this.#at += 1;
        return this.#view.getInt8(this.#at - 1);
      case 0xd1:
        this.#at += 2;
        return this.#view.getInt16(this.#at - 2);
      case 0xd2:
        return this.#int32();
      case 0xd3:
        return this.#int32() * TWO_32 + this.#uint32();
      case 0xd4:
      case 0xd5:
      case 0xd6:
      case 0xd7:
      case 0xd8:
        return this.#extension(1 << (type - 0xd4));
      case 0xd9:
        return this.#text(this.#uint8());
      case 0xda:
        return this.#text(this.#uint16());
      case 0xdb:
        return this.#text(this.#uint32());
      case 0xdc:
        return this.#list(this.#uint16(), depth);
      case 0xdd:
        return this.#list(this.#uint32(), depth);
      case 0xde:
        return this.#map(this.#uint16(), depth);
    }
    return this.#map(this.#uint32(), depth); // 0xdf
  }

  #list(length: number, depth: number): unknown[] {
    this.#enter(length, depth);
    const items: unknown[] = [];
    for (let i = 0; i < length; i++) {
      items.push(this.#value(depth + 1));
    }
    return items;
  }

  #map(size: number, depth: number): object {
    this.#enter(size * 2, depth);
    const members: Record<string, unknown> = {};
    for (let i = 0; i < size; i++) {
      const key = String(this.#value(depth + 1));
      const value = this.#value(depth + 1);
      if (key === "__proto__") {
        // A member as any other, as JSON.parse has it.
        const own = { value, writable: true, enumerable: true, configurable: true };
        Object.defineProperty(members, key, own);
      } else {
        members[key] = value;
      }
    }
    return members;
  }

  /** Refuses what would take all memory or the whole stack: each value has at least one byte. */
  #enter(values: number, depth: number): void {
    this.#require(values);
    if (depth > MAX_DEPTH) {
      throw new RangeError("it is nested too deep");
    }
  }

  #require(bytes: number): void {
    if (bytes > this.#bytes.length - this.#at) {
      throw new RangeError(ENDS_EARLY);
    }
  }

  #binary(length: number): Buffer {
    this.#require(length);
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  #extension(length: number): unknown {
    const type = this.#view.getInt8(this.#at++);
    this.#require(length);
    if (type === TIMESTAMP && (length === 4 || length === 8 || length === 12)) {
      return this.#date(length);
    }
    if (type === 0 && length === 1) {
      this.#at += 1; // undefined, as old versions of notepack.io wrote it
      return undefined;
    }
    if (type === 0 && length === 8) {
      return new Date(this.#int32() * TWO_32 + this.#uint32()); // and dates
    }
    return [type, this.#binary(length)];
  }

  #date(length: 4 | 8 | 12): Date {
    if (length === 4) {
      return new Date(this.#uint32() * 1000);
    }
    const high = this.#uint32();
    if (length === 8) {
      return new Date(((high & 3) * TWO_32 + this.#uint32()) * 1000 + (high >>> 2) / 1e6);
    }
    return new Date((this.#int32() * TWO_32 + this.#uint32()) * 1000 + high / 1e6);
  }

  #text(length: number): string {
    this.#require(length);
    this.#at += length;
    return length <= LONGEST_REMEMBERED
      ? readShortText(this.#bytes, this.#at - length, this.#at)
      : readText(this.#bytes, this.#at - length, this.#at);
  }

  #uint8(): number {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) {
      throw new RangeError(ENDS_EARLY);
    }
    return byte;
  }

  #uint16(): number {
    const high = this.#uint8(); // a view for each message would cost more
    return high * 0x100 + this.#uint8();
  }

  #uint32(): number {
    const high = this.#uint16();
    return high * 0x10000 + this.#uint16();
  }

  #int32(): number {
    this.#at += 4;
    return this.#view.getInt32(this.#at - 4);
  }
}
