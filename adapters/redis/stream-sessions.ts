import type { SessionToPersist } from "../adapter.ts";
import { encoding, isRecord, parsing } from "./codec.ts";
import type { Outbox, OutboxOwner } from "./outbox.ts";
import type { RedisCommands } from "./port.ts";
import { succeed, textOf } from "./stream-replies.ts";
import { decodeBase64, encodeBase64 } from "./streams-wire.ts";

/** A session as it is kept in Redis. Nodes of the reference neither write nor heed the last two. */
export interface KeptSession extends SessionToPersist {
  /** The namespace that it is of. */
  readonly nsp?: string | undefined;
  /** Behind which entry of the stream it began. */
  readonly start?: string | undefined;
}

/** What sessions need of the hub. */
interface SessionsHub {
  readonly redis: RedisCommands;
  readonly outbox: Outbox;
  readonly options: { readonly sessionKeyPrefix: string };
}

interface Unsaved {
  readonly encoded: string;
  readonly saved: Promise<boolean>;
  /** Whether Redis has refused it; false until that is known. */
  isRefused: boolean;
}

/** Redis answers sooner, or is away: then no other node can get at what it has. */
const AWAY_MS = 500;

/** How long who asked for a session may wait for an answer, and more. */
const RECENT_MS = 2_000;

/** Keys that are forgotten after a while. */
class RecentKeys {
  readonly #keptMs: number;
  #keys = new Set<string>();
  #older = new Set<string>();
  #since = performance.now();

  /** @param keptMs for how long they are kept at least, in ms */
  constructor(keptMs: number) {
    this.#keptMs = keptMs;
  }

  add(key: string): void {
    this.#turn();
    this.#keys.add(key);
  }

  has(key: string): boolean {
    return this.#keys.has(key) || this.#older.has(key);
  }

  #turn(): void {
    const now = performance.now();
    if (now - this.#since > this.#keptMs) {
      this.#older = this.#keys;
      this.#keys = new Set();
      this.#since = now;
    }
  }
}

/** The sessions of clients that may come back, to whichever node. */
export class StreamSessions {
  readonly #hub: SessionsHub;
  readonly #owner: OutboxOwner;
  readonly #durationMs: number;
  /** Those that Redis has not confirmed, by their key. */
  readonly #unsaved = new Map<string, Unsaved>();
  /** The keys of those that Redis got in the last seconds. */
  readonly #saved = new RecentKeys(RECENT_MS);

  /** @param durationMs how long sessions are kept, in ms */
  constructor(hub: SessionsHub, owner: OutboxOwner, durationMs: number) {
    this.#hub = hub;
    this.#owner = owner;
    this.#durationMs = durationMs;
  }

  /**
   * Keeps a session. While Redis is away it waits in the outbox.
   *
   * @param onFailure called if it cannot be kept
   * @throws SocketIOError with `ERR_INVALID_ARGUMENT` where its data cannot be encoded
   */
  save(session: KeptSession, onFailure: (error: Error) => void): void {
    const key = this.#keyOf(session.pid);
    const encoded = encoding(() => encodeBase64(session));
    const args = ["SET", key, encoded];
    if (Number.isFinite(this.#durationMs)) {
      args.push("PX", Math.max(1, Math.ceil(this.#durationMs)).toString());
    }
    const { promise: saved, resolve } = Promise.withResolvers<boolean>();
    const unsaved: Unsaved = { encoded, saved, isRefused: false };
    this.#unsaved.set(key, unsaved);
    this.#hub.outbox.send({ key, args }, this.#owner, (reply) => {
      unsaved.isRefused = reply instanceof Error;
      const isLast = this.#unsaved.get(key) === unsaved;
      const isSaved = isLast && !unsaved.isRefused;
      if (isLast) {
        this.#unsaved.delete(key);
      }
      if (isSaved) {
        this.#saved.add(key);
      } else if (isLast && reply instanceof Error) {
        onFailure(reply);
      }
      resolve(isSaved);
    });
  }

  /**
   * Whether Redis has a session that is being kept, or was just now.
   *
   * @returns undefined for any other session
   */
  whenSaved(pid: string): Promise<boolean> | undefined {
    const key = this.#keyOf(pid);
    const isSaved = this.#saved.has(key);
    return this.#unsaved.get(key)?.saved ?? (isSaved ? Promise.resolve(true) : undefined);
  }

  /**
   * Finds a session and no longer keeps it. Of several nodes that look for it, one gets it.
   *
   * @returns null where there is none, or what there is, is none
   * @throws what Redis answered, or that it is away
   */
  async take(pid: string): Promise<KeptSession | null> {
    const key = this.#keyOf(pid);
    const unsaved = this.#unsaved.get(key);
    if (unsaved !== undefined) {
      this.#unsaved.delete(key);
      const isOurs = await this.#takeBack(key, unsaved);
      return isOurs ? sessionOf(unsaved.encoded) : null;
    }
    const [found, deleted] = await this.#hub.redis.send([
      { key, args: ["GET", key] },
      { key, args: ["DEL", key] },
    ]);
    const encoded = succeed(found);
    const isOurs = Number(succeed(deleted)) === 1;
    return encoded === null || !isOurs ? null : sessionOf(textOf(encoded));
  }

  /** Deletes what was sent to Redis just now; false where another node was sooner. */
  #takeBack(key: string, unsaved: Unsaved): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(true), AWAY_MS);
      // It follows the command that saves it.
      this.#hub.outbox.send({ key, args: ["DEL", key] }, this.#owner, (reply) => {
        clearTimeout(timer);
        resolve(unsaved.isRefused || reply instanceof Error || Number(reply) === 1);
      });
    });
  }

  #keyOf(pid: string): string {
    return this.#hub.options.sessionKeyPrefix + pid;
  }
}

function sessionOf(encoded: string): KeptSession | null {
  const session = parsing(() => decodeBase64(encoded));
  if (!isRecord(session)) {
    return null;
  }
  const { sid, pid, rooms, data, nsp, start } = session;
  if (!isText(sid) || !isText(pid) || !isListOfText(rooms)) {
    return null;
  }
  return {
    sid,
    pid,
    rooms,
    data,
    nsp: isText(nsp) ? nsp : undefined,
    start: isText(start) ? start : undefined,
  };
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function isListOfText(value: unknown): value is string[] {
  return Array.isArray(value) && value.every(isText);
}
