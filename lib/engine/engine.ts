import { generateId } from "../ids.ts";
import { type AdmissionRules, admit, ELSEWHERE } from "./admission.ts";
import { EngineSessions } from "./engine-sessions.ts";
import type { HttpExchange, WebSocketPort } from "./exchange.ts";
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
import { makePolling, makeWebSocket } from "./transports/make.ts";
import { SILENT } from "./transports/transport.ts";
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
 * The Engine.IO server: it answers what a host hands it, and knows of no socket itself. The reference
 * calls it `Server`.
 */
export class Engine extends EngineSessions implements AdmissionRules, UpgradeReplyPort {
  /** The reference's error codes. */
  static readonly errors = ENGINE_ERRORS;
  /** The message that goes with each code. */
  static readonly errorMessages = ENGINE_ERROR_MESSAGES;

  #judge: UpgradeJudge;

  constructor(options: EngineOptions = {}) {
    super(options);
    this.#judge = new UpgradeJudge(this, originCheck(this.opts), this.find);
  }

  /** Replaces the options, for sessions to come, and opens a closed engine again. */
  override configure(options: EngineOptions): void {
    super.configure(options);
    this.#judge = new UpgradeJudge(this, originCheck(this.opts), this.find);
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
        this.find,
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
          this.find(verdict.sid)?.transport.onRequest(exchange);
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
        const session = this.register(admission.sid, exchange.request, transport);
        transport.onRequest(exchange);
        this.announce(session);
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
    if (this.isClosed() || this.isTaken(sid)) {
      transport.close();
      return transport;
    }
    this.announce(this.register(sid, request, transport));
    return transport;
  }

  #openCandidate(sid: string, request: EngineRequest, port: WebSocketPort): WebSocketTransport {
    const transport = makeWebSocket(port, request, this.opts);
    const session = this.find(sid);
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
    if (!this.middlewares.isEmpty || this.isClosed()) {
      log("closing session: there is no WebTransport with middlewares, or after close()");
      session.close();
      return;
    }
    const greeting = await greetWebTransport(session, this.opts);
    if (greeting === null) {
      return;
    }
    const transport = new WebTransportTransport(greeting, SILENT);
    const current = greeting.sid === null ? undefined : this.find(greeting.sid);
    if (current !== undefined) {
      log("upgrading existing transport of %s", greeting.sid);
      current.tryUpgrade(transport);
    } else if (greeting.sid !== null || !this.takesNew()) {
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
      this.announce(this.register(generateId(), request, transport));
    } else {
      this.onRejected(request, full);
      transport.close();
    }
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
