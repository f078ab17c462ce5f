// Payloads of polling, taken apart into packets: Engine.IO revision 4 and 3, and JSONP.

/** A packet as it is shown: text as it came, bytes as bytes. */
export type Packet = string | Buffer;

const SEPARATOR = "\x1e";
const JSONP_ANSWER = /^___eio\[\d+\]\((".*")\);?$/s;

/** The packets in the body of a poll's answer, or of a POST. */
export function readPayload(body: Buffer, revision: string, contentType = ""): Packet[] {
  if (body.length === 0) {
    return [];
  }
  if (revision === "3" && contentType.startsWith("application/octet-stream")) {
    return readBinaryV3(body);
  }
  const text = unwrapJsonp(body.toString(), contentType);
  return revision === "3" ? readTextV3(text) : text.split(SEPARATOR).map(readBase64);
}

function unwrapJsonp(text: string, contentType: string): string {
  const answer = JSONP_ANSWER.exec(text)?.[1];
  if (answer !== undefined) {
    return String(JSON.parse(answer));
  }
  if (contentType.startsWith("application/x-www-form-urlencoded")) {
    // The form doubles the backslash of "\n", as browsers change line ends.
    return (new URLSearchParams(text).get("d") ?? "").replace(/(\\)?\\n/g, (all, slash) =>
      slash ? all.slice(1) : "\n",
    );
  }
  return text;
}

function readBase64(packet: string): Packet {
  return packet.startsWith("b") ? Buffer.from(packet.replace(/^b4?/, ""), "base64") : packet;
}

/** `<length>:<packet>`, the length in characters. */
function readTextV3(text: string): Packet[] {
  const packets: Packet[] = [];
  for (let offset = 0; offset < text.length; ) {
    const colon = text.indexOf(":", offset);
    const length = Number(text.slice(offset, colon));
    if (colon === -1 || Number.isNaN(length)) {
      return [...packets, text.slice(offset)];
    }
    const packet = text.slice(colon + 1, colon + 1 + length);
    packets.push(packet.startsWith("b4") ? Buffer.from(packet.slice(2), "base64") : packet);
    offset = colon + 1 + length;
  }
  return packets;
}

/** For each packet: 0 for text or 1 for binary, the digits of the length as bytes, 255, the packet. */
function readBinaryV3(body: Buffer): Packet[] {
  const packets: Packet[] = [];
  for (let offset = 0; offset < body.length; ) {
    const isText = body[offset] === 0;
    const lengthEnd = body.indexOf(255, offset);
    if (lengthEnd === -1) {
      return [...packets, body.subarray(offset)];
    }
    const length = Number([...body.subarray(offset + 1, lengthEnd)].join(""));
    const packet = body.subarray(lengthEnd + 1, lengthEnd + 1 + length);
    packets.push(isText ? packet.toString() : withoutType(packet));
    offset = lengthEnd + 1 + length;
  }
  return packets;
}

/** A binary packet of revision 3 without its first byte, the type (4: message). */
export function withoutType(packet: Buffer): Buffer {
  return packet[0] === 4 ? packet.subarray(1) : packet;
}
