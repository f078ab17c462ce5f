// What messages are made of: JSON and MessagePack, with one kind of error for each direction.

import { malformedMessage, SocketIOError } from "../../lib/errors.ts";
import type { Untyped } from "../../lib/event-types.ts";
import { MsgpackReader } from "./codec-reader.ts";
import { MAX_DEPTH, MsgpackWriter } from "./codec-writer.ts";

const OPENING_BRACE = 0x7b;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

let idle: MsgpackWriter | undefined = new MsgpackWriter();

/**
 * Writes a message of MessagePack.
 *
 * @param write gets the writer, and writes one value
 * @throws whatever `write` throws
 */
export function writeMsgpack(write: (writer: MsgpackWriter) => void): Buffer {
  const writer = idle ?? new MsgpackWriter(); // not idle: called by a toJSON() while it writes
  idle = undefined;
  try {
    write(writer);
    return writer.finish();
  } catch (error) {
    writer.rewind();
    throw error;
  } finally {
    idle = writer;
  }
}

/**
 * Encodes a value as MessagePack, byte for byte as notepack.io 3 where that can encode it.
 *
 * @throws TypeError for a BigInt, RangeError for what is nested too deep or circular, and whatever a
 * `toJSON()` throws
 */
export function encodeMsgpack(value: unknown): Buffer {
  return writeMsgpack((writer) => writer.value(value));
}

/**
 * Decodes MessagePack.
 *
 * @param bytes what is returned may share their memory
 * @param from where it begins
 * @throws an Error of some kind where it is malformed; the stack and the memory are safe from it
 */
export function decodeMsgpack(bytes: Buffer, from = 0): unknown {
  return new MsgpackReader(bytes, from).all();
}

/**
 * Decodes JSON.
 *
 * @throws an Error of some kind where it is malformed, or nested so deep that it could not be encoded
 */
export function decodeJson(json: Buffer | string): unknown {
  if (
    json.length > 2 * MAX_DEPTH &&
    depthOf(typeof json === "string" ? Buffer.from(json) : json) > MAX_DEPTH
  ) {
    throw new RangeError("it is nested too deep");
  }
  return JSON.parse(json.toString());
}

/** Whether bytes are a JSON object, where MessagePack would be possible too. */
export function isJson(bytes: Uint8Array): boolean {
  return bytes[0] === OPENING_BRACE;
}

function depthOf(json: Buffer): number {
  let deepest = 0;
  let depth = 0;
  for (let at = 0; at < json.length; at++) {
    const byte = json[at] as number;
    if (byte === QUOTE) {
      at = endOfString(json, at);
    } else if ((byte | 0x20) === OPENING_BRACE) {
      depth++; // a brace or a bracket
      deepest = Math.max(deepest, depth);
    } else if ((byte | 0x20) === 0x7d) {
      depth--;
    }
  }
  return deepest;
}

function endOfString(json: Buffer, from: number): number {
  for (let at = json.indexOf(QUOTE, from + 1); at !== -1; at = json.indexOf(QUOTE, at + 1)) {
    let backslashes = 0;
    while (json[at - 1 - backslashes] === BACKSLASH) {
      backslashes++;
    }
    if (backslashes % 2 === 0) {
      return at;
    }
  }
  return json.length;
}

/**
 * Whether a value has bytes in it, and so cannot travel as JSON. What a `toJSON()` returns counts too.
 *
 * @throws RangeError where it is nested too deep, or contains itself
 */
export function hasBinary(value: unknown, depth = 0): boolean {
  if (typeof value !== "object" || value === null) {
    return false;
  }
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) {
    return true;
  }
  if (depth > MAX_DEPTH) {
    throw new RangeError("it is nested too deep, or contains itself");
  }
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      if (hasBinary(value[i], depth + 1)) {
        return true;
      }
    }
    return false;
  }
  for (const key of Object.keys(value)) {
    if (hasBinary(Reflect.get(value, key), depth + 1)) {
      return true;
    }
  }
  return "toJSON" in value && typeof value.toJSON === "function" && !(value instanceof Date)
    ? hasBinaryMembers(value.toJSON(), depth)
    : false;
}

/** What a `toJSON()` returned is not asked for another. */
function hasBinaryMembers(value: unknown, depth: number): boolean {
  if (typeof value === "object" && value !== null && "toJSON" in value && !Array.isArray(value)) {
    return (
      ArrayBuffer.isView(value) || Object.values(value).some((each) => hasBinary(each, depth + 1))
    );
  }
  return hasBinary(value, depth + 1);
}

/**
 * Encodes with what is given, and says in words of this package what cannot be encoded.
 *
 * @throws SocketIOError with `ERR_INVALID_ARGUMENT`, and the `cause`
 */
export function encoding<Result>(encode: () => Result): Result {
  try {
    return encode();
  } catch (cause) {
    throw new SocketIOError(
      "ERR_INVALID_ARGUMENT",
      `this cannot be sent to the other nodes: ${messageOf(cause)}`,
      { cause },
    );
  }
}

/**
 * Decodes with what is given; whatever that throws means that the message is malformed.
 *
 * @throws SocketIOError with `ERR_MALFORMED_MESSAGE`, and the `cause`
 */
export function parsing(decode: () => unknown): unknown {
  try {
    return decode();
  } catch (cause) {
    throw malformedMessage(messageOf(cause), cause);
  }
}

/** An error's message, or whatever else was thrown as text. */
function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** An object as it came from elsewhere: anything may be in it. */
export type Unchecked = Record<string, Untyped>;

/** Whether a decoded value is an object with members. */
export function isRecord(value: unknown): value is Unchecked {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
