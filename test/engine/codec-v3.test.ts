import { describe, expect, test } from "bun:test";
import type { Codec, Packet, RawData } from "../../lib/engine/codec/codec.ts";
import { codecV3, codecV3Base64 } from "../../lib/engine/codec/v3.ts";

const CODECS: readonly [string, Codec][] = [
  ["with bytes", codecV3],
  ["with base64", codecV3Base64],
];

/** Numbers that look random and are the same in every run. */
function* numbers(seed: number): Generator<number, never> {
  for (let state = seed; ; ) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    yield state;
  }
}

const TYPES = new Set(["open", "close", "ping", "pong", "message", "upgrade", "noop", "error"]);

function isPacket({ type, data }: Packet): boolean {
  const isData = data === undefined || typeof data === "string" || Buffer.isBuffer(data);
  return TYPES.has(type) && isData;
}

const PACKETS: readonly Packet[] = [
  { type: "open", data: '{"sid":"x"}' },
  { type: "ping" },
  { type: "pong", data: "probe" },
  { type: "message", data: "é € 🦊 \ud800 1:2 \u0000" },
  { type: "message", data: Buffer.from([0, 1, 254, 255]) },
  { type: "message", data: Buffer.alloc(1000, 255) },
  { type: "message" },
  { type: "upgrade" },
  { type: "noop" },
  { type: "close" },
];

describe.each(CODECS)("revision 3 %s", (_name, codec) => {
  test("reads the packets that it writes", () => {
    for (const packet of PACKETS) {
      expect(codec.decodePacket(codec.encodePacket(packet))).toEqual(packet);
    }
  });

  test("reads the payloads that it writes, with and without bytes among them", () => {
    const text = PACKETS.filter(({ data }) => typeof data !== "object");
    expect(codec.decodePayload(codec.encodePayload(text), 10)).toEqual(text);
    // What stands alone of a pair of surrogates does not survive UTF-8.
    const all = PACKETS.filter(({ data }) => typeof data !== "string" || !data.includes("\ud800"));
    expect(codec.decodePayload(codec.encodePayload(all), 10)).toEqual(all);
  });

  test("takes anything for a payload or a packet without throwing, and stops at the first error", () => {
    const random = numbers(42);
    const alphabet = "0123456789:b4 é\u{1f98a}";
    const check = (data: RawData): void => {
      const packets = codec.decodePayload(data, 10) ?? [];
      expect(packets.every(isPacket)).toBeTrue();
      expect(packets.slice(0, -1).some(({ type }) => type === "error")).toBeFalse();
      expect(isPacket(codec.decodePacket(data))).toBeTrue();
    };
    for (let round = 0; round < 5_000; round++) {
      const length = random.next().value % 24;
      const small = round % 2 === 0; // bytes as they are in the head of a packet
      const bytes = Array.from({ length }, () => {
        const value = random.next().value >>> 8;
        return small ? [0, 1, 2, 4, 9, 52, 128, 255][value % 8] : value % 256;
      });
      check(Buffer.from(bytes as number[]));
      const characters = [...alphabet];
      const text = Array.from(
        { length },
        () => characters[(random.next().value >>> 8) % characters.length],
      );
      check(text.join(""));
    }
  });

  test.each([
    ["a head without end", Buffer.alloc(1_000_000, 1)],
    ["empty packets", Buffer.alloc(999_999, Buffer.from([0, 0, 255]))],
    ["ends of lengths", Buffer.alloc(1_000_000, 255)],
    ["text packets", Buffer.alloc(1_000_000, Buffer.from([0, 1, 255, 0x36]))],
    ["digits", "1".repeat(1_000_000)],
    ["packets of text", "1:6".repeat(333_333)],
  ])("reads a million bytes of %s in no time", (_what, payload) => {
    const before = process.cpuUsage();
    expect(codec.decodePayload(payload, Number.POSITIVE_INFINITY)?.length).toBeGreaterThan(0);
    const { user } = process.cpuUsage(before); // of minutes, if each packet cost what is before it
    expect(user / 1000).toBeLessThan(5_000);
  });
});
