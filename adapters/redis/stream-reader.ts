import { isRetriable } from "./outbox-errors.ts";
import type { RedisCommands } from "./port.ts";
import { GRACE_MS, StreamConnection } from "./stream-connection.ts";
import { EntryCount } from "./stream-count.ts";
import { compareIds, FIRST_ID, msOf } from "./stream-ids.ts";
import { ReadPast } from "./stream-past.ts";
import { entriesOf, entriesOfRead, type ReadEntry, type StreamInfo } from "./stream-replies.ts";

/** What a reader tells. None of it may throw. */
export interface StreamReaderEvents {
  /** An entry, each once, in their order. */
  onEntry(entry: ReadEntry): void;
  /** Redis has answered. */
  onAlive(): void;
  /** The connection was lost, or Redis cannot answer now: it may have forgotten something. */
  onBroken(): void;
  /** The stream cannot be read, and why; it is tried again. Told once until it can be read. */
  onError(error: Error): void;
  /** It is another stream, or what follows is not behind all that was read. */
  onRewound(): void;
  /** The stream was cut behind the reader: so many entries were never read. */
  onLost(entries: number): void;
}

/** How a stream is read. */
export interface StreamReaderOptions {
  readonly readCount: number;
  readonly blockTimeInMs: number;
}

const SHORTEST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 400;
/** How much longer makes one look for what was missed meanwhile. */
const LATE_MS = 1_000;
const COUNT_INTERVAL_MS = 1_000;
const SEEN_AT_START = 100;

/**
 * Reads a stream from the moment at which it was made, over a client of its own. Whatever happens to
 * Redis, it goes on behind the last entry that it has read.
 */
