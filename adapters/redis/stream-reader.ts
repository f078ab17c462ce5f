import { isRetriable } from "./outbox-errors.ts";
import type { RedisCommands } from "./port.ts";
import { StreamConnection } from "./stream-connection.ts";
import { EntryCount } from "./stream-count.ts";
import { compareIds, FIRST_ID } from "./stream-ids.ts";
import {
  entriesOf,
  entriesOfRead,
  infoOf,
  type ReadEntry,
  type StreamInfo,
} from "./stream-replies.ts";

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
/** How much longer than it was asked to Redis may take to say that there is nothing. */
const GRACE_MS = 3_000;
/** How much longer makes one look for what was missed meanwhile. */
const LATE_MS = 1_000;
const COUNT_INTERVAL_MS = 1_000;
const REMEMBERED_IDS = 1_000;
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
  /** The last ids read, by which a stream is known again that has gone back in time. */
  #recent: string[] = [];
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
    this.#recent.push(entry.id);
    if (this.#recent.length > 2 * REMEMBERED_IDS) {
      this.#recent = this.#recent.slice(-REMEMBERED_IDS);
    }
    this.#count.onRead();
    this.#events.onEntry(entry);
    this.#tellWaiters();
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
    const info = await this.#info();
    if (this.#position === undefined) {
      await this.#begin(info);
    } else if (compareIds(info.lastId, this.#top) < 0) {
      await this.#rewind();
    } else {
      const lost = this.#count.compare(info, this.#position);
      if (lost > 0) {
        this.#events.onLost(lost);
      }
    }
    this.#mustInspect = false;
  }

  async #info(): Promise<StreamInfo> {
    try {
      return infoOf(await this.#connection.ask(["XINFO", "STREAM", this.#stream], GRACE_MS));
    } catch (error) {
      if (error instanceof Error && /no such key/i.test(error.message)) {
        return { length: 0, lastId: FIRST_ID, firstId: undefined, added: 0 };
      }
      throw error;
    }
  }

  /** Begins at the moment at which the reader was made, whenever Redis has come. */
  async #begin(info: StreamInfo): Promise<void> {
    const time = await this.#connection.ask(["TIME"], GRACE_MS);
    const elapsedMs = performance.now() - this.#madeAt;
    const [seconds, micros] = Array.isArray(time) ? time.map(Number) : [];
    const nowMs = (seconds ?? 0) * 1_000 + (micros ?? 0) / 1_000;
    const [lastMs] = info.lastId.split("-").map(Number);
    // Where the clock was turned back, ids are those of the future: only what is new counts.
    const isAhead = (lastMs ?? 0) > nowMs;
    const position = isAhead ? info.lastId : `${Math.floor(nowMs - elapsedMs)}-0`;
    const range = ["XREVRANGE", this.#stream, position, "-", "COUNT", SEEN_AT_START];
    const seen = entriesOf(await this.#connection.ask(range, GRACE_MS));
    this.#recent = seen.map(({ id }) => id).reverse();
    this.#origin = position;
    this.#position = position;
    this.#top = info.lastId;
    this.#count.compare(info, position);
    this.#tellWaiters();
  }

  /** The stream was deleted, or Redis has forgotten its end: its ids may be lower than before. */
  async #rewind(): Promise<void> {
    const [oldest] = this.#recent;
    const seen = new Set(this.#recent);
    const range = ["XRANGE", this.#stream, oldest ?? FIRST_ID, this.#top];
    const there = entriesOf(await this.#connection.ask(range, GRACE_MS));
    const known = there.findLast(({ id }) => seen.has(id));
    this.#advance(known?.id ?? FIRST_ID);
    this.#count.reset();
  }

  #onFailure(error: unknown): void {
    this.#mustInspect = true;
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
