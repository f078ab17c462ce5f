// Texts of MessagePack: UTF-8 in which a lone surrogate is a character like any other.

/** Texts up to this long are remembered: keys, event names, rooms and ids come again and again. */
export const LONGEST_REMEMBERED = 24;
const REMEMBERED = 1024; // a power of two

interface RememberedText {
  readonly bytes: Uint8Array;
  readonly text: string;
}

const remembered = new Array<RememberedText | undefined>(REMEMBERED).fill(undefined);

/**
 * UTF-8 in which a lone surrogate has three bytes of its own, as any other character: it comes out
 * again where this package reads it, and as U+FFFD elsewhere.
 */
export function writeGeneralizedUtf8(bytes: Buffer, from: number, text: string): number {
  let at = from;
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    if (code >= 0xd800 && code < 0xe000) {
      bytes[at++] = 0xe0 | (code >> 12);
      bytes[at++] = 0x80 | ((code >> 6) & 0x3f);
      bytes[at++] = 0x80 | (code & 0x3f);
    } else {
      at += bytes.write(character, at, "utf8");
    }
  }
  return at - from;
}

/** Reads a text that is no longer than {@link LONGEST_REMEMBERED}. */
export function readShortText(bytes: Buffer, from: number, to: number): string {
  let hash = to - from;
  for (let at = from; at < to; at++) {
    hash = (hash * 31 + (bytes[at] as number)) | 0;
  }
  const place = hash & (REMEMBERED - 1);
  const known = remembered[place];
  if (known !== undefined && isSame(known.bytes, bytes, from, to)) {
    return known.text;
  }
  const text = readText(bytes, from, to);
  remembered[place] = { bytes: Uint8Array.prototype.slice.call(bytes, from, to), text };
  return text;
}

function isSame(known: Uint8Array, bytes: Buffer, from: number, to: number): boolean {
  if (known.length !== to - from) {
    return false;
  }
  for (let i = 0; i < known.length; i++) {
    if (known[i] !== bytes[from + i]) {
      return false;
    }
  }
  return true;
}

/** Reads a text. */
export function readText(bytes: Buffer, from: number, to: number): string {
  const text = bytes.toString("utf8", from, to);
  return text.includes("\ufffd") ? readGeneralizedUtf8(bytes.subarray(from, to), text) : text;
}

/** Finds lone surrogates again, each of which this package writes as three bytes. */
function readGeneralizedUtf8(bytes: Buffer, text: string): string {
  let result = "";
  let done = 0;
  for (let at = bytes.indexOf(0xed); at !== -1; at = bytes.indexOf(0xed, at + 1)) {
    const second = bytes[at + 1] ?? 0;
    const third = bytes[at + 2] ?? 0;
    if (second >= 0xa0 && second < 0xc0 && (third & 0xc0) === 0x80) {
      const code = 0xd000 | ((second & 0x3f) << 6) | (third & 0x3f);
      result += bytes.toString("utf8", done, at) + String.fromCharCode(code);
      done = at + 3;
    }
  }
  return done === 0 ? text : result + bytes.toString("utf8", done);
}
