import { DeadlineClock } from "../deadline.ts";
import { throwLater } from "../errors.ts";
import { generateId } from "../ids.ts";
import { type AdmissionRules, admit, ELSEWHERE } from "./admission.ts";
import type { Packet } from "./codec/codec.ts";
import { ConnectionGate } from "./connection-gate.ts";
import { EngineSettings } from "./engine-settings.ts";
import type { HttpExchange, WebSocketPort } from "./exchange.ts";
import { FlushQueue } from "./flush-queue.ts";
import {
  ENGINE_ERROR_MESSAGES,
  ENGINE_ERRORS,
  type Rejection,
  rejectionHeaders,
  rejectionMessage,
  rejectionStatus,
  verify,
} from "./handshake.ts";
import type { EngineOptions } from "./options.ts";
import { originCheck } from "./origin-check.ts";
import { type EngineRequest, forgetResponse } from "./request.ts";
import { Session, type SessionPort } from "./session.ts";
import { SessionRegistry } from "./session-registry.ts";
import type { SessionHandler } from "./session-types.ts";
import { makePolling, makeWebSocket } from "./transports/make.ts";
import { SILENT, type Transport } from "./transports/transport.ts";
import type { WebSocketTransport } from "./transports/websocket.ts";
import { type WebTransportSession, WebTransportTransport } from "./transports/webtransport.ts";
import { UpgradeJudge } from "./upgrade-judge.ts";
import {
  type UpgradeExchange,
  type UpgradePurpose,
  UpgradeReply,
  type UpgradeReplyPort,
} from "./upgrade-reply.ts";
import {
  greetWebTransport,
  makeWebTransportRequest,
  requireWebTransportSession,
} from "./webtransport-handshake.ts";
import { makeLog } from "../log.ts";

const log = makeLog("engine");

/**
 * The Engine.IO server: the registry of sessions, and the only place that opens one. It answers
 * what a host hands it and knows of no socket itself. The reference calls it `Server`.
 */
