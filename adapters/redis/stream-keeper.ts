import { throwLater } from "../../lib/errors.ts";
import { isRetriable } from "./outbox-errors.ts";
import type { LaneGuard } from "./outbox-guards.ts";
import type { Entry } from "./outbox-queue.ts";
import type { RedisCommand, RedisCommands, RedisReply } from "./port.ts";
import { bundleEntries, isEntryCommand, partsOf } from "./stream-bundle.ts";
import { type EntryCommand, withEntryId } from "./stream-command.ts";
import { compareIds } from "./stream-ids.ts";
import type { StreamLength } from "./stream-length.ts";
import { entriesOf, infoOf, type StreamInfo, succeed, textOf } from "./stream-replies.ts";
import { writeInOrder } from "./stream-rewrite.ts";
import { parseEntry, type StreamEntry } from "./streams-wire.ts";

/** How long before the last sign of life of Redis something may be that another node has not read. */
const KEPT_MS = 2_000;
/** How long what this node itself has not read. */
const UNREAD_MS = 30_000;
const KEPT_BYTES = 4 * 1024 * 1024;
/** So many entries are looked for at once. */
const CHUNK = 256;
const SMALLEST_GAP = 1_024;

interface Kept {
  readonly entry: Entry;
  readonly command: EntryCommand;
  /** Where it is in the stream, as far as is known. */
  id: string;
  /** When Redis has answered, or had it for certain after a connection was lost, in ms. */
  at: number;
}

/** What it has to know of the reader of the stream. */
export interface KeeperReader {
  readonly position: string | undefined;
}

/**
 * Keeps the last entries that this node has written into a stream. What Redis has acknowledged it may
 * forget all the same: when it is killed, or a replica takes over that has not got it. Then entries
 * that not all nodes may have read are written again, before all others of this node: with the ids
 * that they had, so that who has read them does not see them again; or, where others have written
 * meanwhile, with higher ones, so that they may come twice.
 */
export class StreamKeeper implements LaneGuard {
  readonly key: string;
  readonly #redis: RedisCommands;
  readonly #maxLen: number;
  readonly #reader: KeeperReader;
  readonly #length: Pick<StreamLength, "cutId">;
  /** In the order in which they were written. */
  #kept: Kept[] = [];
  #head = 0;
  #bytes = 0;
  #aliveAt = 0;
  /** Whether Redis may have forgotten something that is not made good: then none is old enough. */
  #isBroken = false;

  /**
   * @param stream its key
   * @param maxLen how long it may become before old entries are cut off
   * @param length what was counted of it
   */
  constructor(
    redis: RedisCommands,
    stream: string,
    maxLen: number,
    reader: KeeperReader,
    length: Pick<StreamLength, "cutId">,
  ) {
    this.#redis = redis;
    this.key = stream;
    this.#maxLen = maxLen;
    this.#reader = reader;
    this.#length = length;
  }

  get isOwing(): boolean {
    return this.#kept.length > this.#head;
  }

  onWritten(entry: Entry, reply: RedisReply): void {
    const { command, bytes } = entry;
    this.#aliveAt = performance.now();
    if (isEntryCommand(command)) {
      this.#kept.push({ entry, command, id: textOf(reply), at: this.#aliveAt });
      this.#bytes += bytes;
    }
    this.#prune();
  }

  /** Redis has answered something. */
  onAlive(): void {
    this.#aliveAt = performance.now();
    this.#prune();
  }

  onBreak(): void {
    this.#isBroken = true;
  }

  onMended(): void {
    this.#isBroken = false;
    this.#aliveAt = performance.now();
    for (let i = this.#head; i < this.#kept.length; i++) {
      const kept = this.#kept[i];
      if (kept !== undefined) {
        kept.at = this.#aliveAt; // other nodes may come back later than this one
      }
    }
  }

  async mend(): Promise<boolean> {
    try {
      return await this.#writeAgain(await this.#findLost());
    } catch (error) {
      // It is away again; or it refuses, and so it will what is to be written next, which is told.
      return !(error instanceof Error && isRetriable(error));
    }
  }

