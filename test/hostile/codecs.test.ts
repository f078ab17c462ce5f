// Properties of what reads bytes of clients, over inputs of every shape. They are the same in each run;
// a failure prints the smallest input that shows it.

import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { Decoder, Encoder, type Packet as SocketPacket } from "socket.io-parser";
import * as msgpack from "socket.io-msgpack-parser";
import type { Codec, Packet, RawData } from "../../lib/engine/codec/codec.ts";
import { createPacketDecoder } from "../../lib/engine/codec/packet-stream.ts";
import { codecV3, codecV3Base64 } from "../../lib/engine/codec/v3.ts";
import { codecV4, codecV4Base64 } from "../../lib/engine/codec/v4.ts";
import { parseQuery } from "../../lib/engine/request.ts";
import { jsonpBody } from "../../lib/engine/transports/jsonp.ts";
import { PacketDecoder } from "../../lib/namespace-decoder.ts";
import { faultOfPacket } from "../../lib/packet-check.ts";
import { faultOfMessagePack } from "../../lib/packet-message-pack.ts";
import { isTooDeep, MAX_DEPTH } from "../../lib/packet-nesting.ts";

fc.configureGlobal({ seed: 20_261_129, numRuns: 500 });

const CODECS: readonly [string, Codec][] = [
  ["4", codecV4],
  ["4 with base64", codecV4Base64],
  ["3", codecV3],
  ["3 with base64", codecV3Base64],
];
const TYPES = ["open", "close", "ping", "pong", "message", "upgrade", "noop"] as const;

const text = fc.string({ unit: "binary", maxLength: 60 });
const bytes = fc.uint8Array({ maxLength: 60 }).map((array) => Buffer.from(array));
/** Text of the characters that mean something to a codec. */
const likely = fc.string({
  unit: fc.constantFrom(...'0123456789:b-/,[]{}"\\\u001e\u0000éa'.split(""), "_placeholder"),
  maxLength: 60,
});
const anything = fc.oneof(text, likely, bytes);

const ALL = Number.POSITIVE_INFINITY;

function isPacket({ type, data }: Packet): boolean {
  const isData = data === undefined || typeof data === "string" || Buffer.isBuffer(data);
  return (type === "error" || TYPES.includes(type)) && isData;
}

describe.each(CODECS)("Engine.IO %s", (_name, codec) => {
  test("makes packets of whatever there is, and stops at the first error", () => {
    fc.assert(
      fc.property(anything, (data: RawData) => {
        const packets = codec.decodePayload(data, ALL) ?? [];
        expect(packets.every(isPacket)).toBe(true);
        expect(packets.slice(0, -1).some(({ type }) => type === "error")).toBe(false);
        expect(isPacket(codec.decodePacket(data))).toBe(true);
      }),
    );
  });

  test("reads what it writes, packet by packet and in payloads", () => {
    const withText = fc.record({ type: fc.constantFrom(...TYPES), data: text });
    const withBytes = fc.record({ type: fc.constant("message" as const), data: bytes });
    const packet: fc.Arbitrary<Packet> = fc.oneof(withText, withBytes).map((each) => {
      const { data, type } = each;
      return data.length === 0 && typeof data === "string" ? { type } : { type, data };
    });
    fc.assert(
      fc.property(fc.array(packet, { minLength: 1, maxLength: 5 }), (packets) => {
        for (const each of packets) {
          expect(codec.decodePacket(codec.encodePacket(each))).toEqual(each);
        }
        // Packets of revision 4 are told apart by a character that they may have in them as well.
        const isApart =
          codec.protocol === 3 || !packets.some(({ data }) => `${data}`.includes("\u001e"));
        if (isApart) {
          expect(codec.decodePayload(codec.encodePayload(packets), packets.length)).toEqual(
            packets,
          );
        }
      }),
    );
  });
});

/** What a decoder makes of text: the packet, or what it throws. */
function outcome(decode: (data: string) => unknown, data: string): unknown {
  try {
    return decode(data);
  } catch (error) {
    return `${error}`;
  }
}

const packetText = fc
  .tuple(
    fc.constantFrom("0", "1", "2", "3", "4", "7", "", " "),
    fc.constantFrom("", "/,", "/a,", "/a", "/__proto__,"),
    fc.constantFrom("", "0", "12", "-1", "9".repeat(400)),
    fc.oneof(fc.json({ maxDepth: 3 }), likely, fc.constantFrom('["x"]', '["connect"]', "{}", "[]")),
  )
  .map((parts) => parts.join(""));

