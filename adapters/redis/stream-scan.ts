import { PacketType } from "socket.io-parser";
import type { Room } from "../adapter.ts";
import { MessageType } from "../cluster/messages.ts";
import { isRecord } from "./codec.ts";
import type { RedisCommands } from "./port.ts";
import { partsOf } from "./stream-bundle.ts";
import { compareIds, FIRST_ID } from "./stream-ids.ts";
import { entriesOf, infoOf, type ReadEntry, succeed } from "./stream-replies.ts";
import { Senders } from "./stream-senders.ts";
import { decodeEntry, parseEntry, type StreamEntry } from "./streams-wire.ts";

/** An entry with what was read of it. */
export interface LoggedEntry {
  readonly id: string;
  readonly entry: StreamEntry;
}

/** Where to look for what a client missed. */
export interface Scan {
  readonly stream: string;
  readonly nsp: string;
  /** The last entry that its client has, or behind which its session began. */
  readonly from: string;
  /** Whether there has to be that entry, of this namespace. */
  readonly mustExist: boolean;
  /** How many entries are read at once. */
  readonly pageSize: number;
  /** How many are read at most. */
  readonly limit: number;
}

/**
 * Reads the broadcasts of a namespace behind an entry.
 *
 * @returns them, and the last entry that was looked at; null if some may be missing, as the stream
 * does not reach back so far, or is longer than can be read
 * @throws what Redis answered, or that it is away
 */
export async function scanStream(
  redis: RedisCommands,
  scan: Scan,
): Promise<{ entries: LoggedEntry[]; last: string } | null> {
  const { stream, nsp, from, pageSize, limit } = scan;
  const senders = new Senders();
  const entries: LoggedEntry[] = [];
  let last = from;
  for (let read = 0; read <= limit; read += pageSize) {
    const isFirst = read === 0;
    const page = await readPage(redis, stream, last, pageSize + 1, isFirst && !scan.mustExist);
    const [first] = page.entries;
    if (first?.id !== last && !(isFirst && page.isWhole)) {
      return null; // cut off, before it was read or meanwhile
    }
    if (isFirst && scan.mustExist && first?.fields.get("nsp") !== nsp) {
      return null; // an offset of another namespace
    }
    if (isFirst && page.lastId !== undefined && compareIds(page.lastId, last) < 0) {
      last = page.lastId; // it stands for a moment, not for an entry
    }
    const isBehind = first?.id === last;
    for (const { id, fields } of isBehind ? page.entries.slice(1) : page.entries) {
      last = id;
      for (const entry of messagesOf(fields)) {
        if (isBroadcast(entry, nsp) && isNew(senders, entry)) {
          entries.push({ id, entry });
        }
      }
    }
    if (page.entries.length <= pageSize) {
      return { entries, last };
    }
  }
  return null;
}

/**
 * Whether there are broadcasts of a namespace from an entry on.
 *
 * @throws what Redis answered, or that it is away
 */
export async function hasBroadcasts(
  redis: RedisCommands,
  { stream, nsp, from, pageSize, limit }: Omit<Scan, "mustExist">,
): Promise<boolean> {
  let last = from;
  for (let read = 0; read <= limit; read += pageSize) {
    const page = await readPage(redis, stream, last, pageSize + 1, false);
    const { entries } = page;
    if (entries.some(({ fields }) => isBroadcastOf(fields, nsp))) {
      return true;
    }
    if (entries.length <= pageSize) {
      return false;
    }
    last = entries.at(-1)?.id ?? last;
  }
  return true;
}

/** The data of a broadcast with its offset, if it is one that a socket in these rooms was meant to get. */
export function missedPacketOf(
  { id, entry }: LoggedEntry,
  rooms: readonly Room[],
): unknown[] | null {
  let message: unknown;
  try {
    message = decodeEntry(entry).data;
  } catch {
    return null; // it was reported by each node that read it, and delivered by none
  }
  const { packet, opts, requestId } = recordOf(message);
  const { type, data, id: ackId } = recordOf(packet);
  const { rooms: to, except, flags } = recordOf(opts);
  const isKept =
    type === PacketType.EVENT &&
    Array.isArray(data) &&
    ackId === undefined &&
    requestId === undefined &&
    !recordOf(flags).volatile;
  if (!isKept || !Array.isArray(to)) {
    return null;
  }
  const isChosen = to.length === 0 || rooms.some((room) => to.includes(room));
  const isExcepted = Array.isArray(except) && rooms.some((room) => except.includes(room));
  return isChosen && !isExcepted ? [...data, id] : null;
}

/** Whether an entry may be something that a client missed. */
export function isBroadcast({ nsp, type }: StreamEntry, wanted: string): boolean {
  return nsp === wanted && type === MessageType.BROADCAST;
}

function isBroadcastOf(fields: ReadEntry["fields"], nsp: string): boolean {
  return messagesOf(fields).some((entry) => isBroadcast(entry, nsp));
}

/** The messages in an entry; none where it makes no sense, which was told when it was read first. */
function messagesOf(fields: ReadEntry["fields"]): StreamEntry[] {
  const entry = parseEntry(fields);
  try {
    return entry === null ? [] : partsOf(entry);
  } catch {
    return [];
  }
}

function isNew(senders: Senders, { uid, seq }: StreamEntry): boolean {
  return seq === undefined || senders.isNew(uid, seq);
}

function recordOf(value: unknown): Partial<Record<string, unknown>> {
  return isRecord(value) ? value : {};
}

interface Page {
  readonly entries: ReadEntry[];
  /** Whether there was never another entry behind the one that it begins with. */
  readonly isWhole: boolean;
  /** The last entry that ever was, if it was asked for. */
  readonly lastId: string | undefined;
}

async function readPage(
  redis: RedisCommands,
  stream: string,
  from: string,
  count: number,
  needsInfo: boolean,
): Promise<Page> {
  const range = { key: stream, args: ["XRANGE", stream, from, "+", "COUNT", count] };
  if (!needsInfo) {
    const [entries] = await redis.send([range]);
    return { entries: entriesOf(succeed(entries)), isWhole: false, lastId: undefined };
  }
  const info = { key: stream, args: ["XINFO", "STREAM", stream] };
  const [infoReply, entriesReply] = await redis.send([info, range]);
  const entries = entriesOf(succeed(entriesReply));
  if (infoReply instanceof Error && /no such key/i.test(infoReply.message)) {
    return { entries, isWhole: true, lastId: FIRST_ID }; // nothing was ever sent
  }
  const { added, length, firstId, lastId } = infoOf(succeed(infoReply));
  const reachesBack = firstId === undefined || compareIds(firstId, from) <= 0;
  return { entries, isWhole: added === length || (reachesBack && length > 0), lastId };
}