  #prune(): void {
    const readUpTo = this.#reader.position;
    for (let first = this.#kept[this.#head]; first !== undefined; first = this.#kept[this.#head]) {
      const ageMs = this.#aliveAt - first.at;
      const isOld =
        !this.#isBroken &&
        ageMs > KEPT_MS &&
        (ageMs > UNREAD_MS || (readUpTo !== undefined && compareIds(first.id, readUpTo) <= 0));
      if (!isOld && this.#bytes <= KEPT_BYTES) {
        break;
      }
      this.#head++;
      this.#bytes -= first.entry.bytes;
    }
    if (this.#head === this.#kept.length || this.#head >= SMALLEST_GAP) {
      this.#kept = this.#kept.slice(this.#head);
      this.#head = 0;
    }
  }

  /** Those that are in the stream no more, though they were not cut off it as it became too long. */
  async #findLost(): Promise<Kept[]> {
    const kept = this.#kept.slice(this.#head);
    let lost: Kept[] = [];
    for (let end = kept.length; end > 0; end -= CHUNK) {
      const chunk = kept.slice(Math.max(0, end - CHUNK), end);
      const missing = await this.#missingOf(chunk);
      if (missing.length === 0) {
        break; // what Redis forgets is what came last
      }
      lost = [...missing, ...lost];
    }
    return lost;
  }

  async #missingOf(chunk: readonly Kept[]): Promise<Kept[]> {
    const ids = [...new Set(chunk.map(({ id }) => id))];
    const commands = ids.map((id) => this.#command("XRANGE", this.key, id, id));
    const info = this.#command("XINFO", "STREAM", this.key);
    const [infoReply, ...ranges] = await this.#redis.send([info, ...commands]);
    const there = new Map(ids.map((id, i) => [id, messagesOf(succeed(ranges[i]))]));
    const missing = chunk.filter((kept) => !holds(there.get(kept.id) ?? [], kept));
    if (missing.length === 0 || isNoKey(infoReply)) {
      return missing;
    }
    const cutUpTo = this.#cutUpTo(infoOf(succeed(infoReply)));
    return missing.filter(({ id }) => cutUpTo === undefined || compareIds(id, cutUpTo) > 0);
  }

  /** The first entry of a stream that had others before it; undefined if it had none, as far as is known. */
  #cutUpTo({ added, length, firstId }: StreamInfo): string | undefined {
    if (added === undefined) {
      return length >= this.#maxLen ? firstId : this.#length.cutId;
    }
    return added > length ? firstId : undefined;
  }

  async #writeAgain(lost: readonly Kept[]): Promise<boolean> {
    if (lost.length === 0) {
      return true;
    }
    const groups = groupsOf(lost);
    const commands = groups.map((group) =>
      withEntryId(this.#commandOf(group), group[0]?.id ?? "*"),
    );
    const replies = await writeInOrder(this.#redis, this.key, commands);
    let isDone = true;
    for (const [i, group] of groups.entries()) {
      const reply = replies[i] ?? null;
      if (!(reply instanceof Error)) {
        this.#onWrittenAgain(group, reply);
      } else if (isRetriable(reply)) {
        isDone = false;
      } else {
        for (const kept of group) {
          this.#giveUp(kept, reply);
        }
      }
    }
    return isDone;
  }

  #onWrittenAgain(group: readonly Kept[], reply: RedisReply): void {
    for (const kept of group) {
      kept.id = textOf(reply);
      tell(kept, reply);
    }
  }

  #giveUp(kept: Kept, error: Error): void {
    const { owner, bytes } = kept.entry;
    const place = this.#kept.indexOf(kept);
    if (place >= this.#head) {
      this.#kept.splice(place, 1);
      this.#bytes -= bytes;
    }
    tell(kept, error);
    try {
      owner.onDropped({ messages: 1, bytes, reason: "refused", error });
    } catch (thrown) {
      throwLater(thrown); // of a listener: the others are written all the same
    }
  }

  #commandOf(group: readonly Kept[]): RedisCommand {
    return bundleEntries(group.map(({ command }) => command));
  }

  #command(...args: string[]): RedisCommand {
    return { key: this.key, args };
  }
}

/** Those that were one entry are one again. */
function groupsOf(lost: readonly Kept[]): Kept[][] {
  const groups: Kept[][] = [];
  for (const kept of lost) {
    const group = groups.at(-1);
    // Two of which only one was written again may have the same id, and be no bundle.
    if (group?.[0]?.id === kept.id && kept.entry.bundler !== undefined) {
      group.push(kept);
    } else {
      groups.push([kept]);
    }
  }
  return groups;
}

function tell({ entry }: Kept, reply: RedisReply | Error): void {
  try {
    entry.onReply?.(reply);
  } catch (error) {
    throwLater(error); // the others are told all the same
  }
}

/** The messages in the one entry of a range; none where there is none, or it makes no sense. */
function messagesOf(range: RedisReply): StreamEntry[] {
  const [entry] = entriesOf(range);
  const message = entry === undefined ? null : parseEntry(entry.fields);
  try {
    return message === null ? [] : partsOf(message);
  } catch {
    return []; // who reads it tells
  }
}

/** Whether it is there: another one may have its id, where others have written again as well. */
function holds(there: readonly StreamEntry[], { command }: Kept): boolean {
  return there.some(({ uid, seq }) => uid === command.content.uid && seq === command.content.seq);
}

function isNoKey(reply: RedisReply | Error | undefined): boolean {
  return reply instanceof Error && /no such key/i.test(reply.message);
}
