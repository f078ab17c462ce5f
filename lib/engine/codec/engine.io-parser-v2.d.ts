// The package, engine.io-parser 2, comes without types; these are of the part that is used.
declare module "engine.io-parser-v2" {
  interface ParserPacket {
    /** Undefined where the packet's first byte is no type. */
    type: import("./codec.ts").PacketType | undefined;
    data?: string | Buffer;
  }

  export function encodePacket<Result>(
    packet: ParserPacket,
    supportsBinary: boolean,
    utf8encode: boolean,
    callback: (encoded: string | Buffer) => Result,
  ): Result;

  export function decodePacket(
    data: string | Buffer,
    binaryType: "nodebuffer",
    utf8decode: boolean,
  ): ParserPacket;

  export function encodePayload(
    packets: readonly ParserPacket[],
    supportsBinary: boolean,
    callback: (encoded: string | Buffer) => void,
  ): void;

  /** Goes on to the end of a text unless the callback returns false. */
  export function decodePayload(
    data: string | Buffer,
    binaryType: "nodebuffer",
    callback: (packet: ParserPacket) => boolean,
  ): void;
}
