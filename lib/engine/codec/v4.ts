import {
  decodePacket,
  decodePayload,
  encodePacket,
  encodePayload,
  type Packet as ParserPacket,
} from "engine.io-parser";
import { type Codec, collect, type Packet, type RawData } from "./codec.ts";

/**
 * Revision 4 of the Engine.IO protocol, by the package `engine.io-parser`.
 *
 * Source: https://socket.io/docs/v4/engine-io-protocol/
 */
export const codecV4: Codec = {
  protocol: 4,
  bareBinary: true,
  encodePacket: (packet) =>
    collect<RawData>((callback) => encodePacket(packet as ParserPacket, true, callback)),
  decodePacket: (data) => decodePacket(data, "nodebuffer") as Packet,
  encodePayload: (packets) =>
    collect<string>((callback) => encodePayload(packets as ParserPacket[], callback)),
  decodePayload: (body) => decodePayload(body.toString(), "nodebuffer") as Packet[],
};

/** The same for a client that asks for text alone: bytes go over a WebSocket as base64. */
export const codecV4Base64: Codec = {
  ...codecV4,
  encodePacket: (packet) =>
    collect<RawData>((callback) => encodePacket(packet as ParserPacket, false, callback)),
};
