import {
  decodePacket,
  decodePayload,
  encodePacket,
  encodePayload,
  type Packet as ParserPacket,
} from "engine.io-parser";
import { type Codec, collect, type Packet, type RawData } from "./codec.ts";

const MESSAGE = 0x34; // "4", the message type of Engine.IO
const SEPARATOR = "\x1e"; // between the packets of a payload

// Nearly every packet is a message of text, of which there is nothing to ask the parser.
const encode = (packet: Packet, supportsBinary: boolean): RawData =>
  packet.type === "message" && typeof packet.data === "string"
    ? `4${packet.data}`
    : collect<RawData>((callback) =>
        encodePacket(packet as ParserPacket, supportsBinary, callback),
      );

/**
 * Revision 4 of the Engine.IO protocol, by the package `engine.io-parser`.
 *
 * Source: https://socket.io/docs/v4/engine-io-protocol/
 */
export const codecV4: Codec = {
  protocol: 4,
  bareBinary: true,
  encodePacket: (packet) => encode(packet, true),
  decodePacket: (data) => decodePacket(data, "nodebuffer") as Packet,
  encodePayload: (packets) =>
    packets.length === 1 && packets[0]?.type === "message" && typeof packets[0].data === "string"
      ? `4${packets[0].data}`
      : collect<string>((callback) => encodePayload(packets as ParserPacket[], callback)),
  decodePayload(body) {
    const text = body.toString();
    return text.charCodeAt(0) === MESSAGE && text.length > 1 && !text.includes(SEPARATOR)
      ? [{ type: "message", data: text.slice(1) }]
      : (decodePayload(text, "nodebuffer") as Packet[]);
  },
};

/** The same for a client that asks for text alone: bytes go over a WebSocket as base64. */
export const codecV4Base64: Codec = {
  ...codecV4,
  encodePacket: (packet) => encode(packet, false),
};
