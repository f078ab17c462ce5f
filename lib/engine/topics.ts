import type { RawData } from "./codec/codec.ts";
import { codecV4 } from "./codec/v4.ts";
import { makeLog } from "../log.ts";

const log = makeLog("engine:socket");

// A host sends what is larger to one WebSocket after the other at once, which saves nothing.
const LARGEST_BYTES = 16 * 1024;
const UNCHECKED_BYTES = 64 * 1024;
const MOST_CHANGES = 1024;

/**
 * What is published to a topic reaches the WebSockets of one server that are subscribed to it, in one
 * call: in order with what is sent to each of them alone. They share this object.
 */
export class TopicPublisher {
  /** How much has been published: who is subscribed may have got as much. */
  publishedBytes = 0;
  /** Of whom something may have changed, the latest of them. */
  #changed: TopicPort[] = [];
  /** How many were forgotten before these. */
  #forgotten = 0;
  #checkedAt = 0;
  readonly #publish: (topic: string, data: RawData) => void;
  readonly #isWatched: () => boolean;

  /**
   * @param publish sends a WebSocket message, uncompressed: text for a string, binary for bytes
   * @param isWatched whether somebody listens to what the sessions send
   */
  constructor(publish: (topic: string, data: RawData) => void, isWatched: () => boolean) {
    this.#publish = publish;
    this.#isWatched = isWatched;
  }

  /** Where the changes end now, to be handed to {@link changesSince}. */
  get position(): number {
    return this.#forgotten + this.#changed.length;
  }

  /**
   * Whose sessions may no longer be reached by topics, and have to be asked.
   *
   * @param position up to where they are known
   * @returns null where everyone has to be asked: too much has changed, or been published
   */
  changesSince(position: number): readonly TopicPort[] | null {
    if (position < this.#forgotten) {
      return null;
    }
    return position === this.position ? NONE : this.#changed.slice(position - this.#forgotten);
  }

  /** Something has changed for one that is subscribed. */
  onChange(port: TopicPort): void {
    this.#changed.push(port);
    if (this.#changed.length > MOST_CHANGES) {
      this.#forget();
    }
  }

  #forget(): void {
    this.#forgotten = this.position + 1; // more than anybody knows
    this.#changed = [];
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
    // What is published is not logged.
    return bytes <= LARGEST_BYTES && !log.enabled && !this.#isWatched();
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
    if (this.publishedBytes - this.#checkedAt > UNCHECKED_BYTES) {
      this.#checkedAt = this.publishedBytes;
      this.#forget(); // nobody tells who is congested by it
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
  /** Its session may no longer be reached that way: who has subscribed it is to ask. */
  stir(): void;
}

const NONE: readonly TopicPort[] = [];

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
