/// <reference path="./engine.io-parser-v2.d.ts" />
import {
  decodePacket,
  decodePayload,
  encodePacket,
  encodePayload,
  type ParserPacket,
} from "engine.io-parser-v2";
import { type Codec, collect, type Packet, type RawData } from "./codec.ts";

const ERROR: Packet = { type: "error", data: "parser error" };

const asIs = (encoded: RawData): RawData => encoded;

function toPacket(packet: ParserPacket): Packet {
  return packet.type === undefined ? ERROR : (packet as Packet);
}

function makeCodec(supportsBinary: boolean): Codec {
  return {
    protocol: 3,
    bareBinary: false,
    encodePacket: (packet) => encodePacket(packet, supportsBinary, false, asIs),
    decodePacket: (data) => toPacket(decodePacket(data, "nodebuffer", false)),
    encodePayload: (packets) =>
      collect<RawData>((callback) => encodePayload(packets, supportsBinary, callback)),
    decodePayload(body, most) {
      const packets: Packet[] = [];
      let isReadable = true;
      decodePayload(body, "nodebuffer", (each) => {
        if (isReadable) {
          const packet = toPacket(each);
          packets.push(packet);
          isReadable = packet.type !== "error" && packets.length <= most;
        }
        return isReadable;
      });
      return packets.length > most ? null : packets;
    },
  };
}

/**
 * Revision 3 of the Engine.IO protocol, that of the clients of Socket.IO 1 and 2, by the package
 * `engine.io-parser` 2.
 *
 * Source: https://github.com/socketio/engine.io-protocol/tree/v3
 */
export const codecV3: Codec = makeCodec(true);

/** The same for a client that asks for text alone: bytes go as base64. */
export const codecV3Base64: Codec = makeCodec(false);
