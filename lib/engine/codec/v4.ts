import {
  decodePacket,
  decodePayload,
  encodePacket,
  encodePayload,
  type Packet as ParserPacket,
} from "engine.io-parser";
import type { Codec, Packet, RawData } from "./codec.ts";

// The parser hands its result to a callback, and on the server does so before it returns.
function collect<Encoded>(encode: (callback: (encoded: Encoded) => void) => void): Encoded {
  let result: { encoded: Encoded } | undefined;
  encode((encoded) => {
    result = { encoded };
  });
  if (result === undefined) {
    throw new TypeError("engine.io-parser did not encode at once");
  }
  return (result as { encoded: Encoded }).encoded;
}

/**
 * Revision 4 of the Engine.IO protocol, by the package `engine.io-parser`.
 *
 * Source: https://socket.io/docs/v4/engine-io-protocol/
 */
export const codecV4: Codec = {
  protocol: 4,
  encodePacket: (packet) =>
    collect<RawData>((callback) => encodePacket(packet as ParserPacket, true, callback)),
  decodePacket: (data) => decodePacket(data, "nodebuffer") as Packet,
  encodePayload: (packets) =>
    collect<string>((callback) => encodePayload(packets as ParserPacket[], callback)),
  decodePayload: (body) => decodePayload(body, "nodebuffer") as Packet[],
};
