import type { RawData } from "./codec/codec.ts";
import { codecV4 } from "./codec/v4.ts";
import { makeLog } from "../log.ts";

const log = makeLog("engine:socket");

// A host sends what is larger to one WebSocket after the other at once, which saves nothing.
const LARGEST_BYTES = 16 * 1024;

/**
 * What is published to a topic reaches the WebSockets of one server that are subscribed to it, in one
 * call: in order with what is sent to each of them alone. They share this object.
 */
export class TopicPublisher {
  /** How much has been published: who is subscribed may have got as much. */
  publishedBytes = 0;
  readonly #publish: (topic: string, data: RawData) => void;

  /**
   * @param publish sends a WebSocket message, uncompressed: text for a string, binary for bytes
   */
  constructor(publish: (topic: string, data: RawData) => void) {
    this.#publish = publish;
  }

  /**
   * Whether a message can be published as it would be sent.
   *
   * @param parts its packets, as {@link publish} takes them
   */
  canCarry(parts: readonly unknown[]): boolean {
    let bytes = 0;
    for (const part of parts) {
      const length = lengthOf(part);
      if (length === 0) {
        return false; // a session sends nothing of it, or throws
      }
      bytes += length;
    }
    return bytes <= LARGEST_BYTES && !log.enabled; // what is published is not logged
  }

  /**
   * Publishes messages, one after the other.
   *
   * @param topic the topic
   * @param parts each is the data of a message packet
   */
  publish(topic: string, parts: readonly (string | Uint8Array | ArrayBuffer)[]): void {
    for (const part of parts) {
      const data = codecV4.encodePacket({ type: "message", data: toRawData(part) });
      this.publishedBytes += data.length;
      this.#publish(topic, data);
    }
  }
}

/** The place of one WebSocket in the topics of its server. */
export interface TopicPort {
  /** Tells whether two WebSockets are of one server, too. */
  readonly publisher: TopicPublisher;
  /** How much waits in the host, in bytes. */
  readonly bufferedBytes: number;
  subscribe(topic: string): void;
  /** What was published before is still sent. */
  unsubscribe(topic: string): void;
}

function lengthOf(part: unknown): number {
  if (typeof part === "string") {
    return part.length;
  }
  return part instanceof ArrayBuffer || ArrayBuffer.isView(part) ? part.byteLength : 0;
}

function toRawData(part: string | Uint8Array | ArrayBuffer): RawData {
  if (typeof part === "string" || Buffer.isBuffer(part)) {
    return part;
  }
  return part instanceof ArrayBuffer
    ? Buffer.from(part)
    : Buffer.from(part.buffer, part.byteOffset, part.byteLength);
}
