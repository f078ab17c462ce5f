/** How many channels are remembered for sure; up to twice as many may be. */
const CHANNELS = 16_384;

/**
 * A number for each channel, of the channels that had one lately: when there are too many, those are
 * forgotten that had none since half of them were new.
 */
export class ChannelNumbers {
  readonly #limit: number;
  #young = new Map<string, number>();
  #old = new Map<string, number>();

  constructor(limit: number = CHANNELS) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  get(channel: string): number | undefined {
    return this.#young.get(channel) ?? this.#old.get(channel);
  }

  set(channel: string, number: number): void {
    this.#young.set(channel, number);
    if (this.#young.size > this.#limit) {
      this.#old = this.#young;
      this.#young = new Map();
    }
  }

  /** Forgets what is higher, by its amount. */
  dropAbove(limit: number): void {
    for (const numbers of [this.#young, this.#old]) {
      for (const [channel, number] of numbers) {
        if (Math.abs(number) > limit) {
          numbers.delete(channel);
        }
      }
    }
  }

  clear(): void {
    this.#young.clear();
    this.#old.clear();
  }
}