export class Engine
  extends EngineSettings
  implements SessionPort, AdmissionRules, UpgradeReplyPort
{
  /** The reference's error codes. */
  static readonly errors = ENGINE_ERRORS;
  /** The message that goes with each code. */
  static readonly errorMessages = ENGINE_ERROR_MESSAGES;

  readonly flushQueue = new FlushQueue();
  /** The time by which pings and their answers are due. @internal */
  readonly clock = new DeadlineClock();
  /** Gives each new session to whom it serves; null for an engine used on its own. */
  onSession: ((session: Session) => SessionHandler) | null = null;

  readonly #sessions = new SessionRegistry();
  readonly #find = (sid: string): Session | undefined => this.#sessions.get(sid);
  /** Null where everyone gets in. */
  #gate: ConnectionGate | null;
  #judge: UpgradeJudge;
  #closed = false;
  /** Whether it takes no new sessions. */
  #refusesNew = false;

  constructor(options: EngineOptions = {}) {
    super(options);
    this.#gate = ConnectionGate.make(this.opts.limits, this.#sessions);
    this.#judge = new UpgradeJudge(this, originCheck(this.opts), this.#find);
  }

  /** Replaces the options, for sessions to come, and opens a closed engine again. */
  override configure(options: EngineOptions): void {
    super.configure(options);
    this.#gate = ConnectionGate.make(this.opts.limits, this.#sessions);
    this.#judge = new UpgradeJudge(this, originCheck(this.opts), this.#find);
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

  /** Answers an HTTP request. */
  handleExchange(exchange: HttpExchange): void {
    const { request } = exchange;
    if (log.enabled) {
      log('handling "%s" http request "%s"', request.method, request.url);
    }
    this.middlewares.run(exchange, this.handshakeMs, (refusal) => {
      if (refusal !== null) {
        this.#refuse(exchange, refusal);
        return;
      }
      const verdict = verify(
        request,
        exchange.header("origin"),
        false,
        this.opts.transports,
        this.#find,
      );
      switch (verdict.kind) {
        case "rejected":
          this.#refuse(exchange, verdict);
          break;
        case "session":
          if (log.enabled) {
            log("setting new request for existing client %s", verdict.sid);
          }
          forgetResponse(request);
          this.#find(verdict.sid)?.transport.onRequest(exchange);
          break;
        case "handshake":
          this.#openPolling(exchange, verdict.protocol);
      }
    });
  }

  #openPolling(exchange: HttpExchange, protocol: number): void {
    admit(exchange, protocol, this, (admission) => {
      if (admission.kind === "rejected") {
        this.#refuse(exchange, admission);
      } else if (admission.kind === "closed") {
        exchange.respond(503, REFUSED, SHUTTING_DOWN);
      } else if (!exchange.aborted) {
        forgetResponse(exchange.request);
        const transport = makePolling(admission.sid, exchange.request, this);
        const session = this.#register(admission.sid, exchange.request, transport);
        transport.onRequest(exchange);
        this.#announce(session);
      }
    });
  }

  /** Decides on a request for a WebSocket. */
  decideUpgrade(exchange: UpgradeExchange): void {
    this.middlewares.run(new UpgradeReply(exchange, this), this.handshakeMs, this.#judge.judge);
  }

  onWebSocket(
    { kind, sid }: UpgradePurpose,
    request: EngineRequest,
    port: WebSocketPort,
  ): WebSocketTransport {
    return kind === "session"
      ? this.#openCandidate(sid, request, port)
      : this.#openWebSocket(sid, request, port);
  }

  #openWebSocket(sid: string, request: EngineRequest, port: WebSocketPort): WebSocketTransport {
    const transport = makeWebSocket(port, request, this.opts);
    if (this.#closed || this.#sessions.has(sid)) {
      transport.close();
      return transport;
    }
    this.#announce(this.#register(sid, request, transport));
    return transport;
  }

  #openCandidate(sid: string, request: EngineRequest, port: WebSocketPort): WebSocketTransport {
    const transport = makeWebSocket(port, request, this.opts);
    const session = this.#find(sid);
    if (session === undefined) {
      log("upgrade attempt for closed client %s", sid);
      transport.close();
    } else {
      log("upgrading existing transport of %s", sid);
      session.tryUpgrade(transport);
    }
    return transport;
  }

  /**
   * Serves a client of WebTransport: opens a session for it, or moves one here. The application's
   * HTTP/3 server accepts it and hands it over.
   *
   * There is no HTTP request to it: it is closed where there are middlewares or the option `cors`,
   * which could not see it, and `allowRequest` and `generateId` are not asked.
   *
   * @param session a session of WebTransport, as the standard has it
   * @returns resolves when it is known what the client wants; rejects with a SocketIOError with
   * `ERR_INVALID_ARGUMENT` for anything that is no such session
   */
  async onWebTransportSession(session: WebTransportSession): Promise<void> {
    requireWebTransportSession(session);
    if (!this.middlewares.isEmpty || this.#closed) {
      log("closing session: there is no WebTransport with middlewares, or after close()");
      session.close();
      return;
    }
    const greeting = await greetWebTransport(session, this.opts);
    if (greeting === null) {
      return;
    }
    const transport = new WebTransportTransport(greeting, SILENT);
    const current = greeting.sid === null ? undefined : this.#find(greeting.sid);
    if (current !== undefined) {
      log("upgrading existing transport of %s", greeting.sid);
      current.tryUpgrade(transport);
    } else if (greeting.sid !== null || this.#refusesNew) {
      log("upgrade attempt for closed client %s", greeting.sid);
      transport.close();
    } else {
      this.#openWebTransport(transport);
    }
  }

  #openWebTransport(transport: WebTransportTransport): void {
    const request = makeWebTransportRequest();
    const full = this.checkRoom(request, true);
    if (full === null) {
      this.#announce(this.#register(generateId(), request, transport));
    } else {
      this.onRejected(request, full);
      transport.close();
    }
  }

  #register(sid: string, request: EngineRequest, transport: Transport): Session {
    log('handshaking client "%s" (%s)', sid, transport.name);
    const session = new Session(sid, this, request, transport);
    this.#sessions.add(session);
    this.#gate?.onOpen(session.remoteAddress);
    session.open();
    return session;
  }

  #announce(session: Session): void {
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

  #refuse(exchange: HttpExchange, rejection: Rejection): void {
    this.onRejected(exchange.request, rejection);
    const body = JSON.stringify({ code: rejection.code, message: rejectionMessage(rejection) });
    const headers = { ...JSON_HEADERS, ...rejectionHeaders(rejection) };
    exchange.respond(rejectionStatus(rejection), headers, body);
  }
}

const JSON_HEADERS = Object.freeze({ "Content-Type": "application/json" });
const REFUSED = Object.freeze({ ...JSON_HEADERS, ...ELSEWHERE });
const SHUTTING_DOWN = JSON.stringify({ code: 3, message: "Server shutting down" });
