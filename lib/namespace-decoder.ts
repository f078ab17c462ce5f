import { Decoder, type Packet } from "socket.io-parser";
import { decodePlain } from "./namespace-packets.ts";

const BINARY_EVENT = 0x35; // "5", and the one after it for an acknowledgement
const BINARY_ACK = 0x36;

/**
 * Decodes what is one packet by itself, for all clients: a decoder of a client's own has something to
 * remember only between a packet and its attachments.
 */
export class PacketDecoder {
  readonly #decoder = new Decoder();
  #packet: Packet | null = null;

  constructor() {
    this.#decoder.on("decoded", (packet: Packet) => {
      this.#packet = packet;
    });
  }

  /** Whether it is for this decoder. */
  takes(data: unknown): data is string {
    if (typeof data !== "string") {
      return false;
    }
    const type = data.charCodeAt(0);
    return type !== BINARY_EVENT && type !== BINARY_ACK;
  }

  /**
   * Decodes a packet.
   *
   * @throws what the decoder throws
   */
  decode(data: string): Packet | null {
    const plain = decodePlain(data);
    if (plain !== null) {
      return plain;
    }
    this.#packet = null;
    this.#decoder.add(data);
    const packet = this.#packet;
    this.#packet = null;
    return packet;
  }
}
