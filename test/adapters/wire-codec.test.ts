// The codec beside notepack.io, which the reference uses, and beside what clients of one node get.

import { describe, expect, test } from "bun:test";
import * as notepack from "notepack.io";
import {
  decodeJson,
  decodeMsgpack,
  encodeMsgpack,
  hasBinary,
  writeMsgpack,
} from "../../adapters/redis/codec.ts";
import { MAX_DEPTH } from "../../adapters/redis/codec-writer.ts";
import { makeRandom, randomValue } from "./wire-random.ts";

/** What arrives of a value at another node and leaves it as JSON. */
function viaNode(value: unknown): unknown {
  return JSON.parse(JSON.stringify(decodeMsgpack(encodeMsgpack(value))));
}

/** What clients of the same node get. */
function direct(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

describe("the codec", () => {
  test("writes what notepack.io writes, and each reads the other", () => {
    const random = makeRandom(1);
    for (let i = 0; i < 2000; i++) {
      const value = randomValue(random);
      const theirs: Buffer = notepack.encode(value);
      const ours = encodeMsgpack(value);
      if (!ours.equals(theirs)) {
        expect(ours.toString("hex")).toBe(theirs.toString("hex"));
      }
      expect(Bun.deepEquals(decodeMsgpack(theirs), notepack.decode(theirs))).toBe(true);
    }
  });

  test.each([
    ["empty things", ["", [], {}, Buffer.of()]],
    ["numbers at the edges", edges()],
    ["long lists", Array.from({ length: 70_000 }, (_, i) => i)],
    [
      "long texts",
      ["a", "\u00e9", "\u20ac", "\u{1f600}"].flatMap((c) =>
        [15, 31, 32, 255, 256, 65_536].map((n) => c.repeat(n)),
      ),
    ],
    [
      "maps of every size",
      [15, 16, 17, 70_000].map((size) =>
        Object.fromEntries(Array.from({ length: size }, (_, i) => [`k${i}`, i])),
      ),
    ],
    [
      "bytes of every size",
      [0, 255, 256, 65_535, 65_536, 200_000].map((size) => Buffer.alloc(size, 7)),
    ],
    [
      "maps that lose members",
      [17, 18].map((size) =>
        Object.fromEntries(
          Array.from({ length: size }, (_, i) => [`k${i}`, i < 3 ? undefined : i]),
        ),
      ),
    ],
    [
      "dates",
      [0, 1, 1e12, 1.7e12 + 123, -1, -1.5e12, 2 ** 34 * 1000, 8e15].map((ms) => new Date(ms)),
    ],
  ])("writes %s as notepack.io does", (_name, value) => {
    const theirs: Buffer = notepack.encode(value);
    const ours = encodeMsgpack(value);
    expect(ours.equals(theirs)).toBe(true);
    expect(Bun.deepEquals(decodeMsgpack(ours), notepack.decode(theirs))).toBe(true);
  });

  test.each([
    ["functions in lists", [1, () => 1, 2]],
    ["functions and symbols in objects", { a: 1, b: () => 1, c: Symbol("c"), d: undefined }],
    ["symbols in lists", [Symbol("a")]],
    ["NaN and Infinity", [Number.NaN, Number.POSITIVE_INFINITY, -0]],
    ["numbers beyond 64 bits", [1e20, -1e20, 1e300, 2 ** 64, -(2 ** 63), 2 ** 63]],
    ["invalid dates", [new Date(Number.NaN)]],
    ["dates", { at: new Date(1.7e12 + 5), before: new Date(-5) }],
    ["maps and sets", [new Map([[1, 2]]), new Set([1])]],
    ["boxed values", [Object(1), Object("text"), Object(true)]],
    ["toJSON", { a: { toJSON: () => "text" }, b: { x: 1, toJSON: () => ({ y: 2 }) } }],
    ["a toJSON that returns undefined", { a: { toJSON: () => undefined }, b: 1 }],
    ["a toJSON that looks at the key", { a: { toJSON: (key: string) => key } }],
    ["a toJSON that returns its own object", { a: selfish() }],
    ["a member named __proto__", JSON.parse('{"__proto__":{"a":1},"b":2}')],
    [
      "lone surrogates",
      ["\ud800", "a\udc00b", "\ud83d", "\ude00\ud83d", `${"x".repeat(60)}\udbff`],
    ],
    ["text that looks like bad UTF-8", ["\ufffd", "\ud7ff\ue000", "\ufffd\ud800\ufffd"]],
  ])("brings %s to another node as clients of this one get them", (_name, value) => {
    expect(viaNode(value)).toEqual(direct(value));
  });

  test.each([
    ["a view of doubles", new Float64Array([1.5, 2.5])],
    ["a view of 16 bits", new Uint16Array([256, 257]).subarray(1)],
    ["a DataView", new DataView(new Uint8Array([1, 2, 3, 4]).buffer, 1, 2)],
    ["an ArrayBuffer", new Uint8Array([1, 2, 3]).buffer],
    ["a Buffer", Buffer.from("bytes")],
  ])("brings the bytes of %s", (_name, value) => {
    const bytes = ArrayBuffer.isView(value)
      ? Buffer.from(value.buffer, value.byteOffset, value.byteLength)
      : Buffer.from(value);
    const decoded = decodeMsgpack(encodeMsgpack(value));
    expect(decoded).toBeInstanceOf(Buffer);
    expect(decoded).toEqual(bytes);
    expect(hasBinary({ a: [{ b: value }] })).toBe(true);
  });

  test("asks for a BigInt what JSON asks for", () => {
    expect(() => encodeMsgpack([1n])).toThrow(TypeError);
    expect(() => encodeMsgpack({ a: { b: 1n } })).toThrow(TypeError);
  });

  test("refuses what contains itself, and what is nested too deep", () => {
    const circle: unknown[] = [];
    circle.push([circle, circle]);
    expect(() => encodeMsgpack(circle)).toThrow(RangeError);
    expect(() => hasBinary(circle)).toThrow(RangeError);
    expect(() => encodeMsgpack(nested(MAX_DEPTH + 2))).toThrow(RangeError);
    expect(decodeMsgpack(encodeMsgpack(nested(MAX_DEPTH - 2)))).toEqual(nested(MAX_DEPTH - 2));
  });

  test("can be used by a toJSON() while it writes, and after one threw", () => {
    const inner = { toJSON: () => encodeMsgpack(["inner"]).toString("hex") };
    expect(decodeMsgpack(encodeMsgpack([1, inner, 2]))).toEqual([1, "91a5696e6e6572", 2]);
    const broken = { toJSON: () => fail() };
    expect(() => encodeMsgpack(["lost", broken])).toThrow("on purpose");
    expect(decodeMsgpack(encodeMsgpack(["next"]))).toEqual(["next"]);
  });

  test("leaves messages alone that were written before", () => {
    const messages = Array.from({ length: 5000 }, (_, i) =>
      encodeMsgpack([i, "x".repeat(i % 700)]),
    );
    messages.push(encodeMsgpack([5000, "x".repeat(100_000)]), encodeMsgpack([5001, ""]));
    messages.forEach((bytes, i) => {
      expect((decodeMsgpack(bytes) as unknown[])[0]).toBe(i);
    });
    expect(writeMsgpack((writer) => writer.nil())).toEqual(Buffer.of(0xc0));
  });
});

describe("what is malformed", () => {
  test("throws an Error, whatever the bytes", () => {
    const random = makeRandom(2);
    let failed = 0;
    for (let i = 0; i < 20_000; i++) {
      const bytes = Buffer.from(Array.from({ length: random(40) }, () => random(256)));
      failed += failsWithError(() => decodeMsgpack(bytes)) ? 1 : 0;
    }
    expect(failed).toBeGreaterThan(10_000);
  });

  test("throws an Error wherever a message is cut off or changed", () => {
    const random = makeRandom(3);
    const bytes = encodeMsgpack([
      "uid",
      { type: 2, data: ["e", 1.5, -3, Buffer.from("x"), new Date(1)] },
      { rooms: [] },
    ]);
    for (let length = 0; length < bytes.length; length++) {
      expect(() => decodeMsgpack(bytes.subarray(0, length))).toThrow(Error);
    }
    for (let i = 0; i < 5000; i++) {
      const changed = Buffer.from(bytes);
      changed[random(bytes.length)] = random(256);
      failsWithError(() => decodeMsgpack(changed));
    }
    expect(() => decodeMsgpack(Buffer.concat([bytes, Buffer.of(0)]))).toThrow("left over");
  });

  test.each([
    ["a list of 2^32 - 1 items", Buffer.of(0xdd, 0xff, 0xff, 0xff, 0xff)],
    ["a map of 2^32 - 1 members", Buffer.of(0xdf, 0xff, 0xff, 0xff, 0xff)],
    ["a text of 2^32 - 1 bytes", Buffer.of(0xdb, 0xff, 0xff, 0xff, 0xff)],
    ["2^32 - 1 bytes", Buffer.of(0xc6, 0xff, 0xff, 0xff, 0xff)],
    ["an extension of 2^32 - 1 bytes", Buffer.of(0xc9, 0xff, 0xff, 0xff, 0xff, 5)],
    ["a million lists in each other", Buffer.alloc(1_000_000, 0x91)],
    ["a million maps in each other", Buffer.alloc(1_000_000, 0x81)],
    ["the type that is none", Buffer.of(0xc1)],
    ["nothing", Buffer.of()],
  ])("refuses %s at once", (_name, bytes) => {
    expect(() => decodeMsgpack(bytes)).toThrow(Error);
  });

  test.each(["[", '{"a":', '["]",{"\\\\":'])(
    "refuses JSON of a million %s in each other",
    (opening) => {
      const closing = opening
        .replace(/"(\\.|[^"\\])*"/g, "")
        .replaceAll("[", "]")
        .replaceAll("{", "}");
      const deep = (depth: number) =>
        Buffer.from(
          `${opening.repeat(depth)}1${[...closing.replace(/[^\]}]/g, "")].reverse().join("").repeat(depth)}`,
        );
      expect(() => decodeJson(deep(1_000_000))).toThrow(RangeError);
      expect(decodeJson(deep(1_000))).toBeObject();
    },
  );

  test("does not take brackets in texts for nesting", () => {
    const text = `${"[{".repeat(MAX_DEPTH * 2)}"\\"[`;
    expect(decodeJson(Buffer.from(JSON.stringify({ text })))).toEqual({ text });
  });
});

function edges(): number[] {
  const powers = [5, 7, 8, 15, 16, 31, 32, 33, 48, 52, 53];
  const around = powers.flatMap((power) => [-1, 0, 1].map((by) => 2 ** power + by));
  return [0, -0, 0.5, -0.5, ...around, ...around.map((value) => -value)];
}

function selfish(): object {
  const own = {
    a: 1,
    toJSON: () => own,
  };
  return own;
}

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let i = 0; i < depth; i++) {
    value = [value];
  }
  return value;
}

function fail(): never {
  throw new Error("on purpose");
}

function failsWithError(action: () => unknown): boolean {
  try {
    action();
    return false;
  } catch (error) {
    expect(error).toBeInstanceOf(Error);
    return true;
  }
}
