import type { RedisCommand } from "./port.ts";
import type { StreamLimit } from "./stream-limit.ts";

/** Into so many parts what is to be kept is divided, for what may be cut off to be known. */
const PARTS = 16;

interface Checkpoint {
  readonly id: string;
  /** How many messages were read up to this entry, and with it. */
  readonly total: number;
}

/**
 * Counts the messages of a stream as they are read, whoever has written them: an entry may have many, and
 * Redis, which counts entries, would keep as many times what was asked for.
 */
export class StreamLength {
  readonly #stream: string;
  readonly #maxLen: number;
  readonly #limit: StreamLimit;
  readonly #step: number;
  #total = 0;
  /** The first one is the last behind which there are enough messages, once there are. */
  #checkpoints: Checkpoint[] = [];
  #nextAt: number;
  #takenId: string | undefined;

  /**
   * @param maxLen how many messages are to be kept, at least
   * @param limit which says when more are
   */
  constructor(stream: string, maxLen: number, limit: StreamLimit) {
    this.#stream = stream;
    this.#maxLen = maxLen;
    this.#limit = limit;
    this.#step = Math.max(1, Math.floor(maxLen / PARTS));
    this.#nextAt = this.#step;
  }

  /** An entry was read, with so many messages in it. */
  onRead(id: string, messages: number): void {
    this.#total += messages;
    if (this.#total >= this.#nextAt) {
      this.#nextAt = this.#total + this.#step;
      this.#checkpoints.push({ id, total: this.#total });
      const enough = this.#total - this.#maxLen;
      const first = this.#checkpoints.findLastIndex(({ total }) => total <= enough);
      this.#checkpoints.splice(0, Math.max(0, first));
    }
  }

  /** Forgets what was read: it is another stream, or a part of it is read once more. */
  reset(): void {
    this.#total = 0;
    this.#checkpoints = [];
    this.#nextAt = this.#step;
    this.#takenId = undefined;
  }

  /** What is before this entry is not to be kept; undefined as long as not enough was read. */
  get cutId(): string | undefined {
    const [first] = this.#checkpoints;
    return first !== undefined && this.#total - first.total >= this.#maxLen ? first.id : undefined;
  }

  /** The command that cuts off what is not to be kept, where there is more of that than the last time. */
  takeTrim(): RedisCommand | undefined {
    const { cutId } = this;
    if (cutId === undefined || cutId === this.#takenId || this.#limit.isLifted) {
      return undefined;
    }
    this.#takenId = cutId;
    return { key: this.#stream, args: ["XTRIM", this.#stream, "MINID", "~", cutId] };
  }
}
