import { compareIds, FIRST_ID } from "./stream-ids.ts";
import type { OwnedRedis, RedisCommands, RedisReply } from "./port.ts";
import {
  entriesOf,
  entriesOfRead,
  infoOf,
  type ReadEntry,
  type StreamInfo,
  succeed,
  textOf,
} from "./stream-replies.ts";

/** What a reader tells. None of it may throw. */
export interface StreamReaderEvents {
  /** An entry, each once, in their order. */
  onEntry(entry: ReadEntry): void;
  /** The stream cannot be read, and why; it is tried again. Told once until it can be read. */
  onError(error: Error): void;
  /** The stream was cut behind the reader: so many entries were never read. */
  onLost(entries: number): void;
}

/** How a stream is read. */
export interface StreamReaderOptions {
  readonly readCount: number;
  readonly blockTimeInMs: number;
}

const SHORTEST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 3_200;
/** How much longer than it was asked to Redis may take to say that there is nothing. */
const GRACE_MS = 10_000;
const ACCOUNT_INTERVAL_MS = 1_000;
const REMEMBERED_IDS = 1_000;
const SEEN_AT_START = 100;

/**
 * Reads a stream from the moment at which it was made, over a client of its own. Whatever happens to
 * Redis, it goes on behind the last entry that it has read.
 */
export class StreamReader {
  readonly #redis: RedisCommands;
  readonly #stream: string;
  readonly #options: StreamReaderOptions;
  readonly #events: StreamReaderEvents;
  readonly #madeAt = performance.now();
  readonly #waiters = new Set<() => void>();
  #client: OwnedRedis | undefined;
  #unlisten: (() => void)[] = [];
  #wake: (() => void) | undefined;
  #hasEnded = false;
  #origin: string | undefined;
  #position: string | undefined;
  /** The highest id that is known to have been in the stream. */
  #top = FIRST_ID;
  /** The last ids read, by which a stream is known again that has gone back in time. */
  #recent: string[] = [];
  /** How many entries there were ever up to the position, as far as is known. */
  #counted: number | undefined;
  #mustInspect = true;
  #isUnaccounted = true;
  #accountedAt = 0;
  readonly #toldErrors = new Set<string>();

  /**
   * @param redis the client whose settings are used; it is not used itself
   */
  constructor(
    redis: RedisCommands,
    stream: string,
    options: StreamReaderOptions,
    events: StreamReaderEvents,
  ) {
    this.#redis = redis;
    this.#stream = stream;
    this.#options = options;
    this.#events = events;
    void this.#run();
  }

  /** Behind which entry it is: all up to this have been told; undefined before Redis was there. */
  get position(): string | undefined {
    return this.#position;
  }

  /** Where it began; undefined before Redis was there. */
  get origin(): string | undefined {
    return this.#origin;
  }

  /**
   * Waits until a condition holds, which is looked at behind each entry.
   *
   * @param timeoutMs how long, in ms
   * @returns whether it does
   */
  until(condition: () => boolean, timeoutMs: number): Promise<boolean> {
    if (condition()) {
      return Promise.resolve(true);
    }
    return new Promise((resolve) => {
      const finish = (): void => {
        clearTimeout(timer);
        this.#waiters.delete(check);
        resolve(condition());
      };
      const check = (): void => {
        if (this.#hasEnded || condition()) {
          finish();
        }
      };
      const timer = setTimeout(finish, timeoutMs);
      this.#waiters.add(check);
    });
  }

  /** Stops at once. */
  end(): void {
    this.#hasEnded = true;
    this.#endClient();
    this.#wake?.();
    this.#tellWaiters();
  }

