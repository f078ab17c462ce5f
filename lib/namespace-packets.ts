import { Encoder, type Packet, PacketType } from "socket.io-parser";
import type { EncodedPackets } from "../adapters/adapter.ts";
import { makeLog } from "./log.ts";
import { RESERVED_EVENTS } from "./socket-types.ts";

// Its log has a line for each packet.
const log = makeLog("socket.io-parser");

const ZERO = 0x30;
const NINE = 0x39;
const BRACKET = 0x5b;
const LONGEST_ID = 15; // digits, all of which a number can tell apart

/**
 * Decodes an event or an acknowledgement in the namespace `/`, as nearly all packets are, or the bare
 * packet that asks to be let in there.
 *
 * @returns null for anything else, and for what `socket.io-parser` would not take
 */
export function decodePlain(data: string): Packet | null {
  const type = data.charCodeAt(0) - ZERO;
  if (type === PacketType.CONNECT && data.length === 1 && !log.enabled) {
    return { type, nsp: "/" };
  }
  if ((type !== PacketType.EVENT && type !== PacketType.ACK) || log.enabled) {
    return null;
  }
  let start = 1;
  let id = 0;
  let code = data.charCodeAt(1);
  while (code >= ZERO && code <= NINE && start <= LONGEST_ID) {
    id = id * 10 + code - ZERO;
    start++;
    code = data.charCodeAt(start);
  }
  if (code !== BRACKET) {
    return null;
  }
  let payload: unknown[];
  try {
    payload = JSON.parse(data.slice(start));
  } catch {
    return null;
  }
  const isEvent = type === PacketType.EVENT;
  if (isEvent && (typeof payload[0] !== "string" || RESERVED_EVENTS.has(payload[0]))) {
    return null;
  }
  return start === 1 ? { type, nsp: "/", data: payload } : { type, nsp: "/", id, data: payload };
}

/** The encoder of `socket.io-parser`, which looks for binary data deep down where there can be some only. */
export class PacketEncoder extends Encoder {
  override encode(packet: Packet): EncodedPackets {
    return (log.enabled ? null : encodeFlat(packet)) ?? super.encode(packet);
  }
}

/**
 * Encodes what lets a client in, and an event or an acknowledgement whose arguments are no objects but
 * `Buffer`s: nearly all packets.
 *
 * @returns null for any other
 */
function encodeFlat({ type, nsp, id, data }: Packet): EncodedPackets | null {
  if (type === PacketType.CONNECT) {
    return data === undefined || data === null
      ? null
      : [head(type, nsp, id) + JSON.stringify(data)];
  }
  if ((type !== PacketType.EVENT && type !== PacketType.ACK) || !Array.isArray(data)) {
    return null;
  }
  let attachments: Buffer[] | null = null;
  for (const each of data) {
    if (Buffer.isBuffer(each)) {
      attachments ??= [];
      attachments.push(each);
    } else if (typeof each === "object" ? each !== null : typeof each === "function") {
      return null;
    }
  }
  if (attachments === null) {
    return [head(type, nsp, id) + JSON.stringify(data)];
  }
  let num = 0;
  const list = data.map((each) =>
    Buffer.isBuffer(each) ? { _placeholder: true, num: num++ } : each,
  );
  const binaryType = type === PacketType.EVENT ? PacketType.BINARY_EVENT : PacketType.BINARY_ACK;
  const start = head(`${binaryType}${attachments.length}-`, nsp, id);
  return [start + JSON.stringify(list), ...attachments];
}

function head(type: PacketType | string, nsp: string, id: number | undefined): string {
  const start = nsp && nsp !== "/" ? `${type}${nsp},` : `${type}`;
  return `${start}${id ?? ""}`;
}
