import type { Packet } from "socket.io-parser";
import type { ClientServer, Decoder } from "./client-ports.ts";
import type { RawData } from "./engine/codec/codec.ts";

/** The receiving half of a client: makes packets of what comes over its session. */
export abstract class ClientReader {
  protected abstract readonly server: ClientServer;
  /** Made for the first data that the decoder of all clients does not take. */
  #decoder: Decoder | null = null;
  /** What its own decoder makes of the data it is being given; null while it is given none. */
  #decoded: Packet[] | null = null;

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
    const shared = this.#decoder === null ? this.server.packetDecoder : null;
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
    this.#decoder ??= this.#makeDecoder();
    this.#decoded = [];
    try {
      this.#decoder.add(data);
    } catch (error) {
      this.#decoded = null;
      this.onInvalidData(messageOf(error), error);
      return;
    }
    const packets = this.#decoded;
    this.#decoded = null;
    for (const packet of packets) {
      this.onPacket(packet);
    }
  }

  #makeDecoder(): Decoder {
    const decoder = this.server.createDecoder();
    decoder.on("decoded", (packet) => {
      // The packet is handled outside of the decoder: what a listener throws is not its error.
      if (this.#decoded === null) {
        this.onPacket(packet);
      } else {
        this.#decoded.push(packet);
      }
    });
    return decoder;
  }

  /** Nothing comes any more. */
  protected stopReading(): void {
    this.#decoder?.destroy();
  }
}

/** Of what a decoder threw, which may be the user's. */
function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
