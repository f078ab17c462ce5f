// The payloads of Engine.IO revision 3, as they lie in the bodies of polling.

/** The packets in a payload of text: `<length>:<packet>`, the length in UTF-16 units. */
export function splitText(payload: string): string[] {
  const packets: string[] = [];
  for (let rest = payload; rest !== ""; ) {
    const colon = rest.indexOf(":");
    const length = Number(rest.slice(0, colon));
    if (colon === -1 || Number.isNaN(length)) {
      throw new Error(`no payload of revision 3: ${payload}`);
    }
    packets.push(rest.slice(colon + 1, colon + 1 + length));
    rest = rest.slice(colon + 1 + length);
  }
  return packets;
}

/** A payload of text. */
export function joinText(...packets: string[]): string {
  return packets.map((packet) => `${packet.length}:${packet}`).join("");
}

/**
 * A payload of bytes: 0 for text and 1 for bytes, the digits of the length, 255, and the packet. Text
 * goes as one byte per UTF-16 unit of its UTF-8, whose length is meant.
 */
export function joinBytes(...packets: (string | Buffer)[]): Buffer<ArrayBuffer> {
  const parts = packets.map((packet) => {
    const bytes = Buffer.from(packet as string);
    const digits = [...`${bytes.length}`].map(Number);
    return Buffer.concat([
      Buffer.from([typeof packet === "string" ? 0 : 1, ...digits, 255]),
      bytes,
    ]);
  });
  return Buffer.concat(parts);
}
