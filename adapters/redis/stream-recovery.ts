import { LONGEST_TIMER_MS } from "../../lib/timer.ts";
import type { RestoredSession, Room, SessionToPersist, SocketId } from "../adapter.ts";
import type { OutboxOwner } from "./outbox.ts";
import { CLAIM_TIMEOUT_MS, type ClaimHost, SessionClaims } from "./stream-claims.ts";
import { compareIds, isEntryId } from "./stream-ids.ts";
import type { OffsetQueue } from "./stream-offsets.ts";
import type { StreamReader } from "./stream-reader.ts";
import {
  hasBroadcasts,
  isBroadcast,
  type LoggedEntry,
  missedPacketOf,
  scanStream,
} from "./stream-scan.ts";
import { type KeptSession, StreamSessions } from "./stream-sessions.ts";
import type { StreamsHub } from "./streams-hub.ts";

/** Where the reference writes to another stream than we do, events of the two come in any order. */
const STRAY_MS = 10_000;
const SMALLEST_PAGE = 500;

/** What recovery needs of its adapter. */
export interface RecoveryHost extends Omit<ClaimHost, "whenSaved"> {
  readonly hub: StreamsHub;
  readonly owner: OutboxOwner;
  readonly reader: Pick<StreamReader, "origin" | "position" | "until">;
  readonly queue: OffsetQueue;
  readonly stream: string;
  readonly strayStream: string | undefined;
  /** How long sessions are kept, in ms. */
  readonly durationMs: number;
  serverCount(): Promise<number>;
  report(error: unknown): void;
}

/** What came between the moment at which a stream was searched and that at which a socket gets it live. */
interface Tap {
  readonly entries: LoggedEntry[];
  /** Whether nobody waits for it any more. */
  isOver: boolean;
}

/** The sessions of clients that come back to any node, and what they missed. */
export class StreamRecovery {
  readonly #host: RecoveryHost;
  readonly #sessions: StreamSessions;
  readonly #claims: SessionClaims;
  /** Behind which entry the session of each connected socket began; undefined: where the reader did. */
  readonly #starts = new Map<SocketId, string | undefined>();
  /** By the private id of the session. */
  readonly #taps = new Map<string, Tap>();

