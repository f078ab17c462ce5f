// What reads bytes of clients, called in this process. Each answers what became of the input, as a text:
// one that is new is worth keeping. What may not happen is thrown.

import { Decoder, type Packet as SocketPacket } from "socket.io-parser";
import * as msgpack from "socket.io-msgpack-parser";
import type { Codec, Packet, RawData } from "../lib/engine/codec/codec.ts";
import { codecV3, codecV3Base64 } from "../lib/engine/codec/v3.ts";
import { codecV4, codecV4Base64 } from "../lib/engine/codec/v4.ts";
import { verify } from "../lib/engine/handshake.ts";
import { parseQuery } from "../lib/engine/request.ts";
import { jsonpBody } from "../lib/engine/transports/jsonp.ts";
import { PacketDecoder } from "../lib/namespace-decoder.ts";
import { faultOfPacket } from "../lib/packet-check.ts";
import { faultOfMessagePack } from "../lib/packet-message-pack.ts";
import { isTooDeep } from "../lib/packet-nesting.ts";

/** One of them. */
export interface Target {
  name: string;
  /** What to begin with. */
  seeds: readonly Buffer[];
  run(input: Buffer): string;
}

const TYPES = new Set(["open", "close", "ping", "pong", "message", "upgrade", "noop", "error"]);

function demand(holds: boolean, what: string): void {
  if (!holds) {
    throw new Error(`it does not hold that ${what}`);
  }
}

function kindOf({ type, data }: Packet): string {
  demand(TYPES.has(type), "a packet has a type");
  const isData = data === undefined || typeof data === "string" || Buffer.isBuffer(data);
  demand(isData, "the data of a packet is text or bytes");
  return `${type}${data === undefined ? "" : typeof data === "string" ? "+" : "*"}`;
}

function payload(codec: Codec, data: RawData): string {
  const packets = codec.decodePayload(data, Number.POSITIVE_INFINITY) ?? [];
  const kinds = packets.map(kindOf);
  demand(!packets.slice(0, -1).some(({ type }) => type === "error"), "nothing follows an error");
  return [...new Set(kinds)].sort().join(" ");
}

function engineTarget(name: string, codec: Codec): Target {
  const seeds = [
    "4hello",
    "2",
    "3probe",
    "4\u001e4x\u001ebAQID",
    "6:4hello1:2",
    "b4AQID",
    "1",
    "0{}",
  ];
  const payloads = [Buffer.from([0, 2, 255, 0x34, 0x78]), Buffer.from([1, 2, 255, 4, 9])];
  return {
    name,
    seeds: [...seeds.map((seed) => Buffer.from(seed)), ...payloads],
    run(input) {
      const text = input.toString();
      const one = kindOf(codec.decodePacket(text));
      const bytes = kindOf(codec.decodePacket(input));
      const form = jsonpBody(text).unwrap(input);
      return [one, bytes, payload(codec, text), payload(codec, input), typeof form].join("|");
    },
  };
}

/** What a decoder makes of data: packets, and what it throws. */
function decode(decoder: Decoder, data: RawData): { packets: SocketPacket[]; thrown: string } {
  const packets: SocketPacket[] = [];
  const onPacket = (packet: SocketPacket): void => void packets.push(packet);
  decoder.on("decoded", onPacket);
  try {
    decoder.add(data);
    return { packets, thrown: "" };
  } catch (error) {
    return { packets, thrown: error instanceof Error ? error.message : `${error}` };
  } finally {
    decoder.off("decoded", onPacket);
  }
}

function describePacket(packet: SocketPacket): string {
  demand(typeof packet.nsp === "string", "a packet has a namespace");
  demand(packet.type >= 0 && packet.type <= 4, "a packet has a type");
  const fault = faultOfPacket(packet, true);
  const { data } = packet;
  const isSame = data === undefined || fault === faultOfPacket(packet, false);
  demand(isSame, "the short check says what the whole one says");
  const shape = Array.isArray(data) ? `list ${typeof data[0]}` : typeof data;
  return `${packet.type} ${packet.nsp === "/"} ${packet.id === undefined} ${shape} ${fault}`;
}

const shared = new PacketDecoder();

function decodeShared(data: string): ReturnType<typeof decode> {
  try {
    const packet = shared.decode(data);
    return { packets: packet === null ? [] : [packet], thrown: "" };
  } catch (error) {
    return { packets: [], thrown: error instanceof Error ? error.message : `${error}` };
  }
}

