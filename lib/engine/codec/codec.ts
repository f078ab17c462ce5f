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
  /** The content of the WebSocket message that carries the packet. */
  encodePacket(packet: Packet): RawData;
  /** The packet in a WebSocket message; type `error` for anything else. */
  decodePacket(data: RawData): Packet;
  /** The body of the polling answer that carries the packets. */
  encodePayload(packets: readonly Packet[]): string;
  /** The packets in a polling body; the last one has type `error` where the rest is unreadable. */
  decodePayload(body: string): Packet[];
}
