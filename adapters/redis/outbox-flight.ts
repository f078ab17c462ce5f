import { type Entry, Kind } from "./outbox-queue.ts";
import type { RedisCommand, RedisCommands, RedisReply } from "./port.ts";

/** Redis counts as away when it has answered nothing for so long. */
const STALLED_MS = 1_000;

/** Called with the replies to a batch, in its order, once all are there; `sentAt` is in ms. */
export type OnReplies = (
  batch: readonly Entry[],
  replies: readonly (RedisReply | Error)[],
  sentAt: number,
) => void;

/** The batches that were handed to the client and are not answered. */
export class OutboxFlight {
  readonly #redis: RedisCommands;
  readonly #onReplies: OnReplies;
  readonly #batches = new Set<readonly Entry[]>();
  #entries = 0;
  #bytes = 0;
  /** Since when Redis owes an answer, in ms. */
  #owesSince = 0;

  constructor(redis: RedisCommands, onReplies: OnReplies) {
    this.#redis = redis;
    this.#onReplies = onReplies;
  }

  get batches(): number {
    return this.#batches.size;
  }

  get entries(): number {
    return this.#entries;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The entry that came first. */
  get first(): Entry | undefined {
    let first: Entry | undefined;
    for (const [entry] of this.#batches) {
      if (entry !== undefined && (first === undefined || entry.number < first.number)) {
        first = entry;
      }
    }
    return first;
  }

  /** Whether Redis has answered nothing for a while although it should have. */
  isStalled(now: number): boolean {
    return this.#batches.size > 0 && now - this.#owesSince >= STALLED_MS;
  }

  /** Hands entries to the client. */
  async send(batch: readonly Entry[], bytes: number): Promise<void> {
    const now = performance.now();
    if (this.#batches.size === 0) {
      this.#owesSince = now;
    }
    this.#batches.add(batch);
    this.#entries += batch.length;
    this.#bytes += bytes;
    const replies = await this.#ask(batch);
    this.#batches.delete(batch);
    this.#entries -= batch.length;
    this.#bytes -= bytes;
    this.#owesSince = performance.now();
    this.#onReplies(batch, replies, now);
  }

  async #ask(batch: readonly Entry[]): Promise<readonly (RedisReply | Error)[]> {
    const kind = batch[0]?.kind;
    if (kind === undefined || batch.every((entry) => entry.kind === kind)) {
      return this.#askAlike(batch);
    }
    const replies = new Map<Entry, RedisReply | Error>();
    await Promise.all(
      Object.values(Kind).map(async (kind) => {
        const part = batch.filter((entry) => entry.kind === kind);
        const answers = part.length === 0 ? [] : await this.#askAlike(part);
        part.forEach((entry, index) => {
          replies.set(entry, answers[index] ?? null);
        });
      }),
    );
    return batch.map((entry) => replies.get(entry) ?? null);
  }

  async #askAlike(batch: readonly Entry[]): Promise<readonly (RedisReply | Error)[]> {
    try {
      const kind = batch[0]?.kind;
      return kind === Kind.COMMAND
        ? await this.#redis.send(batch.map(({ command }) => command).filter(isCommand))
        : await this.#redis.publish(batch, kind === Kind.SHARDED);
    } catch (error) {
      // It should not reject; but what it was given must not vanish.
      const failure = error instanceof Error ? error : new Error(String(error));
      return batch.map(() => failure);
    }
  }
}

function isCommand(command: RedisCommand | undefined): command is RedisCommand {
  return command !== undefined;
}