const socketTarget: Target = {
  name: "socket.io-parser",
  seeds: [
    ...['2["x"]', '2/a,12["x",{"a":[1]}]', '312["x"]', "0", '0/a,{"t":1}', "1", '4{"message":"x"}'],
    ...['51-["x",{"_placeholder":true,"num":0}]\u001e\u001eAB', '61-0["x"]\u001e\u001eA', "2[]"],
  ].map((seed) => Buffer.from(seed)),
  run(input) {
    // Parts are apart by a character; one that begins with another is bytes.
    const parts = input.toString().split("\u001e");
    const own = new Decoder();
    const seen: string[] = [];
    let isBytes = false;
    for (const part of parts) {
      if (part === "") {
        isBytes = true;
        continue;
      }
      const data = isBytes ? Buffer.from(part) : part;
      isBytes = false;
      isTooDeep(part);
      const { packets, thrown } = decode(own, data);
      const isWaiting = thrown.includes("plaintext"); // for attachments: only a decoder of its own does
      if (typeof data === "string" && shared.takes(data) && !isWaiting) {
        demand(
          Bun.deepEquals(decodeShared(data), { packets, thrown }),
          "both decoders do the same",
        );
      }
      seen.push(...packets.map(describePacket), thrown.replaceAll(/\d+/g, "n").slice(0, 60));
      if (thrown !== "") {
        break;
      }
    }
    own.destroy();
    return [...new Set(seen)].join("|");
  },
};

const LONGEST_MS = 2_000; // those that are let through take no millisecond

/** A packet as `socket.io-msgpack-parser` encodes it: a list of one, whatever its types say. */
export function encodeMessagePack(packet: object): Buffer {
  const encoded: unknown = new msgpack.Encoder().encode(packet);
  return Array.isArray(encoded) ? Buffer.from(encoded[0]) : Buffer.alloc(0);
}

const messagePackTarget: Target = {
  name: "socket.io-msgpack-parser",
  seeds: [
    { type: 0, nsp: "/" },
    { type: 2, nsp: "/a", data: ["x", { a: [1.5, null, "é"], b: Buffer.from([1]) }], id: 3 },
    { type: 3, nsp: "/", data: [new Date(0), -5, 70_000, 2 ** 40], id: 0 },
  ].map(encodeMessagePack),
  run(input) {
    const fault = faultOfMessagePack(input);
    if (fault !== null) {
      return fault;
    }
    const start = performance.now();
    const decoder = new msgpack.Decoder();
    let thrown = "";
    try {
      decoder.add(input);
    } catch (error) {
      thrown = error instanceof Error ? error.message : `${error}`;
    }
    demand(performance.now() - start < LONGEST_MS, "what is let through is decoded at once");
    const kinds = Array.from(input.subarray(0, 3), (byte) => byte >> 4);
    return `taken: ${kinds} ${thrown.replaceAll(/-?\d+/g, "n").slice(0, 60)}`;
  },
};

const TRANSPORTS = ["polling", "websocket"] as const;
const SESSION = { protocol: 4, transport: { name: "polling" } } as const;
const findSession = (sid: string) => (sid === "abc" ? SESSION : undefined);

const handshakeTarget: Target = {
  name: "handshake query",
  seeds: [
    ...[
      "EIO=4&transport=polling",
      "EIO=4&transport=websocket&sid=abc",
      "EIO=3&transport=polling&j=0",
    ],
    ...["EIO=4&transport=polling&b64=1&t=xyz", "transport=polling&sid=__proto__", ""],
  ].map((seed) => Buffer.from(seed)),
  run(input) {
    const [query = "", origin] = input.toString("latin1").split("\n");
    const _query = parseQuery(`/socket.io/?${query}`);
    const values = Object.values(_query);
    demand(
      values.every((value) => typeof value === "string"),
      "each parameter is one text",
    );
    demand(Object.getPrototypeOf(_query) === Object.prototype, "a query has no other prototype");
    const seen = ["GET", "POST", "OPTIONS"].flatMap((method) =>
      [false, true].map((isUpgrade) => {
        const verdict = verify({ method, _query }, origin, isUpgrade, TRANSPORTS, findSession);
        return verdict.kind === "rejected"
          ? `${verdict.code} ${verdict.context.name ?? ""}`
          : verdict.kind;
      }),
    );
    return seen.join(" ");
  },
};

/** All of them. */
export const TARGETS: readonly Target[] = [
  engineTarget("Engine.IO 4", codecV4),
  engineTarget("Engine.IO 4, base64", codecV4Base64),
  engineTarget("Engine.IO 3", codecV3),
  engineTarget("Engine.IO 3, base64", codecV3Base64),
  socketTarget,
  messagePackTarget,
  handshakeTarget,
];
