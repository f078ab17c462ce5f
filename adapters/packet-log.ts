import { LONGEST_TIMER_MS } from "../lib/timer.ts";
import type { BroadcastOptions, Room } from "./adapter.ts";

const PRUNE_INTERVAL_MS = 1_000; // packets go in lots

/** The part that is kept of a log that has become too large: what goes, goes in lots. */
const KEPT_PART = 0.9;

interface LoggedPacket {
  readonly data: unknown[];
  readonly options: BroadcastOptions;
  readonly expiresAt: number;
  readonly bytes: number;
}

/** How much a log keeps. */
export interface LogBounds {
  readonly maxPackets: number;
  /** The bytes of the packets, as they are sent. */
  readonly maxBytes: number;
}

/** The last packet to a room that was dropped before its time. */
interface Loss {
  readonly number: number;
  readonly expiresAt: number;
}

/** The packets of the last minutes, in order, each under an offset that only ever grows. */
export class PacketLog {
  readonly #prefix: string;
  readonly #keptMs: number;
  readonly #bounds: LogBounds;
  #packets: LoggedPacket[] = [];
  #bytes = 0;
  /** By room, null being everyone. */
  readonly #losses = new Map<Room | null, Loss>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** The number of the first packet in the list. */
  #first = 1;

  /**
   * @param prefix tells its offsets from those of other logs
   * @param keptMs how long a packet is kept, in ms
   * @param bounds how many are; the oldest ones go first
   */
  constructor(prefix: string, keptMs: number, bounds: LogBounds) {
    this.#prefix = prefix;
    this.#keptMs = keptMs;
    this.#bounds = bounds;
  }

  /** How many packets are kept. */
  get size(): number {
    return this.#packets.length;
  }

  /** The number of the last packet. */
  get last(): number {
    return this.#first + this.#packets.length - 1;
  }

  /**
   * Adds a packet, and its offset to the packet's data.
   *
   * @param bytes how large it is; 0 where that is not limited
   */
  add(data: unknown[], options: BroadcastOptions, bytes: number): void {
    data.push(this.#prefix + (this.last + 1).toString(36));
    this.#packets.push({ data, options, expiresAt: performance.now() + this.#keptMs, bytes });
    this.#bytes += bytes;
    const { maxPackets, maxBytes } = this.#bounds;
    if (this.#packets.length > maxPackets || this.#bytes > maxBytes) {
      this.#shed(maxPackets * KEPT_PART, maxBytes * KEPT_PART);
    }
    this.#schedule();
  }

  #shed(most: number, mostBytes: number): void {
    let count = 0;
    let bytes = this.#bytes;
    for (const packet of this.#packets) {
      if (this.#packets.length - count <= most && bytes <= mostBytes) {
        break;
      }
      const loss = { number: this.#first + count, expiresAt: packet.expiresAt };
      const { rooms } = packet.options;
      for (const room of rooms.size === 0 ? [null] : rooms) {
        this.#losses.set(room, loss);
      }
      bytes -= packet.bytes;
      count++;
    }
    this.#drop(count);
  }

  /**
   * Whether a packet after the given one, for a socket in the given rooms, was dropped before its time.
   *
   * @param number as for {@link since}
   */
  hasLost(number: number, rooms: readonly Room[]): boolean {
    const now = performance.now();
    return [null, ...rooms].some((room) => {
      const loss = this.#losses.get(room);
      return loss !== undefined && loss.number > number && loss.expiresAt > now;
    });
  }

  /**
   * Finds the number that belongs to an offset.
   *
   * @returns undefined for one that this log never gave out
   */
  find(offset: string): number | undefined {
    const number = Number.parseInt(offset.slice(this.#prefix.length), 36);
    const isOurs = number <= this.last && offset === this.#prefix + number.toString(36);
    return isOurs ? number : undefined;
  }

  /**
   * The data of the packets after the given one that were for a socket in the given rooms.
   *
   * @param number the last packet that is not wanted; it need not be there any more
   */
  since(number: number, rooms: readonly Room[]): unknown[][] {
    return this.#packets
      .slice(Math.max(0, number + 1 - this.#first))
      .filter(({ options }) => isFor(rooms, options))
      .map(({ data }) => data);
  }

  #schedule(): void {
    const [oldest] = this.#packets;
    if (oldest !== undefined && this.#timer === undefined) {
      const delayMs = oldest.expiresAt + PRUNE_INTERVAL_MS - performance.now();
      const waitMs = Math.min(Math.max(0, delayMs), LONGEST_TIMER_MS); // pruning in vain does no harm
      this.#timer = setTimeout(() => this.#prune(), waitMs);
      this.#timer.unref();
    }
  }

  #prune(): void {
    this.#timer = undefined;
    const now = performance.now();
    const count = this.#packets.findIndex(({ expiresAt }) => expiresAt > now);
    this.#drop(count === -1 ? this.#packets.length : count);
    for (const [room, { expiresAt }] of this.#losses) {
      if (expiresAt <= now) {
        this.#losses.delete(room);
      }
    }
    this.#schedule();
  }

  /** Drops all packets. */
  clear(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#drop(this.#packets.length);
    this.#losses.clear();
  }

  #drop(count: number): void {
    for (const { bytes } of this.#packets.slice(0, count)) {
      this.#bytes -= bytes;
    }
    this.#packets = this.#packets.slice(count);
    this.#first += count;
  }
}

function isFor(rooms: readonly Room[], options: BroadcastOptions): boolean {
  const isChosen = options.rooms.size === 0 || rooms.some((room) => options.rooms.has(room));
  return isChosen && !rooms.some((room) => options.except?.has(room));
}
