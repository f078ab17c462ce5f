import { type Packet, PacketType } from "socket.io-parser";
import { throwLater } from "../lib/errors.ts";
import { generateId } from "../lib/ids.ts";
import type {
  AdapterNamespace,
  BroadcastOptions,
  RestoredSession,
  Room,
  SessionToPersist,
  SocketId,
} from "./adapter.ts";
import { Adapter } from "./memory.ts";
import { PacketLog } from "./packet-log.ts";

const DEFAULT_DURATION_MS = 120_000;
const DEFAULT_HEARTBEAT_MS = 45_000;

/** A session of a client that may come back. */
interface KeptSession {
  readonly session: SessionToPersist;
  /** The last packet before the session began. */
  readonly start: number;
  readonly expiresAt: number;
}

/**
 * The adapter of a single node with connection state recovery: it keeps the sessions of clients that
 * lost their connection, and the packets they may have missed, both in memory.
 *
 * Each event it broadcasts gets an offset as its last argument, by which a client that comes back says
 * what it has. Volatile events, and those with an acknowledgement, are not kept.
 *
 * It emits `session-expired` ({@link SessionToPersist}) when a client did not come back in time.
 *
 * Source: Socket.IO protocol, "Connection state recovery".
 */
export class SessionAwareAdapter extends Adapter {
  readonly #durationMs: number;
  readonly #log: PacketLog;
  /** Whether packets are weighed, which takes encoding them. */
  readonly #weighs: boolean;
  /** By private id, the one that expires next first. */
  readonly #sessions = new Map<string, KeptSession>();
  /** Where in the log the session of each connected socket began. */
  readonly #starts = new Map<SocketId, number>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(nsp: AdapterNamespace) {
    super(nsp);
    const { connectionStateRecovery, pingInterval, pingTimeout } = nsp.server.opts;
    this.#durationMs = connectionStateRecovery?.maxDisconnectionDuration ?? DEFAULT_DURATION_MS;
    // What was sent to a client that is gone, before that was noticed, is missed as well.
    const unnoticedMs =
      pingInterval === undefined || pingTimeout === undefined
        ? DEFAULT_HEARTBEAT_MS
        : pingInterval + pingTimeout;
    const { maxPackets = Infinity, maxBytes = Infinity } = connectionStateRecovery ?? {};
    this.#weighs = maxBytes !== Infinity;
    const bounds = { maxPackets, maxBytes };
    this.#log = new PacketLog(generateId().slice(0, 4), this.#durationMs + unnoticedMs, bounds);
  }

  override close(): Promise<void> | void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#sessions.clear();
    this.#log.clear();
    return super.close();
  }

  override addAll(id: SocketId, rooms: Set<Room>): Promise<void> | void {
    // The room of its own is the one that a socket joins when it is connected.
    if (rooms.has(id) && !this.#starts.has(id)) {
      this.#starts.set(id, this.#log.last);
    }
    return super.addAll(id, rooms);
  }

  override delAll(id: SocketId): void {
    this.#starts.delete(id);
    super.delAll(id);
  }

  override persistSession(session: SessionToPersist): void {
    const start = this.#starts.get(session.sid) ?? this.#log.last;
    const expiresAt = performance.now() + this.#durationMs;
    this.#sessions.delete(session.pid); // or it would keep its place among the others
    this.#sessions.set(session.pid, { session, start, expiresAt });
    this.#schedule();
  }

  override restoreSession(pid: string, offset: string | undefined): RestoredSession | null {
    this.#sweep();
    const kept = this.#sessions.get(pid);
    const from = offset === undefined ? kept?.start : this.#log.find(offset);
    if (kept === undefined || from === undefined) {
      return null;
    }
    const { session, start } = kept;
    const after = Math.max(from, start); // the offset may be of an earlier session of that client
    const log = this.#log;
    if (log.hasLost(after, session.rooms)) {
      return null; // it would miss a packet in the midst
    }
    this.#sessions.delete(pid);
    this.#starts.set(session.sid, start);
    return {
      ...session,
      get missedPackets() {
        if (log.hasLost(after, session.rooms)) {
          throw new Error("packets were dropped while the middlewares decided on the client");
        }
        return log.since(after, session.rooms);
      },
    };
  }

  /** Whether a text is an offset that this adapter has given out. */
  isOffset(text: string): boolean {
    return this.#log.find(text) !== undefined;
  }

  override hasSessions(): boolean {
    return this.#sessions.size > 0;
  }

  override broadcast(packet: Packet, options: BroadcastOptions): void {
    const isKept =
      packet.type === PacketType.EVENT &&
      packet.id === undefined &&
      options.flags?.volatile !== true;
    if (isKept) {
      this.#log.add(packet.data, options, this.#weighs ? this.#weigh(packet) : 0);
    }
    super.broadcast(packet, options);
  }

  #weigh(packet: Packet): number {
    const parts = this.nsp.server.encoder.encode(packet);
    return parts.reduce((sum, part) => sum + Buffer.byteLength(part), 0);
  }

  #schedule(): void {
    const [next] = this.#sessions.values();
    if (next !== undefined && this.#timer === undefined) {
      const delayMs = Math.max(0, next.expiresAt - performance.now());
      this.#timer = setTimeout(() => this.#onTimer(), delayMs);
      this.#timer.unref();
    }
  }

  #onTimer(): void {
    this.#timer = undefined;
    this.#sweep();
    this.#schedule();
  }

  #sweep(): void {
    const now = performance.now();
    for (const [pid, { session, expiresAt }] of this.#sessions) {
      if (expiresAt > now) {
        break;
      }
      this.#sessions.delete(pid);
      try {
        this.emit("session-expired", session);
      } catch (error) {
        throwLater(error); // of a listener: the other sessions expire all the same
      }
    }
  }
}
