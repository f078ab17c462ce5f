import type { Packet } from "socket.io-parser";
import type { ClientServer, Decoder } from "./client-ports.ts";
import type { RawData } from "./engine/codec/codec.ts";

/** A decoder of a client's own. */
interface OwnDecoder {
  readonly decoder: Decoder;
  /** What it makes of the data it is being given; null while it is given none. */
  decoded: Packet[] | null;
}

/** The receiving half of a client: makes packets of what comes over its session. */
export abstract class ClientReader {
  protected abstract readonly server: ClientServer;
  /** Made for the first data that the decoder of all clients does not take. */
  #own: OwnDecoder | null = null;

  protected abstract onPacket(packet: Packet): void;

  /**
   * Called with what is no packet, or one that may not be.
   *
   * @param message what is wrong with it
   * @param cause what a decoder threw, if one did
   */
  protected abstract onInvalidData(message: string, cause?: unknown): void;

  /** Takes data of the session. */
  onMessage(data: RawData | undefined): void {
    const fault = this.server.dataCheck?.(data) ?? null;
    if (fault !== null) {
      this.onInvalidData(fault);
      return;
    }
    const shared = this.#own === null ? this.server.packetDecoder : null;
    if (!shared?.takes(data)) {
      this.#decode(data);
      return;
    }
    let packet: Packet | null;
    try {
      packet = shared.decode(data);
    } catch (error) {
      this.onInvalidData(messageOf(error), error);
      return;
    }
    if (packet !== null) {
      this.onPacket(packet);
    }
  }

  #decode(data: RawData | undefined): void {
    this.#own ??= this.#makeOwnDecoder();
    const own = this.#own;
    own.decoded = [];
    let isFaulty = false;
    let fault: unknown;
    try {
      own.decoder.add(data);
    } catch (error) {
      isFaulty = true;
      fault = error;
    }
    const packets = own.decoded;
    own.decoded = null;
    for (const packet of packets) {
      this.onPacket(packet); // also of data that turned out faulty further on
    }
    if (isFaulty) {
      this.onInvalidData(messageOf(fault), fault);
    }
  }

  #makeOwnDecoder(): OwnDecoder {
    const own: OwnDecoder = { decoder: this.server.createDecoder(), decoded: null };
    own.decoder.on("decoded", (packet) => {
      // The packet is handled outside of the decoder: what a listener throws is not its error.
      if (own.decoded === null) {
        this.onPacket(packet);
      } else {
        own.decoded.push(packet);
      }
    });
    return own;
  }

  /** Nothing comes any more. */
  protected stopReading(): void {
    this.#own?.decoder.destroy();
  }
}

/** Of what a decoder threw, which may be the user's. */
function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
