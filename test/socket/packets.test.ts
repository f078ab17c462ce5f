// The encoding of most packets by our own few lines, beside that of socket.io-parser for all.

import { expect, test } from "bun:test";
import { Decoder, Encoder, type Packet, PacketType } from "socket.io-parser";
import { decodePlain, PacketEncoder } from "../../lib/namespace-packets.ts";
import { makeRandom } from "../support/broadcast-program.ts";

const ROUNDS = 20_000;
const random = makeRandom(1);

function one<Value>(values: readonly Value[]): Value {
  return values[Math.floor(random() * values.length)] as Value;
}

function decode(data: string): Packet {
  const decoder = new Decoder();
  let packet: Packet | undefined;
  decoder.on("decoded", (decoded: Packet) => {
    packet = decoded;
  });
  decoder.add(data);
  return packet as Packet;
}

const PIECES = [
  ..."0123456789",
  ...'[]{},:/-" \t\n\\.e',
  "123456789012345",
  "1234567890123456",
  "/admin,",
  '["event"',
  '["é☃",',
  '["connect"]',
  '["disconnecting",1]',
  '["newListener"]',
  "[1,2]",
  "[1.5]",
  "[null]",
  "[[]]",
  "[]",
  '["__proto__",{"__proto__":1}]',
  '["a",{"b":[1,"c",null,true]}]',
  "null",
  "1-",
];

test("what is decoded by itself is what socket.io-parser makes of it, and it takes nothing else", () => {
  let taken = 0;
  for (let round = 0; round < ROUNDS; round++) {
    let data = one(["2", "3", "2", "3", "2[", '2["a"', "0", one(PIECES)]);
    for (let length = Math.floor(random() * 5); length > 0; length--) {
      data += one(PIECES);
    }
    const plain = decodePlain(data);
    if (plain !== null) {
      taken++;
      expect([data, plain]).toEqual([data, decode(data)]);
      expect(Object.keys(plain).sort()).toEqual(Object.keys(decode(data)).sort());
    }
  }
  expect(taken).toBeGreaterThan(ROUNDS / 100);
});

test.each([
  "0",
  '2["event"]',
  '2["event",1,"two",{"three":[3]}]',
  '2[""]',
  '20["event"]',
  '2999999999999999["event"]',
  "3[]",
  '30["answer"]',
  "312[null,1]",
])("%s is decoded by itself", (data) => {
  expect(decodePlain(data)).toEqual(decode(data));
});

test("what is encoded by itself is what socket.io-parser makes of it", () => {
  const encoder = new Encoder();
  const ours = new PacketEncoder();
  const values = (): unknown =>
    one<unknown>([
      "text",
      'é☃\u2028\ud800"\\',
      "",
      0,
      -0,
      1.5,
      Number.NaN,
      Number.POSITIVE_INFINITY,
      true,
      false,
      null,
      undefined,
      Symbol("x"),
      () => {},
      Object.assign(() => {}, { toJSON: () => "function" }),
      { nested: [1, { deep: null }] },
      new Date(0),
      { toJSON: () => "json" },
      Buffer.from("x"),
      { bytes: new Uint8Array(2) },
      new ArrayBuffer(1),
      1n,
    ]);
  const attempt = (encode: (packet: Packet) => unknown, packet: Packet): unknown => {
    try {
      return encode(packet);
    } catch (error) {
      return (error as Error).name;
    }
  };
  for (let round = 0; round < ROUNDS; round++) {
    const data = Array.from({ length: Math.floor(random() * 4) }, values);
    const packet = {
      type: one([PacketType.EVENT, PacketType.ACK, PacketType.EVENT, PacketType.CONNECT]),
      nsp: one(["/", "/admin", "/a b", ""]),
      data: random() < 0.95 ? data : one<unknown>([undefined, null, "text", { sid: "x" }]),
      ...one([{}, { id: 0 }, { id: 12 }, { id: undefined }]),
    } as Packet;
    const expected = attempt((each) => encoder.encode(each), { ...packet });
    expect(attempt((each) => ours.encode(each), { ...packet })).toEqual(expected);
  }
});

test("the log of socket.io-parser still has a line for each packet", async () => {
  const program =
    'const { decodePlain, PacketEncoder } = await import("./lib/namespace-packets.ts");' +
    "console.log(decodePlain('2[\"event\"]'));" +
    'new PacketEncoder().encode({ type: 2, nsp: "/", data: ["event"] });';
  const child = Bun.spawn([process.execPath, "-e", program], {
    cwd: `${import.meta.dir}/../..`,
    env: { ...process.env, DEBUG: "socket.io-parser" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [output, log] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  expect(output).toBe("null\n");
  expect(log).toContain('encoded {"type":2,"nsp":"/","data":["event"]} as 2["event"]');
});
