// What a packet has to be before anyone hears of it.

import * as defaultParser from "socket.io-parser";
import { faultOfMessagePack } from "./packet-message-pack.ts";
import { isTooDeep } from "./packet-nesting.ts";
import { RESERVED_EVENTS } from "./socket-types.ts";

/** Says what is wrong with data before a decoder sees it; null where nothing is. */
export type DataCheck = (data: unknown) => string | null;

/** The two classes of a parser, as far as it is asked here. */
interface Parser {
  readonly Encoder: new () => { encode(packet: defaultParser.Packet): readonly unknown[] };
  readonly Decoder: new () => object;
}

// Listeners and acknowledgements are called with a packet's data as their arguments, of which a call
// takes some tens of thousands at most; the server would die of more.
const MAX_ARGUMENTS = 10_000;

const { EVENT, BINARY_EVENT } = defaultParser.PacketType;

/**
 * The check for the data of a parser: of the default one, also where it is subclassed, and of any that
 * makes MessagePack. What others decode is theirs to check.
 *
 * @param parser the parser
 * @returns null where there is none
 */
export function checkFor(parser: Parser): DataCheck | null {
  const isJson =
    parser.Decoder === defaultParser.Decoder ||
    parser.Decoder.prototype instanceof defaultParser.Decoder;
  if (isJson) {
    return checkJson;
  }
  return makesMessagePack(parser) ? checkMessagePack : null;
}

function checkJson(data: unknown): string | null {
  return typeof data === "string" && isTooDeep(data) ? "too deeply nested" : null;
}

function checkMessagePack(data: unknown): string | null {
  return data instanceof Uint8Array ? faultOfMessagePack(data) : null;
}

const TYPE_KEY = Buffer.from("\xa4type", "latin1");

function makesMessagePack({ Encoder }: Parser): boolean {
  try {
    const packet = { type: EVENT, nsp: "/", data: ["a"] };
    const [bytes, ...others] = new Encoder().encode(packet);
    return (
      bytes instanceof Uint8Array &&
      others.length === 0 &&
      ((bytes[0] ?? 0) & 0xf0) === 0x80 &&
      Buffer.from(bytes).includes(TYPE_KEY) &&
      faultOfMessagePack(bytes) === null
    );
  } catch {
    return false; // it is the user's, and fails where it is used
  }
}

/**
 * Says what is wrong with a decoded packet; null where nothing is.
 *
 * @param packet the packet
 * @param isChecked whether the decoder is known to look at names and types by itself
 */
export function faultOfPacket(packet: defaultParser.Packet, isChecked: boolean): string | null {
  const { id, data } = packet;
  if (id !== undefined && id !== null && !Number.isSafeInteger(id)) {
    return "invalid packet id";
  }
  if (Array.isArray(data) && data.length > MAX_ARGUMENTS) {
    return "too many arguments";
  }
  if (!isChecked) {
    return faultOfDecoded(packet);
  }
  // The default decoder lets events pass that have no data at all, and so no name.
  return packet.type === EVENT && data === undefined ? "invalid payload" : null;
}

function faultOfDecoded({ type, nsp, data }: defaultParser.Packet): string | null {
  if (typeof nsp !== "string") {
    return "invalid namespace";
  }
  if (type === EVENT || type === BINARY_EVENT) {
    return isPayload(data) ? null : "invalid payload";
  }
  return null;
}

// A parser may let a packet without any data pass; catch-all listeners alone hear of it.
function isPayload(data: unknown): boolean {
  if (data === undefined) {
    return true;
  }
  const name: unknown = Array.isArray(data) ? data[0] : undefined;
  // A number may be a name; the reserved ones are what a client cannot emit either.
  return typeof name === "number" || (typeof name === "string" && !RESERVED_EVENTS.has(name));
}
