// Bytes for a server that speaks MessagePack, made to break its decoder or what comes behind it.

import { describe, expect, test } from "bun:test";
import * as msgpack from "socket.io-msgpack-parser";
import type { RawClient } from "../support/raw-client.ts";
import { ATTACK_TRANSPORTS, type Siege, underSiege } from "../support/siege.ts";
import { until } from "../support/wire.ts";

const CONNECT = { type: 0, nsp: "/" };

type Bytes = Uint8Array<ArrayBuffer>;

function encode(packet: object): Bytes {
  const encoded: unknown = new msgpack.Encoder().encode(packet); // a list, whatever its types say
  if (!Array.isArray(encoded) || !(encoded[0] instanceof Uint8Array)) {
    throw new TypeError("the encoder has to return a list of bytes");
  }
  return new Uint8Array(encoded[0]);
}

function bytes(...values: number[]): Bytes {
  return new Uint8Array(values);
}

function repeat(count: number, ...values: number[]): Bytes {
  return new Uint8Array(Array.from({ length: count }, () => values).flat());
}

/** A map of one key, whose value is 1. */
function mapOf(...key: number[]): Bytes {
  return bytes(0x81, ...key, 1);
}

const PROTO = [...Buffer.from("__proto__")];

underSiege({ msgpack: true }, (siege) => {
  describe.each(ATTACK_TRANSPORTS)("over %s", (transport) => {
    async function intrude(on: Siege): Promise<RawClient> {
      const client = await on.open(transport);
      await client.send(encode(CONNECT));
      await on.until(({ sockets }) => sockets === 1);
      return client;
    }

    async function refused(attack: Bytes, message: string): Promise<void> {
      const client = await intrude(siege);
      await client.send(attack);
      await client.closed;
      const { errors, reasons } = await siege.until(({ reasons }) => reasons.length > 0);
      expect([errors, reasons]).toEqual([[message], ["forced close"]]);
    }

    test.each([
      ["bytes of an extension", bytes(0xc9, 0xff, 0xff, 0xff, 0xff, 0)],
      ["a list", bytes(0xdd, 0xff, 0xff, 0xff, 0xff)],
      ["lists within lists", repeat(1_000, 0xdd, 0, 0x80, 0, 0)],
      ["a map", bytes(0xdf, 0xff, 0xff, 0xff, 0xff)],
      ["text", bytes(0xdb, 0xff, 0xff, 0xff, 0xff, 0x61)],
      ["bytes", bytes(0xc6, 0xff, 0xff, 0xff, 0xff, 0x61)],
      ["a number", bytes(0xcf, 1)],
      ["nothing at all", bytes()],
      ["a type that there is not", bytes(0xc1)],
    ])("a packet that announces more than it brings ends its session (%s)", (_name, attack) =>
      refused(attack, "malformed MessagePack"),
    );

    test("a packet of MessagePack nested too deeply ends its session", async () => {
      await refused(repeat(100_000, 0x91), "too deeply nested");
      await refused(new Uint8Array([...repeat(100_000, 0x91), 1]), "too deeply nested");
    });

    test.each([
      ["text", [0xa9, ...PROTO]],
      ["text with a length", [0xd9, 9, ...PROTO]],
      ["bytes", [0xc4, 9, ...PROTO]],
      ["a list", [0x91, 0xa9, ...PROTO]],
      ["an extension", [0xc7, 9, 1, ...PROTO]],
    ])("a map with the key __proto__ ends its session (%s)", (_name, key) =>
      refused(mapOf(...key), "a map with a key that may not be"),
    );

    test.each([
      ["an object", [{ toString: 1, valueOf: 1 }]],
      ["null", [null]],
      ["none", []],
      ["disconnect", ["disconnect", "spoofed"]],
      ["disconnecting", ["disconnecting", "spoofed"]],
      ["newListener", ["newListener", "x"]],
      ["removeListener", ["removeListener", "x"]],
      ["connect", ["connect"]],
      ["connect_error", ["connect_error"]],
    ])("an event of MessagePack with a name that none may have ends its session (%s)", (_, data) =>
      refused(encode({ type: 2, nsp: "/", data }), "invalid payload"),
    );

    test.each([Number.MAX_VALUE, -Number.MAX_VALUE, Number.NaN, 1.5, 2 ** 53])(
      "a packet of MessagePack with an id that is none ends its session (%d)",
      async (id) => {
        const packet = encode({ type: 2, nsp: "/", data: ["ask"], id: 0 });
        const double = Buffer.alloc(9, 0xcb);
        double.writeDoubleBE(id, 1);
        await refused(new Uint8Array([...packet.subarray(0, -1), ...double]), "invalid packet id");
      },
    );

    test("what is no packet ends its session", async () => {
      await refused(encode({}), "invalid packet type");
      await refused(encode({ type: 2, nsp: 5, data: ["x"] }), "invalid namespace");
      await refused(encode({ type: 2, nsp: "/", data: { length: 1 } }), "invalid payload");
      await refused(bytes(0xc0), "null is not an object (evaluating 'decoded.type')");
    });

    test("all that MessagePack has is taken, there and back", async () => {
      const client = await intrude(siege);
      const value = {
        list: [0, -1, 127, 128, -32, -33, 2 ** 31, -(2 ** 40), 1.5, true, false, null, ""],
        long: ["x".repeat(40), "x".repeat(300), "x".repeat(70_000)],
        many: Array.from({ length: 70_000 }, (_, index) => index % 100),
        keys: Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`key ${index}`, [{}]])),
        bytes: [Buffer.alloc(0), Buffer.alloc(300, 1), Buffer.alloc(70_000, 2)],
        time: new Date(1_500_000_000_123),
      };
      const packet = { type: 2, nsp: "/", data: ["echo", value], id: 7 };
      await client.send(encode(packet));
      const isBytes = (each: unknown) => typeof each !== "string";
      await until(() => client.packets.filter(isBytes).length === 2); // behind that of the CONNECT
      const answer = Buffer.from(client.packets.at(-1) ?? "");
      const expected = encode({ type: 3, nsp: "/", id: 7, data: [value] });
      expect(answer.equals(expected)).toBe(true);
    });
  });
});
