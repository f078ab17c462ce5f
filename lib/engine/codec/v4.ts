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

// Nearly every packet is a message, or the one that opens a session: there is nothing to ask the
// parser.
function encode(packet: Packet, supportsBinary: boolean): RawData {
  const { type, data } = packet;
  if (typeof data === "string") {
    if (type === "message") {
      return `4${data}`;
    }
    if (type === "open") {
      return `0${data}`;
    }
  } else if (type === "message" && supportsBinary && data !== undefined) {
    return data;
  }
  return encodeByParser(packet, supportsBinary);
}

function encodeByParser(packet: Packet, supportsBinary: boolean): RawData {
  return collect<RawData>((callback) =>
    encodePacket(packet as ParserPacket, supportsBinary, callback),
  );
}

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
  decodePayload(body, most) {
    const text = body.toString();
    if (text.charCodeAt(0) === MESSAGE && text.length > 1 && !text.includes(SEPARATOR)) {
      return [{ type: "message", data: text.slice(1) }];
    }
    return hasMore(text, most) ? null : (decodePayload(text, "nodebuffer") as Packet[]);
  },
};

// Before they are made: of a body of separators there would be as many as it has bytes.
function hasMore(payload: string, most: number): boolean {
  if (payload.length < most) {
    return false;
  }
  let separators = 0;
  for (let at = payload.indexOf(SEPARATOR); at !== -1; at = payload.indexOf(SEPARATOR, at + 1)) {
    separators++;
    if (separators >= most) {
      return true;
    }
  }
  return false;
}

/** The same for a client that asks for text alone: bytes go over a WebSocket as base64. */
export const codecV4Base64: Codec = {
  ...codecV4,
  encodePacket: (packet) => encode(packet, false),
};
