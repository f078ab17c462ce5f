import { LONGEST_TIMER_MS } from "../../lib/timer.ts";
import type { OwnedRedis, RedisArgument, RedisCommands, RedisReply } from "./port.ts";
import { isRetriable } from "./outbox-errors.ts";
import { FIRST_ID } from "./stream-ids.ts";
import {
  entriesOf,
  infoOf,
  type ReadEntry,
  type StreamInfo,
  succeed,
  textOf,
} from "./stream-replies.ts";

/** How long Redis may take to answer, beside what it was asked to wait, in ms. */
export const GRACE_MS = 3_000;
/** So many entries are compared at most. */
const MOST_ENTRIES = 20_000;

/** A client that asks Redis one thing after the other, and is replaced where it gets no answer. */
export class StreamConnection {
  readonly #redis: RedisCommands;
  readonly #stream: string;
  readonly #onError: (error: Error) => void;
  #client: OwnedRedis | undefined;
  #unlisten: (() => void)[] = [];
  #wake: (() => void) | undefined;
  #history: string | undefined;
  #hasEnded = false;

  /**
   * @param redis the client whose settings are used
   * @param onError called with what the client says
   */
  constructor(redis: RedisCommands, stream: string, onError: (error: Error) => void) {
    this.#redis = redis;
    this.#stream = stream;
    this.#onError = onError;
  }

  /** Whether Redis can be asked; if not, it is being connected to. */
  get isReady(): boolean {
    return this.#ensure()?.isReady === true;
  }

  #ensure(): OwnedRedis | undefined {
    if (!this.#hasEnded) {
      this.#client ??= this.#connect();
    }
    return this.#client;
  }

  #connect(): OwnedRedis {
    const client = this.#redis.duplicate();
    this.#unlisten = [client.onState(() => this.#wake?.()), client.onError(this.#onError)];
    return client;
  }

  /**
   * Sends a command for the stream.
   *
   * @param timeoutMs after which the connection counts as dead; undefined: never
   * @throws what Redis answered, or that it is away
   */
  async ask(args: readonly RedisArgument[], timeoutMs: number | undefined): Promise<RedisReply> {
    const client = this.#ensure();
    if (client === undefined) {
      throw new Error("it was ended");
    }
    const asked = client.send([{ key: this.#stream, args }]);
    if (timeoutMs === undefined) {
      return succeed((await asked)[0]);
    }
    let timer: ReturnType<typeof setTimeout> | undefined;
    const expired = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), Math.min(timeoutMs, LONGEST_TIMER_MS));
    });
    const replies = await Promise.race([asked, expired]);
    clearTimeout(timer);
    if (replies === undefined) {
      this.#drop(); // a connection may be dead without a word: the next client has another
      throw new Error(`Redis has not answered for ${timeoutMs} ms`);
    }
    return succeed(replies[0]);
  }

  /** What Redis tells of the stream. */
  async info(): Promise<StreamInfo> {
    try {
      return infoOf(await this.ask(["XINFO", "STREAM", this.#stream], GRACE_MS));
    } catch (error) {
      if (error instanceof Error && /no such key/i.test(error.message)) {
        return { length: 0, lastId: FIRST_ID, firstId: undefined, added: 0 };
      }
      throw error;
    }
  }

  /** The entries from one to another, both included; where they are very many, the last of them. */
  async range(from: string, to: string): Promise<ReadEntry[]> {
    const args = ["XREVRANGE", this.#stream, to, from, "COUNT", MOST_ENTRIES];
    return entriesOf(await this.ask(args, GRACE_MS)).reverse();
  }

  /**
   * Whether Redis may have forgotten what it had when this was asked last: it was started anew, another
   * server has taken over, or it does not tell.
   */
  async hasAnotherHistory(): Promise<boolean> {
    const before = this.#history;
    this.#history = await this.#askHistory();
    return before === undefined || this.#history !== before;
  }

  async #askHistory(): Promise<string | undefined> {
    try {
      const info = textOf(await this.ask(["INFO", "replication"], GRACE_MS));
      return /master_replid:(\w+)/.exec(info)?.[1];
    } catch (error) {
      if (error instanceof Error && isRetriable(error)) {
        throw error;
      }
      return undefined; // it is not allowed
    }
  }

  /** The time of Redis, in ms since 1970. */
  async time(): Promise<number> {
    const time = await this.ask(["TIME"], GRACE_MS);
    const [seconds, micros] = Array.isArray(time) ? time.map(Number) : [];
    return (seconds ?? 0) * 1_000 + (micros ?? 0) / 1_000;
  }

  /**
   * Waits until the client can be used, or cannot any more, or is ended.
   *
   * @param timeoutMs for how long at most; undefined: for ever
   */
  changed(timeoutMs?: number): Promise<void> {
    return new Promise((resolve) => {
      const timer =
        timeoutMs === undefined ? undefined : setTimeout(() => this.#wake?.(), timeoutMs);
      this.#wake = () => {
        this.#wake = undefined;
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** Ends it, with what is asked. */
  end(): void {
    this.#hasEnded = true;
    this.#drop();
  }

  #drop(): void {
    for (const unlisten of this.#unlisten.splice(0)) {
      unlisten();
    }
    this.#client?.end();
    this.#client = undefined;
    this.#wake?.();
  }
}
