// Packets to bytes and back: this package beside the parsers of the reference.

import * as msgpack from "@msgpack/msgpack";
import * as engineParser from "engine.io-parser";
import * as notepack from "notepack.io";
import { Decoder, Encoder, type Packet, PacketType } from "socket.io-parser";
import { decodeMsgpack, encodeMsgpack } from "../../adapters/redis/codec.ts";
import { codecV4 } from "../../lib/engine/codec/v4.ts";
import { PacketDecoder } from "../../lib/namespace-decoder.ts";
import type { Candidate, Comparison } from "./timing.ts";

const OURS = "bun-socket.io";
const TEXT = "x".repeat(64);
const MESSAGE = `2${JSON.stringify(["event", TEXT])}`;

const EVENTS: Readonly<Record<string, unknown[]>> = {
  "64 bytes of text": ["event", TEXT],
  "1 KiB of text": ["event", "x".repeat(1024)],
  "a small object": ["event", { id: 12, name: "Ada", tags: ["a", "b"], at: 1.5, isOk: true }],
};

/** Repeats an operation; its results are counted, so that none of it can be left out. */
function repeat(name: string, operation: () => unknown): Candidate {
  return {
    name,
    run(times) {
      let results = 0;
      for (let index = 0; index < times; index++) {
        if (operation() !== undefined) results++;
      }
      return results;
    },
  };
}

function decoding(text: string): Candidate[] {
  const own = new PacketDecoder();
  const decoder = new Decoder();
  let packet: Packet | undefined;
  decoder.on("decoded", (decoded: Packet) => {
    packet = decoded;
  });
  return [
    repeat(OURS, () => own.decode(text)),
    repeat("socket.io-parser", () => {
      decoder.add(text);
      return packet;
    }),
  ];
}

// As it leaves for a poll: the packet of Socket.IO, and around it that of Engine.IO.
function encoding(data: unknown[]): Candidate[] {
  const encoder = new Encoder();
  const packet: Packet = { type: PacketType.EVENT, nsp: "/", data };
  return [
    repeat(OURS, () => {
      const [text] = encoder.encode(packet) as [string];
      return codecV4.encodePacket({ type: "message", data: text });
    }),
    repeat("socket.io-parser, engine.io-parser", () => {
      const [text] = encoder.encode(packet) as [string];
      let encoded: unknown;
      engineParser.encodePacket({ type: "message", data: text }, true, (result) => {
        encoded = result;
      });
      return encoded;
    }),
  ];
}

function payloads(count: number): Comparison[] {
  const packets = Array.from({ length: count }, () => ({
    type: "message" as const,
    data: MESSAGE,
  }));
  const text = packets.map(({ data }) => `4${data}`).join("\x1e");
  const size = `a payload of ${count}`;
  return [
    {
      title: `Engine.IO: decode ${size}`,
      candidates: [
        repeat(OURS, () => codecV4.decodePayload(text, count)),
        repeat("engine.io-parser", () => engineParser.decodePayload(text, "nodebuffer")),
      ],
    },
    {
      title: `Engine.IO: encode ${size}`,
      candidates: [
        repeat(OURS, () => codecV4.encodePayload(packets)),
        repeat("engine.io-parser", () => {
          let encoded: unknown;
          engineParser.encodePayload(packets, (result) => {
            encoded = result;
          });
          return encoded;
        }),
      ],
    },
  ];
}

/** What the adapters over Redis send for a broadcast. */
function redis(name: string, data: unknown[]): Comparison[] {
  const message = [
    "uid-of-a-node",
    { type: 2, data, nsp: "/" },
    { rooms: ["a"], except: [], flags: {} },
  ];
  const bytes = Buffer.from(notepack.encode(message));
  return [
    {
      title: `Redis: encode a broadcast of ${name}`,
      candidates: [
        repeat(OURS, () => encodeMsgpack(message)),
        repeat("notepack.io", () => notepack.encode(message)),
        repeat("@msgpack/msgpack", () => msgpack.encode(message)),
      ],
    },
    {
      title: `Redis: decode a broadcast of ${name}`,
      candidates: [
        repeat(OURS, () => decodeMsgpack(bytes)),
        repeat("notepack.io", () => notepack.decode(bytes)),
        repeat("@msgpack/msgpack", () => msgpack.decode(bytes)),
      ],
    },
  ];
}

export const CODEC_COMPARISONS: readonly Comparison[] = [
  ...Object.entries(EVENTS).flatMap(([name, data]) => [
    {
      title: `Socket.IO: decode an event with ${name}`,
      candidates: decoding(`2${JSON.stringify(data)}`),
    },
    { title: `Socket.IO and Engine.IO: encode an event with ${name}`, candidates: encoding(data) },
  ]),
  {
    title: "Socket.IO: decode an acknowledgement",
    candidates: decoding(`312${JSON.stringify([TEXT])}`),
  },
  {
    title: "Socket.IO: decode an event in a namespace, with an id",
    candidates: decoding(`2/admin,12${JSON.stringify(["event", TEXT])}`),
  },
  ...payloads(1),
  ...payloads(10),
  ...Object.entries(EVENTS).flatMap(([name, data]) => redis(name, data)),
];