  constructor(host: RecoveryHost) {
    this.#host = host;
    this.#sessions = new StreamSessions(host.hub, host.owner, host.durationMs);
    this.#claims = new SessionClaims({
      uid: host.uid,
      nsp: host.nsp,
      send: (message, uid) => host.send(message, uid),
      whenSaved: (pid) => this.#sessions.whenSaved(pid),
    });
  }

  /** A socket is connected. */
  onConnect(id: SocketId): void {
    if (!this.#starts.has(id)) {
      this.#starts.set(id, this.#host.reader.position);
    }
  }

  /** A socket is gone. */
  onGone(id: SocketId): void {
    this.#starts.delete(id);
  }

  /** An entry was read, and so was told to the sockets that are connected. */
  onEntry(logged: LoggedEntry): void {
    if (this.#taps.size > 0 && isBroadcast(logged.entry, this.#host.nsp.name)) {
      for (const { entries } of this.#taps.values()) {
        entries.push(logged);
      }
    }
  }

  /** Takes a message that came by pub/sub; returns whether it was about sessions. */
  onMessage(message: object): boolean {
    return this.#claims.onMessage(message);
  }

  /**
   * Keeps the session of a client that may come back.
   *
   * @throws SocketIOError with `ERR_INVALID_ARGUMENT` where its data cannot be encoded
   */
  persist({ sid, pid, rooms, data }: SessionToPersist): void {
    this.#taps.delete(pid);
    const { reader, nsp, durationMs } = this.#host;
    const began = this.#starts.get(sid);
    const save = (): void => {
      const session = { sid, pid, rooms, data, nsp: nsp.name, start: began ?? reader.origin };
      this.#sessions.save(session, (error) => this.#host.report(error));
    };
    if (reader.origin !== undefined) {
      save();
      return;
    }
    // Redis was never there: not yet known is where this session began.
    const report = (error: unknown): void => this.#host.report(error);
    reader
      .until(() => reader.origin !== undefined, durationMs)
      .then(save)
      .catch(report);
  }

  close(): void {
    this.#claims.close();
    this.#taps.clear();
    this.#starts.clear();
  }

  /**
   * Finds a session and what its client missed.
   *
   * @returns null where the session is gone, or what was missed is not there any more
   * @throws what Redis answered, or that it is away
   */
  async restore(pid: string, offset: string | undefined): Promise<RestoredSession | null> {
    if (offset !== undefined && !isEntryId(offset)) {
      return null; // of another adapter
    }
    let timer: ReturnType<typeof setTimeout> | undefined;
    const expired = new Promise<null>((resolve) => {
      const limitMs = 2 * this.#host.hub.options.requestsTimeout + CLAIM_TIMEOUT_MS;
      timer = setTimeout(() => resolve(null), Math.min(limitMs, LONGEST_TIMER_MS));
    });
    const tap: Tap = { entries: [], isOver: false };
    let found: RestoredSession | null = null;
    try {
      found = await Promise.race([this.#find(pid, offset, tap), expired]);
      return found;
    } finally {
      clearTimeout(timer);
      if (found === null) {
        tap.isOver = true;
        this.#close(pid, tap);
      }
    }
  }

  #close(pid: string, tap: Tap): void {
    if (this.#taps.get(pid) === tap) {
      this.#taps.delete(pid);
    }
  }

  async #find(pid: string, offset: string | undefined, tap: Tap): Promise<RestoredSession | null> {
    const { nsp, queue, reader, hub, stream } = this.#host;
    await this.#redisIsThere();
    await reader.until(() => reader.origin !== undefined, hub.options.requestsTimeout);
    const session = await this.#take(pid);
    const from = session === null ? undefined : laterOf(offset, session.start);
    // A session of another namespace must not let its client in here: middlewares are skipped.
    if (session === null || from === undefined || (session.nsp ?? nsp.name) !== nsp.name) {
      return null;
    }
    await hub.outbox.whenMended(stream); // the entry that its client had last may be written again
    if (tap.isOver) {
      return null;
    }
    this.#taps.set(pid, tap);
    const missed = await this.#missedSince(from, from === offset || session.start === undefined);
    const isLive =
      missed !== null &&
      (await reader.until(
        () => compareIds(reader.position ?? "", missed.last) >= 0 && queue.isSettled,
        hub.options.requestsTimeout,
      ));
    if (!isLive || this.#taps.get(pid) !== tap) {
      return null;
    }
    const { sid, rooms, data } = session;
    this.#starts.set(sid, session.start ?? from);
    const takeMissed = (): unknown[][] => this.#collect(pid, tap, missed, rooms);
    return {
      sid,
      pid,
      rooms,
      data,
      get missedPackets() {
        return takeMissed();
      },
    };
  }

  /** What was read of the stream, and then what came here since. */
  #collect(
    pid: string,
    tap: Tap,
    { entries, last }: { entries: LoggedEntry[]; last: string },
    rooms: readonly Room[],
  ): unknown[][] {
    this.#close(pid, tap);
    const since = tap.entries.filter(({ id }) => compareIds(id, last) > 0);
    return [...entries, ...since]
      .map((entry) => missedPacketOf(entry, rooms))
      .filter((data) => data !== null);
  }

  async #take(pid: string): Promise<KeptSession | null> {
    const session = await this.#sessions.take(pid);
    if (session !== null || (await this.#host.serverCount()) <= 1) {
      return session;
    }
    return (await this.#claims.claim(pid)) ? this.#sessions.take(pid) : null;
  }

  async #missedSince(
    from: string,
    mustExist: boolean,
  ): Promise<{ entries: LoggedEntry[]; last: string } | null> {
    const { hub, stream, strayStream, nsp } = this.#host;
    const { redis, options } = hub;
    const pageSize = Math.max(options.readCount, SMALLEST_PAGE);
    const scan = { nsp: nsp.name, pageSize, limit: options.maxLen + 20 * pageSize };
    if (strayStream !== undefined) {
      const strayFrom = `${Math.max(0, Number.parseInt(from, 10) - STRAY_MS)}-0`;
      if (await hasBroadcasts(redis, { ...scan, stream: strayStream, from: strayFrom })) {
        return null;
      }
    }
    return scanStream(redis, { ...scan, stream, from, mustExist });
  }

  /** Waits for a Redis that is away, unless it has been for long. */
  async #redisIsThere(): Promise<void> {
    const { redis, options, awayMs } = this.#host.hub;
    const patienceMs = options.requestsTimeout - awayMs;
    if (redis.isReady || patienceMs <= 0) {
      return;
    }
    await new Promise<void>((resolve) => {
      const finish = (): void => {
        clearTimeout(timer);
        unlisten();
        resolve();
      };
      const unlisten = redis.onState((isReady) => {
        if (isReady) {
          finish();
        }
      });
      const timer = setTimeout(finish, patienceMs);
    });
  }
}

/** The client may say what it had in an earlier session: then all since this one began is missed. */
function laterOf(offset: string | undefined, start: string | undefined): string | undefined {
  if (offset === undefined || start === undefined) {
    return offset ?? start;
  }
  return compareIds(offset, start) < 0 ? start : offset;
}
