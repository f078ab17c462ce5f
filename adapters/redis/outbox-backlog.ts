import { type Entry, Kind, OutboxQueue } from "./outbox-queue.ts";

/**
 * What waits to be sent, in lanes: what shares a lane stays in order. A lane in which something
 * failed stands still until {@link restore}, and the others go on.
 */
export class OutboxBacklog {
  readonly #isCluster: boolean;
  readonly #waiting = new OutboxQueue();
  /** What failed, and what came after it in its lane. It came before all that is waiting. */
  readonly #failed = new OutboxQueue();
  readonly #failedLanes = new Set<string>();
  /** Those that stand still whether something failed or not. */
  readonly #heldLanes = new Set<string>();

  /** @param isCluster whether sharded channels are on different servers, and so fail apart */
  constructor(isCluster: boolean) {
    this.#isCluster = isCluster;
  }

  get length(): number {
    return this.#waiting.length + this.#failed.length;
  }

  get bytes(): number {
    return this.#waiting.bytes + this.#failed.bytes;
  }

  /** The oldest one. */
  get first(): Entry | undefined {
    return this.#failed.first ?? this.#waiting.first;
  }

  /** Whether there is anything that may be sent. */
  get isWaiting(): boolean {
    return this.#waiting.length > 0;
  }

  add(entry: Entry): void {
    this.#waiting.push(entry);
  }

  /** Takes the next ones that may be sent, at least one where there is one. */
  take(maxEntries: number, maxBytes: number): { batch: Entry[]; bytes: number } {
    const batch: Entry[] = [];
    let bytes = 0;
    for (let entry = this.#waiting.first; entry !== undefined; entry = this.#waiting.first) {
      if (batch.length === maxEntries || (bytes > 0 && bytes + entry.bytes > maxBytes)) {
        break;
      }
      this.#waiting.shift();
      if (this.#standsStill(entry)) {
        this.#failed.insert(entry);
      } else {
        batch.push(entry);
        bytes += entry.bytes;
      }
    }
    return { batch, bytes };
  }

  /** Puts back what failed. */
  fail(entry: Entry): void {
    this.#failed.insert(entry);
    this.#failedLanes.add(this.#laneOf(entry));
  }

  /** Lets what failed be sent again. */
  restore(): void {
    this.#waiting.takeBack(this.#failed);
    this.#failedLanes.clear();
  }

  /** Lets the commands of a key stand still until {@link release}. */
  hold(key: string): void {
    this.#heldLanes.add(Kind.COMMAND + key);
  }

  /** Lets them be sent again, from the next {@link restore} on. */
  release(key: string): void {
    this.#heldLanes.delete(Kind.COMMAND + key);
  }

  #standsStill(entry: Entry): boolean {
    if (this.#failedLanes.size === 0 && this.#heldLanes.size === 0) {
      return false;
    }
    const lane = this.#laneOf(entry);
    return this.#failedLanes.has(lane) || this.#heldLanes.has(lane);
  }

  /** Takes the oldest one away. */
  shift(): Entry | undefined {
    return this.#failed.length > 0 ? this.#failed.shift() : this.#waiting.shift();
  }

  #laneOf({ kind, channel }: Entry): string {
    const isShared = kind === Kind.PLAIN || (kind === Kind.SHARDED && !this.#isCluster);
    return isShared ? "" : kind + channel;
  }
}
