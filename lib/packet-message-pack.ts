// Checks MessagePack before a decoder sees it: those that make room for what a packet announces can be
// made to allocate gigabytes, or to hang, by a few bytes. Source: https://msgpack.org, "Specification".

import { MAX_DEPTH } from "./packet-nesting.ts";

const BROKEN = "malformed MessagePack";
const PROTO = Buffer.from("__proto__");

/** What stands under a first byte: how many bytes of it, and how many values follow that belong to it. */
interface Head {
  /** Where the content begins, or the next value of a list or a map. */
  readonly end: number;
  readonly values: number;
  readonly isMap: boolean;
}

/**
 * Says what is wrong with a value of MessagePack: it is not whole, it announces more than there is, it
 * is nested too deeply, or has a map with a key that is no plain one.
 *
 * @param bytes the value; what follows it is not looked at
 * @returns null where nothing is
 */
export function faultOfMessagePack(bytes: Uint8Array): string | null {
  /** How many values are still to come, of each list or map that is open. */
  const open: number[] = [1];
  /** Whether they are the keys and values of a map, in turn. */
  const maps: boolean[] = [false];
  let offset = 0;
  while (open.length > 0) {
    const top = open.length - 1;
    const left = open[top] ?? 0;
    if (left === 0) {
      open.pop();
      maps.pop();
      continue;
    }
    open[top] = left - 1;
    const isKey = maps[top] === true && left % 2 === 0;
    const head = readHead(bytes, offset);
    if (head === null || head.end > bytes.length || head.values > bytes.length - head.end) {
      return BROKEN;
    }
    if (isKey && !isPlainKey(bytes, offset, head)) {
      return "a map with a key that may not be";
    }
    if (head.values > 0) {
      if (open.length > MAX_DEPTH) {
        return "too deeply nested";
      }
      open.push(head.values);
      maps.push(head.isMap);
    }
    offset = head.end;
  }
  return null;
}

/** Text other than `__proto__`, or a number and the like: a decoder makes text of what it gets. */
function isPlainKey(bytes: Uint8Array, offset: number, { end, values }: Head): boolean {
  const first = bytes[offset] ?? 0;
  const isContainer =
    values > 0 || (first >= 0x80 && first < 0xa0) || (first >= 0xdc && first < 0xe0);
  const isBytes = first >= 0xc4 && first <= 0xc9;
  const isExtension = first >= 0xd4 && first <= 0xd8;
  const isProto =
    end - offset > PROTO.length && PROTO.equals(bytes.subarray(end - PROTO.length, end));
  return !isContainer && !isBytes && !isExtension && !isProto;
}

function readHead(bytes: Uint8Array, offset: number): Head | null {
  const first = bytes[offset];
  if (first === undefined) {
    return null;
  }
  const start = offset + 1;
  if (first < 0x80 || first >= 0xe0) {
    return scalar(start);
  }
  if (first < 0x90) {
    return { end: start, values: 2 * (first & 15), isMap: true };
  }
  if (first < 0xa0) {
    return { end: start, values: first & 15, isMap: false };
  }
  if (first < 0xc0) {
    return scalar(start + (first & 31));
  }
  const lengthBytes = LENGTH_BYTES[first - 0xc0] ?? 0;
  const fixed = FIXED_BYTES[first - 0xc0] ?? 0;
  if (lengthBytes === 0) {
    return first === 0xc1 ? null : scalar(start + fixed);
  }
  const length = readLength(bytes, start, lengthBytes);
  const content = start + lengthBytes;
  if (first >= 0xdc) {
    const isMap = first >= 0xde;
    return { end: content, values: isMap ? 2 * length : length, isMap };
  }
  return scalar(content + fixed + length);
}

function scalar(end: number): Head {
  return { end, values: 0, isMap: false };
}

/** NaN-free: bytes that are not there count as zero, and the end is then beyond the last. */
function readLength(bytes: Uint8Array, start: number, count: number): number {
  let length = 0;
  for (let index = start; index < start + count; index++) {
    length = length * 256 + (bytes[index] ?? 0);
  }
  return length;
}

// From 0xc0 on: how many bytes tell a length, and how many more there are in any case.
// biome-ignore format: eight to a line
const LENGTH_BYTES = [
  0, 0, 0, 0, 1, 2, 4, 1, // nil, never used, false, true, bin, ext 8
  2, 4, 0, 0, 0, 0, 0, 0, // ext, float, uint
  0, 0, 0, 0, 0, 0, 0, 0, // int, fixext
  0, 1, 2, 4, 2, 4, 2, 4, // fixext 16, str, array, map
];
// biome-ignore format: the same
const FIXED_BYTES = [
  0, 0, 0, 0, 0, 0, 0, 1,
  1, 1, 4, 8, 1, 2, 4, 8,
  1, 2, 4, 8, 2, 3, 5, 9,
  17, 0, 0, 0, 0, 0, 0, 0,
];