test("the decoder that all clients share makes of each packet what one of its own would", () => {
  const shared = new PacketDecoder();
  fc.assert(
    fc.property(fc.oneof(packetText, likely, text), (data) => {
      if (!shared.takes(data)) {
        expect(data).toMatch(/^[56]/);
        return;
      }
      const own = new Decoder();
      let packet: SocketPacket | null = null;
      own.on("decoded", (decoded: SocketPacket) => {
        packet = decoded;
      });
      const expected = outcome(() => {
        own.add(data);
        return packet;
      }, data);
      expect(outcome((each) => shared.decode(each), data)).toEqual(expected);
      expect(shared.decode('2["next"]')).toMatchObject({ data: ["next"] }); // it remembers nothing
    }),
    { numRuns: 3_000 },
  );
});

test("a decoder of its own takes any order of text and bytes, and hands on nothing that is no packet", () => {
  const binary = fc
    .tuple(fc.constantFrom("5", "6"), fc.constantFrom("0", "1", "2", "11", "", "x"), packetText)
    .map(([type, count, rest]) => `${type}${count}-${rest.slice(1)}`);
  const placeholder = fc
    .oneof(fc.integer({ min: -1, max: 3 }), fc.double(), fc.string())
    .map((num) => `51-["x",{"_placeholder":true,"num":${JSON.stringify(num)}}]`);
  fc.assert(
    fc.property(
      fc.array(fc.oneof(binary, placeholder, packetText, bytes), { maxLength: 6 }),
      (sequence) => {
        const decoder = new Decoder();
        const packets: SocketPacket[] = [];
        decoder.on("decoded", (packet: SocketPacket) => packets.push(packet));
        for (const each of sequence) {
          try {
            decoder.add(each);
          } catch {
            break; // the session ends there
          }
        }
        decoder.destroy();
        for (const packet of packets) {
          // The short check, for the default decoder, lets nothing pass that the whole one does not.
          const isNameless = packet.type === 2 && packet.data === undefined;
          const expected = faultOfPacket(packet, false) ?? (isNameless ? "invalid payload" : null);
          expect(faultOfPacket(packet, true)).toBe(expected);
        }
      },
    ),
    { numRuns: 3_000 },
  );
});

test("a packet of socket.io-parser is encoded so that its decoder makes the same of it", () => {
  const json = fc
    .jsonValue({ maxDepth: 4 })
    .map((value): unknown => JSON.parse(JSON.stringify(value)));
  fc.assert(
    fc.property(fc.array(fc.oneof(json, bytes), { maxLength: 4 }), fc.nat(), (args, id) => {
      const packet = { type: 2, nsp: "/a", data: ["x", ...args], id };
      const decoder = new Decoder();
      let got: unknown = null;
      decoder.on("decoded", (decoded: SocketPacket) => {
        got = decoded;
      });
      for (const part of new Encoder().encode({ ...packet, data: [...packet.data] })) {
        decoder.add(part);
      }
      expect(got).toEqual(packet);
    }),
  );
});

function encodeMessagePack(value: unknown): Uint8Array {
  const encoded: unknown = new msgpack.Encoder().encode(value);
  return Array.isArray(encoded) ? encoded[0] : new Uint8Array();
}

function decodeMessagePack(data: Uint8Array): unknown {
  const decoder = new msgpack.Decoder();
  let packet: unknown = null;
  Reflect.apply(Reflect.get(decoder, "on"), decoder, [
    "decoded",
    (decoded: unknown) => {
      packet = decoded;
    },
  ]);
  decoder.add(Buffer.from(data));
  return packet;
}

