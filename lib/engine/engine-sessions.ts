import { DeadlineClock } from "../deadline.ts";
import { throwLater } from "../errors.ts";
import type { Packet } from "./codec/codec.ts";
import { ConnectionGate } from "./connection-gate.ts";
import { EngineSettings } from "./engine-settings.ts";
import { FlushQueue } from "./flush-queue.ts";
import type { Rejection } from "./handshake.ts";
import type { EngineOptions } from "./options.ts";
import type { EngineRequest } from "./request.ts";
import { Session, type SessionPort } from "./session.ts";
import { SessionRegistry } from "./session-registry.ts";
import type { SessionHandler } from "./session-types.ts";
import type { Transport } from "./transports/transport.ts";
import { makeLog } from "../log.ts";

const log = makeLog("engine");

/** The sessions of an engine: the only place that opens one, and whether it takes any more. */
export abstract class EngineSessions extends EngineSettings implements SessionPort {
  readonly flushQueue = new FlushQueue();
  /** The time by which pings and their answers are due. @internal */
  readonly clock = new DeadlineClock();
  /** Gives each new session to whom it serves; null for an engine used on its own. */
  onSession: ((session: Session) => SessionHandler) | null = null;

  readonly #sessions = new SessionRegistry();
  /** The session of an id. */
  protected readonly find = (sid: string): Session | undefined => this.#sessions.get(sid);
  /** Null where everyone gets in. */
  #gate: ConnectionGate | null;
  #closed = false;
  /** Whether it takes no new sessions. */
  #refusesNew = false;

  constructor(options: EngineOptions = {}) {
    super(options);
    this.#gate = ConnectionGate.make(this.opts.limits, this.#sessions);
  }

  /** Replaces the options, for sessions to come, and opens a closed engine again. */
  override configure(options: EngineOptions): void {
    super.configure(options);
    this.#gate = ConnectionGate.make(this.opts.limits, this.#sessions);
    this.reopen();
  }

  /** Takes new sessions again after {@link close} or {@link refuseNew}. */
  reopen(): void {
    this.#closed = false;
    this.#refusesNew = false;
  }

  /** Refuses new sessions, with the status 503 and `Retry-After`; those that are open go on. */
  refuseNew(): void {
    this.#refusesNew = true;
  }

  /** How many sessions are open. */
  get clientsCount(): number {
    return this.#sessions.size;
  }

  /** The open sessions by id; made anew at each reading. */
  get clients(): Record<string, Session> {
    return this.#sessions.toObject();
  }

  isTaken(sid: string): boolean {
    return this.#sessions.has(sid);
  }

  isClosed(): boolean {
    return this.#closed;
  }

  checkRoom(request: EngineRequest, isNew: boolean): Rejection | null {
    if (this.#gate === null) {
      return null;
    }
    const address = this.addressOf(request);
    return isNew ? this.#gate.onHandshake(address) : this.#gate.check(address);
  }

  takesNew(): boolean {
    return !this.#refusesNew;
  }

  /** Opens a session. */
  protected register(sid: string, request: EngineRequest, transport: Transport): Session {
    log('handshaking client "%s" (%s)', sid, transport.name);
    const session = new Session(sid, this, request, transport);
    this.#sessions.add(session);
    this.#gate?.onOpen(session.remoteAddress);
    session.open();
    return session;
  }

  /** Tells of a session that is registered. */
  protected announce(session: Session): void {
    if (session.readyState !== "open") {
      return; // its first packets could not be sent
    }
    try {
      session.handler = this.onSession?.(session) ?? null;
    } catch (error) {
      throwLater(error); // of a user's parser, say: the handshake is done
    }
    this.tell("connection", session);
  }

  /** Ends every session, and refuses new ones with the status 503: see {@link whenEmpty}. */
  close(): this {
    log("closing all open clients (%d)", this.#sessions.size);
    this.#closed = true;
    this.#refusesNew = true;
    for (const session of this.#sessions) {
      session.close(true);
    }
    return this;
  }

  /**
   * Resolves when no session is left after {@link close}. One whose client is slow to take what
   * waits for it is cut in the end.
   *
   * @param graceMs when that is
   */
  async whenEmpty(graceMs: number): Promise<void> {
    await this.#sessions.whenEmpty(graceMs);
    // Unless it was opened again meanwhile: new sessions are not to blame.
    for (const session of this.#closed ? this.#sessions : []) {
      session.close(true);
    }
  }

  onSessionFlush(session: Session, packets: Packet[]): void {
    this.tell("flush", session, packets);
  }

  onSessionDrain(session: Session): void {
    this.tell("drain", session);
  }

  onSessionClose(session: Session): void {
    this.#gate?.onClose(session.remoteAddress);
    this.#sessions.remove(session);
  }
}