  async #run(): Promise<void> {
    let pauseMs = SHORTEST_PAUSE_MS;
    while (!this.#hasEnded) {
      try {
        await this.#readOnce();
        pauseMs = SHORTEST_PAUSE_MS;
        this.#toldErrors.clear();
      } catch (error) {
        if (!this.#hasEnded) {
          this.#onFailure(error);
          await this.#pause(pauseMs);
          pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
        }
      }
    }
  }

  async #readOnce(): Promise<void> {
    const client = this.#connect();
    if (!client.isReady) {
      this.#mustInspect = true;
      await this.#sleep();
      return;
    }
    if (this.#mustInspect || this.#isTimeToAccount()) {
      await this.#inspect(client);
    }
    const position = this.#position;
    if (position === undefined || this.#hasEnded) {
      return;
    }
    const { readCount, blockTimeInMs } = this.#options;
    const sentAt = performance.now();
    const reply = await this.#ask(
      client,
      ["XREAD", "COUNT", readCount, "BLOCK", blockTimeInMs, "STREAMS", this.#stream, position],
      blockTimeInMs === 0 ? undefined : blockTimeInMs + GRACE_MS,
    );
    const entries = entriesOfRead(reply);
    for (const entry of entries) {
      if (this.#hasEnded) {
        return;
      }
      this.#take(entry);
    }
    const wasStalled = blockTimeInMs > 0 && performance.now() - sentAt > blockTimeInMs + 1_000;
    this.#mustInspect = entries.length === 0 || wasStalled;
    this.#isUnaccounted ||= entries.length >= readCount || wasStalled;
  }

  #take(entry: ReadEntry): void {
    this.#advance(entry.id);
    this.#recent.push(entry.id);
    if (this.#recent.length > 2 * REMEMBERED_IDS) {
      this.#recent = this.#recent.slice(-REMEMBERED_IDS);
    }
    if (this.#counted !== undefined) {
      this.#counted++;
    }
    this.#events.onEntry(entry);
    this.#tellWaiters();
  }

  #advance(id: string): void {
    this.#position = id; // before the entry is told: none is read twice, whatever is wrong with it
    this.#top = id;
  }

  #tellWaiters(): void {
    for (const check of [...this.#waiters]) {
      check();
    }
  }

  #isTimeToAccount(): boolean {
    return this.#isUnaccounted && performance.now() - this.#accountedAt > ACCOUNT_INTERVAL_MS;
  }

  /** Compares what is known of the stream with what there is. */
  async #inspect(client: OwnedRedis): Promise<void> {
    this.#accountedAt = performance.now();
    const info = await this.#info(client);
    if (this.#position === undefined) {
      await this.#begin(client, info);
    } else if (compareIds(info.lastId, this.#top) < 0) {
      await this.#rewind(client);
    } else {
      this.#account(info, this.#position);
    }
    this.#mustInspect = false;
  }

  async #info(client: OwnedRedis): Promise<StreamInfo> {
    try {
      return infoOf(await this.#ask(client, ["XINFO", "STREAM", this.#stream], GRACE_MS));
    } catch (error) {
      if (error instanceof Error && /no such key/i.test(error.message)) {
        return { length: 0, lastId: FIRST_ID, firstId: undefined, added: 0 };
      }
      throw error;
    }
  }

  /** Begins at the moment at which the reader was made, whenever Redis has come. */
  async #begin(client: OwnedRedis, info: StreamInfo): Promise<void> {
    const time = await this.#ask(client, ["TIME"], GRACE_MS);
    const elapsedMs = performance.now() - this.#madeAt;
    const [seconds, micros] = Array.isArray(time) ? time.map(Number) : [];
    const nowMs = (seconds ?? 0) * 1_000 + (micros ?? 0) / 1_000;
    const [lastMs] = info.lastId.split("-").map(Number);
    // Where the clock was turned back, ids are those of the future: only what is new counts.
    const isAhead = (lastMs ?? 0) > nowMs;
    const position = isAhead ? info.lastId : `${Math.floor(nowMs - elapsedMs)}-0`;
    await this.#remember(client, position);
    this.#origin = position;
    this.#position = position;
    this.#top = info.lastId;
    this.#account(info, position);
    this.#tellWaiters();
  }

  /** Looks at the last entries that are not read any more. */
  async #remember(client: OwnedRedis, position: string): Promise<void> {
    const args = ["XREVRANGE", this.#stream, position, "-", "COUNT", SEEN_AT_START];
    const reply = await this.#ask(client, args, GRACE_MS);
    this.#recent = entriesOf(reply)
      .map(({ id }) => id)
      .reverse();
  }

  /** The stream was deleted, or Redis has forgotten its end: its ids may be lower than before. */
  async #rewind(client: OwnedRedis): Promise<void> {
    const [oldest] = this.#recent;
    const seen = new Set(this.#recent);
    const reply =
      oldest === undefined
        ? []
        : await this.#ask(client, ["XRANGE", this.#stream, oldest, this.#top], GRACE_MS);
    const known = entriesOf(reply).findLast(({ id }) => seen.has(id));
    this.#advance(known?.id ?? FIRST_ID);
    this.#counted = undefined;
  }

  /** Tells of what was cut off the stream before it was read. */
  #account(info: StreamInfo, position: string): void {
    const { added, length, firstId, lastId } = info;
    if (added === undefined) {
      return;
    }
    const isBehind = compareIds(lastId, position) > 0;
    const isCut = firstId !== undefined && compareIds(firstId, position) > 0;
    // Of all that there were: up to the position, if nothing was lost.
    const passed = isBehind ? (isCut ? added - length : undefined) : added;
    if (passed === undefined) {
      return;
    }
    const lost = this.#counted === undefined ? 0 : passed - this.#counted;
    this.#counted = isBehind && lost < 0 ? this.#counted : passed;
    this.#isUnaccounted = isBehind;
    if (lost > 0) {
      this.#events.onLost(lost);
    }
  }

  #connect(): OwnedRedis {
    if (this.#client === undefined) {
      const client = this.#redis.duplicate();
      this.#client = client;
      this.#unlisten = [
        client.onState(() => this.#wake?.()),
        client.onError((error) => this.#tellError(error)),
      ];
    }
    return this.#client;
  }

  #endClient(): void {
    for (const unlisten of this.#unlisten.splice(0)) {
      unlisten();
    }
    this.#client?.end();
    this.#client = undefined;
  }

  /** @param timeoutMs after which the connection counts as dead */
  async #ask(
    client: OwnedRedis,
    args: (string | number)[],
    timeoutMs: number | undefined,
  ): Promise<RedisReply> {
    const [command, ...rest] = args;
    const asked = client.send([{ key: this.#stream, args: [textOf(command), ...rest] }]);
    if (timeoutMs === undefined) {
      return succeed((await asked)[0]);
    }
    let timer: ReturnType<typeof setTimeout> | undefined;
    const expired = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), timeoutMs);
    });
    const replies = await Promise.race([asked, expired]);
    clearTimeout(timer);
    if (replies === undefined) {
      this.#endClient(); // a connection may be dead without a word: the next client has another
      throw new Error(`Redis has not answered to ${command} for ${timeoutMs} ms`);
    }
    return succeed(replies[0]);
  }

  #onFailure(error: unknown): void {
    this.#mustInspect = true;
    this.#isUnaccounted = true;
    // Of a lost connection the client tells by itself.
    if (this.#client?.isReady !== false) {
      this.#tellError(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #tellError(error: Error): void {
    if (!this.#toldErrors.has(error.message) && !this.#hasEnded) {
      this.#toldErrors.add(error.message);
      this.#events.onError(error);
    }
  }

  async #pause(ms: number): Promise<void> {
    const timer = setTimeout(() => this.#wake?.(), ms);
    await this.#sleep();
    clearTimeout(timer);
  }

  /** Until the state of the client changes, or it is woken. */
  #sleep(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = undefined;
        resolve();
      };
    });
  }
}
