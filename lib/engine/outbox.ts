import { throwLater } from "../errors.ts";
import type { Packet } from "./codec/codec.ts";
import type { SendCallback } from "./session-types.ts";
import type { Transport } from "./transports/transport.ts";
import { makeLog } from "../log.ts";

const log = makeLog("engine:socket");

/** A packet, and who wants to know that it has been handed over. */
export interface QueuedPacket extends Packet {
  callback?: SendCallback;
}

/** Who hears of an outbox. */
export interface OutboxPort {
  /** These packets have been handed over. */
  onFlush(packets: QueuedPacket[]): void;
  /** Some were. */
  onDrain(): void;
}

/** Of an outbox with nothing in it, as nearly all are; nothing is ever put into it. */
const NONE: QueuedPacket[] = [];

/** The packets that wait for a session's transport, in the order they were sent. */
export class Outbox {
  #packets: QueuedPacket[] = NONE;
  #flushing = false;
  /** How many of the packets, from the front, are measured, and their bytes. */
  #measured = 0;
  #bytes = 0;

  get isEmpty(): boolean {
    return this.#packets.length === 0;
  }

  get packets(): readonly Packet[] {
    return this.#packets;
  }

  push(packet: QueuedPacket): void {
    if (this.#packets === NONE) {
      this.#packets = [packet];
    } else {
      this.#packets.push(packet);
    }
  }

  clear(): void {
    this.#packets = NONE;
    this.#measured = 0;
    this.#bytes = 0;
  }

  /** How much waits, in bytes; only asked where that matters, so it is not kept count of. */
  measure(): number {
    for (; this.#measured < this.#packets.length; this.#measured++) {
      this.#bytes += Buffer.byteLength(this.#packets[this.#measured]?.data ?? "");
    }
    return this.#bytes;
  }

  /**
   * Hands the packets to a transport, as far as it takes them; the rest stays.
   *
   * @param transport the transport
   * @param port hears of it, and may send more meanwhile
   * @returns whether nothing is left, and nothing is going on here either
   */
  flush(transport: Transport, port: OutboxPort): boolean {
    // A transport that fails, or a listener, may call back in here while packets are being taken.
    if (this.#flushing) {
      return false;
    }
    this.#flushing = true;
    try {
      while (this.#packets.length > 0 && transport.writable && this.#flushOnce(transport, port)) {
        // A drain listener may have sent more.
      }
    } finally {
      this.#flushing = false;
    }
    return this.isEmpty;
  }

  #flushOnce(transport: Transport, port: OutboxPort): boolean {
    const packets = this.#packets;
    if (log.enabled) {
      log("flushing buffer to transport (%s, %d packets)", transport.name, packets.length);
    }
    const taken = transport.send(packets);
    // Sending may have failed, ended the session and cleared the outbox.
    if (taken === 0 || this.#packets !== packets) {
      return false;
    }
    this.#packets = taken === packets.length ? NONE : packets.slice(taken);
    this.#measured = 0;
    this.#bytes = 0;
    port.onFlush(taken === packets.length ? packets : packets.slice(0, taken));
    for (let index = 0; index < taken; index++) {
      if (log.enabled && packets[index]?.callback !== undefined) {
        log("executing batch send callback");
      }
      try {
        packets[index]?.callback?.(transport);
      } catch (error) {
        throwLater(error); // of the user's: the packets behind it have been handed over too
      }
    }
    port.onDrain();
    return true;
  }
}