export class StreamReader {
  readonly #connection: StreamConnection;
  readonly #stream: string;
  readonly #options: StreamReaderOptions;
  readonly #events: StreamReaderEvents;
  readonly #madeAt = performance.now();
  readonly #waiters = new Set<() => void>();
  readonly #count = new EntryCount();
  #hasEnded = false;
  #origin: string | undefined;
  #position: string | undefined;
  /** The highest id that is known to have been in the stream. */
  #top = FIRST_ID;
  #past = new ReadPast(FIRST_ID);
  /** Whether Redis may have forgotten the end of the stream, and what came instead may be before it. */
  #isUnsure = false;
  #mustInspect = true;
  #inspectedAt = 0;
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
    this.#connection = new StreamConnection(redis, stream, (error) => this.#tellError(error));
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
    this.#connection.end();
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
          await this.#connection.changed(pauseMs);
          pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
        }
      }
    }
  }

  async #readOnce(): Promise<void> {
    const connection = this.#connection;
    if (!connection.isReady) {
      this.#mustInspect = true;
      this.#isUnsure = true;
      await connection.changed();
      return;
    }
    if (this.#mustInspect || this.#isTimeToCount()) {
      await this.#inspect();
    }
    const position = this.#position;
    if (position === undefined || this.#hasEnded) {
      return;
    }
    const { readCount, blockTimeInMs } = this.#options;
    const sentAt = performance.now();
    const reply = await connection.ask(
      ["XREAD", "COUNT", readCount, "BLOCK", blockTimeInMs, "STREAMS", this.#stream, position],
      blockTimeInMs === 0 ? undefined : blockTimeInMs + GRACE_MS,
    );
    this.#events.onAlive();
    const entries = entriesOfRead(reply);
    for (const entry of entries) {
      if (this.#hasEnded) {
        return;
      }
      this.#take(entry);
    }
    // Then the stream may be cut before it is read.
    const isLate = blockTimeInMs > 0 && performance.now() - sentAt > blockTimeInMs + LATE_MS;
    this.#mustInspect = entries.length === 0 || isLate;
    this.#count.isOpen ||= entries.length >= readCount || isLate;
  }

  #take(entry: ReadEntry): void {
    this.#advance(entry.id);
    this.#past.add(entry.id);
    this.#count.onRead();
    this.#events.onEntry(entry);
    this.#tellWaiters();
  }

  #takeLate(entries: readonly ReadEntry[]): void {
    for (const entry of entries) {
      if (this.#past.insert(entry.id)) {
        this.#count.onRead();
      }
      this.#events.onEntry(entry);
      this.#tellWaiters();
    }
  }

  #advance(id: string): void {
    this.#position = id; // before the entry is told: none is read twice, whatever is wrong with it
    this.#top = id;
  }

  #tellWaiters(): void {
    if (this.#waiters.size === 0) {
      return;
    }
    for (const check of [...this.#waiters]) {
      check();
    }
  }

  #isTimeToCount(): boolean {
    return this.#count.isOpen && performance.now() - this.#inspectedAt > COUNT_INTERVAL_MS;
  }

  /** Compares what is known of the stream with what there is. */
  async #inspect(): Promise<void> {
    this.#inspectedAt = performance.now();
    const info = await this.#connection.info();
    if (this.#position === undefined) {
      await this.#begin(info);
    } else if (compareIds(info.lastId, this.#top) < 0) {
      await this.#rewind();
    } else if (await this.#isTimeBack(info.lastId, this.#position)) {
      this.#advance(this.#top);
    } else {
      if (this.#isUnsure && (await this.#connection.hasAnotherHistory())) {
        await this.#lookBack(this.#position);
      }
      const lost = this.#count.compare(info, this.#position);
      if (lost > 0) {
        this.#events.onLost(lost);
      }
    }
    this.#mustInspect = false;
    this.#isUnsure = false;
  }

  /** Begins at the moment at which the reader was made, whenever Redis has come. */
  async #begin(info: StreamInfo): Promise<void> {
    const nowMs = await this.#connection.time();
    const elapsedMs = performance.now() - this.#madeAt;
    // Where the clock was turned back, ids are those of the future: only what is new counts.
    const isAhead = msOf(info.lastId) > nowMs;
    const position = isAhead ? info.lastId : `${Math.floor(nowMs - elapsedMs)}-0`;
    const range = ["XREVRANGE", this.#stream, position, "-", "COUNT", SEEN_AT_START];
    const seen = entriesOf(await this.#connection.ask(range, GRACE_MS));
    this.#past = new ReadPast(position, seen.map(({ id }) => id).reverse());
    await this.#connection.hasAnotherHistory(); // from now on it knows
    this.#origin = position;
    this.#position = position;
    this.#top = info.lastId;
    this.#count.compare(info, position);
    this.#tellWaiters();
  }

  /**
   * Whether what is new is before the moment at which the reader began: the clock was turned back, or
   * is that of another Redis. Where it goes right, it is old, and was written again.
   */
  async #isTimeBack(lastId: string, position: string): Promise<boolean> {
    const isNewBefore = compareIds(lastId, this.#top) > 0 && compareIds(lastId, position) < 0;
    return isNewBefore && (await this.#connection.time()) < msOf(position);
  }

  /** The stream was deleted, or Redis has forgotten its end: its ids may be lower than before. */
  async #rewind(): Promise<void> {
    const there = await this.#connection.range(this.#past.startBefore(this.#top), this.#top);
    const { known, unread } = this.#past.compare(there, false);
    this.#advance(known ?? FIRST_ID);
    this.#past.forgetBehind(this.#top);
    this.#count.reset();
    this.#events.onRewound();
    this.#takeLate(unread);
  }

  /** Takes what has come before the last entry that was read, as Redis had forgotten that meanwhile. */
  async #lookBack(position: string): Promise<void> {
    const there = await this.#connection.range(this.#past.startBefore(position), position);
    this.#events.onRewound();
    this.#takeLate(this.#past.compare(there, true).unread);
  }

  #onFailure(error: unknown): void {
    this.#mustInspect = true;
    this.#isUnsure = true;
    this.#count.isOpen = true;
    if (this.#position !== undefined && error instanceof Error && isRetriable(error)) {
      this.#events.onBroken();
    }
    // Of a lost connection the client tells by itself.
    if (this.#connection.isReady) {
      this.#tellError(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #tellError(error: Error): void {
    if (!this.#toldErrors.has(error.message) && !this.#hasEnded) {
      this.#toldErrors.add(error.message);
      this.#events.onError(error);
    }
  }
}
