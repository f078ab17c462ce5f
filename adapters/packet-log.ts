import { LONGEST_TIMER_MS } from "../lib/timer.ts";
import type { BroadcastOptions, Room } from "./adapter.ts";

const PRUNE_INTERVAL_MS = 1_000; // packets go in lots

interface LoggedPacket {
  readonly data: unknown[];
  readonly options: BroadcastOptions;
  readonly expiresAt: number;
}

/** The packets of the last minutes, in order, each under an offset that only ever grows. */
export class PacketLog {
  readonly #prefix: string;
  readonly #keptMs: number;
  #packets: LoggedPacket[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** The number of the first packet in the list. */
  #first = 1;

  /**
   * @param prefix tells its offsets from those of other logs
   * @param keptMs how long a packet is kept, in ms
   */
  constructor(prefix: string, keptMs: number) {
    this.#prefix = prefix;
    this.#keptMs = keptMs;
  }

  /** The number of the last packet. */
  get last(): number {
    return this.#first + this.#packets.length - 1;
  }

  /** Adds a packet, and its offset to the packet's data. */
  add(data: unknown[], options: BroadcastOptions): void {
    data.push(this.#prefix + (this.last + 1).toString(36));
    this.#packets.push({ data, options, expiresAt: performance.now() + this.#keptMs });
    this.#schedule();
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
    this.#schedule();
  }

  /** Drops all packets. */
  clear(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#drop(this.#packets.length);
  }

  #drop(count: number): void {
    this.#packets = this.#packets.slice(count);
    this.#first += count;
  }
}

function isFor(rooms: readonly Room[], options: BroadcastOptions): boolean {
  const isChosen = options.rooms.size === 0 || rooms.some((room) => options.rooms.has(room));
  return isChosen && !rooms.some((room) => options.except?.has(room));
}
