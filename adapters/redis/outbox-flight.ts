import type { Bundler } from "./bundler.ts";
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

  /** For how long Redis has answered nothing although it should have, in ms. */
  owedMs(now: number): number {
    return this.#batches.size > 0 ? now - this.#owesSince : 0;
  }

  /** Whether that is a while. */
  isStalled(now: number): boolean {
    return this.owedMs(now) >= STALLED_MS;
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

  #ask(batch: readonly Entry[]): Promise<readonly (RedisReply | Error)[]> {
    const kind = batch[0]?.kind;
    return batch.every((entry) => entry.kind === kind)
      ? this.#askAlike(batch)
      : this.#askEachKind(batch);
  }

  async #askEachKind(batch: readonly Entry[]): Promise<readonly (RedisReply | Error)[]> {
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
      const runs = this.#runsOf(batch);
      if (runs === undefined) {
        return await this.#askOneByOne(batch);
      }
      const replies = await Promise.all(
        runs.map(({ entries, bundler }) =>
          bundler === undefined ? this.#askOneByOne(entries) : bundler.send(this.#redis, entries),
        ),
      );
      return replies.flat(1);
    } catch (error) {
      // It should not reject; but what it was given must not vanish.
      const failure = error instanceof Error ? error : new Error(String(error));
      return batch.map(() => failure);
    }
  }

  #askOneByOne(batch: readonly Entry[]): Promise<(RedisReply | Error)[]> {
    const kind = batch[0]?.kind;
    return kind === Kind.COMMAND
      ? this.#redis.send(batch.map(({ command }) => command).filter(isCommand))
      : this.#redis.publish(batch, kind === Kind.SHARDED);
  }

  /** Cuts a batch into what can be bundled and what cannot; undefined where nothing can. */
  #runsOf(batch: readonly Entry[]): Run[] | undefined {
    if (batch.length < 2) {
      return undefined;
    }
    const runs: Run[] = [];
    let from = 0; // of what is not in a run yet
    for (let at = 0; at < batch.length; ) {
      const bundler = batch[at]?.bundler;
      let end = at + 1;
      while (end < batch.length && batch[end]?.bundler === bundler) {
        end++;
      }
      if (bundler !== undefined && end - at >= bundler.smallest && bundler.isReady(this.#redis)) {
        if (from < at) {
          runs.push({ entries: batch.slice(from, at), bundler: undefined });
        }
        runs.push({ entries: batch.slice(at, end), bundler });
        from = end;
      }
      at = end;
    }
    if (from === 0) {
      return undefined;
    }
    if (from < batch.length) {
      runs.push({ entries: batch.slice(from), bundler: undefined });
    }
    return runs;
  }
}

/** What of a batch is sent in one command, or in one write, in its order. */
interface Run {
  readonly entries: readonly Entry[];
  readonly bundler: Bundler | undefined;
}

function isCommand(command: RedisCommand | undefined): command is RedisCommand {
  return command !== undefined;
}