describe("the check of MessagePack", () => {
  const value = fc.anything({
    maxDepth: 4,
    withDate: true,
    withTypedArray: false,
    key: fc.string().filter((key) => key !== "__proto__"),
    values: [fc.string(), fc.integer(), fc.double(), fc.boolean(), fc.constant(null), bytes],
  });

  test("takes whatever an encoder writes, and no part of it", () => {
    fc.assert(
      fc.property(value, fc.nat(), (data, cut) => {
        const encoded = encodeMessagePack({ type: 2, nsp: "/", data: ["x", data] });
        expect(faultOfMessagePack(encoded)).toBeNull();
        const part = encoded.subarray(0, cut % encoded.length);
        expect(faultOfMessagePack(part)).toBe("malformed MessagePack");
      }),
    );
  });

  test("lets nothing through for which a decoder makes more room than a packet is long", () => {
    const head = fc.constantFrom(0xc7, 0xc8, 0xc9, 0xdc, 0xdd, 0xde, 0xdf, 0x91, 0x81, 0xd4, 0xd9);
    const packet = fc.array(fc.oneof(head, fc.nat(255)), { maxLength: 40 });
    fc.assert(
      fc.property(packet, (list) => {
        const data = Uint8Array.from(list);
        if (faultOfMessagePack(data) !== null) {
          return;
        }
        const before = performance.now();
        outcome(() => decodeMessagePack(data), "");
        expect(performance.now() - before).toBeLessThan(2_000); // those let in take no millisecond
      }),
      { numRuns: 20_000 },
    );
  });

  test("leaves no packet with another prototype", () => {
    fc.assert(
      fc.property(fc.nat(255), fc.nat(255), (first, second) => {
        const proto = Buffer.from("__proto__");
        for (const key of [[first], [first, second], [first, 9], [0xc7, 9, second]]) {
          const data = Buffer.concat([Buffer.from([0x81, ...key]), proto, Buffer.from([0x90])]);
          if (faultOfMessagePack(data) === null) {
            const decoded = outcome(() => decodeMessagePack(data), "");
            expect(typeof decoded).toBe("string"); // it is no packet
          }
        }
      }),
      { numRuns: 5_000 },
    );
  });
});

test("nesting is counted as it is, whatever the text in between", () => {
  const noise = fc.string({
    unit: fc.constantFrom("[", "]", "{", "}", '"', "\\", "a"),
    maxLength: 40,
  });
  fc.assert(
    fc.property(
      fc.integer({ min: MAX_DEPTH - 3, max: MAX_DEPTH + 3 }),
      fc.boolean(),
      noise,
      fc.array(noise, { maxLength: 5 }),
      (depth, isList, name, others) => {
        let inner = JSON.stringify(name);
        const opener = isList ? "[" : `{${JSON.stringify(name)}:`;
        const closer = isList ? "]" : "}";
        const rest = others.map((each) => `,${JSON.stringify([each])}`).join("");
        inner = `${opener.repeat(depth - 1)}${inner}${closer.repeat(depth - 1)}`;
        const json = `[${inner}${rest}]`;
        JSON.parse(json);
        expect(isTooDeep(`42${json}`)).toBe(depth > MAX_DEPTH);
      },
    ),
    { numRuns: 50 },
  );
});

test("a query is read as the standard reads it, whatever there is", () => {
  const query = fc.oneof(
    text.map((each) => each.replaceAll("#", "")),
    fc.string({
      unit: fc.constantFrom("a", "%", "4", "=", "&", "+", "__proto__", "é"),
      maxLength: 40,
    }),
  );
  fc.assert(
    fc.property(query, (each) => {
      const expected = Object.entries(Object.fromEntries(new URLSearchParams(each)));
      const parsed = parseQuery(`/socket.io/?${each}`);
      expect(Object.entries(parsed)).toEqual(expected);
      expect(Object.getPrototypeOf(parsed)).toBe(Object.prototype);
    }),
  );
});

test("what comes of a form of JSONP is text or nothing, and goes back in a script of digits and text", () => {
  fc.assert(
    fc.property(text, anything, (index, body) => {
      const form = jsonpBody(index);
      const payload = form.unwrap(Buffer.from(body));
      expect(payload === null || typeof payload === "string").toBe(true);
      const script = `${form.wrap(`${body}`)}`;
      expect(script).toMatch(/^___eio\[\d*\]\(".*"\);$/);
      expect(JSON.parse(script.slice(script.indexOf("(") + 1, -2))).toBe(`${body}`);
    }),
  );
});

test("packets of a stream are the same, however it is cut, and none come behind an error", async () => {
  const read = async (chunks: Uint8Array[]): Promise<Packet[]> => {
    const { writable, readable } = createPacketDecoder(1_000);
    const writer = writable.getWriter();
    void Promise.all([...chunks.map((chunk) => writer.write(chunk)), writer.close()]);
    return Array.fromAsync(readable);
  };
  const stream = fc.uint8Array({ maxLength: 80 });
  await fc.assert(
    fc.asyncProperty(stream, fc.nat({ max: 80 }), async (data, cut) => {
      const whole = await read([data]);
      expect(await read([data.subarray(0, cut), data.subarray(cut)])).toEqual(whole);
      expect(await read(Array.from(data, (byte) => Uint8Array.of(byte)))).toEqual(whole);
      expect(whole.every(isPacket)).toBe(true);
      expect(
        whole.filter(({ type, data }) => type === "error" && data === "parser error").length,
      ).toBeLessThan(2);
    }),
    { numRuns: 200 },
  );
});
