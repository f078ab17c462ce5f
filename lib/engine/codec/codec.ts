/** The packet types of Engine.IO; `error` stands for bytes that are not a packet. */
export type PacketType =
  | "open"
  | "close"
  | "ping"
  | "pong"
  | "message"
  | "upgrade"
  | "noop"
  | "error";

/** What a packet carries. */
export type RawData = string | Buffer;

/** How a packet wants to travel. */
export interface PacketOptions {
  /** Whether it may be compressed. Default: true. */
  compress?: boolean | undefined;
}

/** One Engine.IO packet. */
export interface Packet {
  type: PacketType;
  data?: RawData;
  options?: PacketOptions;
}

/** A revision of the Engine.IO protocol: packets to wire and back. */
export interface Codec {
  /** The revision, as in the query parameter `EIO`. */
  readonly protocol: number;
  /** Whether each binary WebSocket message is a message packet, without a byte for its type. */
  readonly bareBinary: boolean;
  /** The content of the WebSocket message that carries the packet. */
  encodePacket(packet: Packet): RawData;
  /** The packet in a WebSocket message; type `error` for anything else. */
  decodePacket(data: RawData): Packet;
  /** The body of the polling answer that carries the packets. */
  encodePayload(packets: readonly Packet[]): RawData;
  /**
   * The packets in a polling body, bytes where the client has declared it binary; the last one has
   * type `error` where the rest is unreadable.
   *
   * @param most how many there may be
   * @returns null where there are more
   */
  decodePayload(body: RawData, most: number): Packet[] | null;
}

/**
 * Returns what an encoder hands to its callback. Those of the parsers can wait, as a browser has
 * to for some data, but on the server they call back before they return.
 *
 * @param encode calls the encoder
 */
export function collect<Encoded>(encode: (callback: (encoded: Encoded) => void) => void): Encoded {
  let result: { encoded: Encoded } | undefined;
  encode((encoded) => {
    result = { encoded };
  });
  if (result === undefined) {
    throw new TypeError("engine.io-parser did not encode at once");
  }
  return (result as { encoded: Encoded }).encoded;
}
