import type { Packet } from "socket.io-parser";
import type { Link, WireOptions } from "../cluster/messages.ts";
import { encodeMsgpack, writeMsgpack } from "./codec.ts";
import type { MsgpackWriter } from "./codec-writer.ts";

const EVENT = 2;
const LIST_OF_3 = 0x93;
const LIST_OF_4 = 0x94;

/**
 * Writes the broadcasts of one node in one namespace: `[uid, packet, options]`, and behind that the
 * link, which nodes of the reference do not look at. What is the same in all of them is encoded once.
 */
export class BroadcastEncoder {
  readonly #nsp: string;
  /** From the header of the list to the key of the packet's data. */
  readonly #head: Buffer;
  readonly #headWithLink: Buffer;
  readonly #uid: Buffer;
  /** From behind the packet's data to the key of the rooms. */
  readonly #middle: Buffer;
  readonly #middleWithFlags: Buffer;
  readonly #nspOfPacket: Buffer;
  readonly #rooms = encodeMsgpack("rooms");
  readonly #except = encodeMsgpack("except");
  readonly #flags = encodeMsgpack("flags");

  constructor(uid: string, nsp: string) {
    this.#nsp = nsp;
    this.#uid = encodeMsgpack(uid);
    const packet = writeMsgpack((writer) => {
      writer.map(3);
      writer.text("type");
      writer.number(EVENT);
      writer.text("data");
    });
    this.#head = Buffer.concat([Buffer.of(LIST_OF_3), this.#uid, packet]);
    this.#headWithLink = Buffer.concat([Buffer.of(LIST_OF_4), this.#uid, packet]);
    this.#nspOfPacket = Buffer.concat([encodeMsgpack("nsp"), encodeMsgpack(nsp)]);
    const [options, optionsWithFlags] = [2, 3].map((size) => writeMsgpack((w) => w.map(size)));
    this.#middle = Buffer.concat([this.#nspOfPacket, options as Buffer, this.#rooms]);
    this.#middleWithFlags = Buffer.concat([
      this.#nspOfPacket,
      optionsWithFlags as Buffer,
      this.#rooms,
    ]);
  }

  /**
   * Whether these bytes are a broadcast of this node.
   *
   * @param bytes the message
   */
  isOwn(bytes: Buffer): boolean {
    const uid = this.#uid;
    if (bytes[0] !== LIST_OF_4 && bytes[0] !== LIST_OF_3) {
      return false;
    }
    for (let i = 0; i < uid.length; i++) {
      if (bytes[i + 1] !== uid[i]) {
        return false;
      }
    }
    return true;
  }

  /**
   * Encodes a broadcast.
   *
   * @param makeLink called once all else is encoded
   * @throws as encodeMsgpack()
   */
  encode(packet: Packet, options: WireOptions, makeLink: (() => Link) | undefined): Buffer {
    return writeMsgpack((writer) => {
      if (isPlainEvent(packet)) {
        writer.raw(makeLink === undefined ? this.#head : this.#headWithLink);
        writer.value(packet.data);
        writer.raw(options.flags === undefined ? this.#middle : this.#middleWithFlags);
        this.#writeOptions(writer, options);
      } else {
        writer.list(makeLink === undefined ? 3 : 4);
        writer.raw(this.#uid);
        writer.value({ ...packet, nsp: this.#nsp });
        writer.value(options);
      }
      if (makeLink !== undefined) {
        const [number, previous] = makeLink();
        writer.list(2);
        writer.number(number);
        writer.number(previous);
      }
    });
  }

  #writeOptions(writer: MsgpackWriter, { rooms, except, flags }: WireOptions): void {
    writer.value(rooms);
    writer.raw(this.#except);
    writer.value(except);
    if (flags !== undefined) {
      writer.raw(this.#flags);
      writer.value(flags);
    }
  }
}

/** Whether a packet is an event and says nothing else. */
export function isPlainEvent(packet: Packet): boolean {
  const members = Object.keys(packet).length;
  return (
    packet.type === EVENT && members === ("nsp" in packet ? 3 : 2) && Array.isArray(packet.data)
  );
}
