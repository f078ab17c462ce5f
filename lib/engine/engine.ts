import type { IncomingMessage, ServerResponse } from "node:http";
import { stringifySetCookie } from "cookie";
import { throwLater } from "../errors.ts";
import { generateId } from "../ids.ts";
import type { OutgoingHeaders, ResponseHead } from "../response-head.ts";
import { type AdmissionRules, admit } from "./admission.ts";
import type { Packet } from "./codec/codec.ts";
import type { Answer, HttpExchange, Middleware, WebSocketPort } from "./exchange.ts";
import { FlushQueue } from "./flush-queue.ts";
import { GuardedEmitter } from "./guarded-emitter.ts";
import {
  ENGINE_ERROR_MESSAGES,
  ENGINE_ERRORS,
  type EngineErrorCode,
  type Rejection,
  rejectionMessage,
  rejectionStatus,
  verify,
} from "./handshake.ts";
import { MiddlewareChain } from "./middleware-chain.ts";
import {
  type EngineOptions,
  type ResolvedEngineOptions,
  resolveEngineOptions,
  type TransportName,
} from "./options.ts";
import type { EngineRequest } from "./request.ts";
import { Session, type SessionPort } from "./session.ts";
import type { SessionHandler } from "./session-types.ts";
import { makePolling, makeWebSocket } from "./transports/make.ts";
import { SILENT, type Transport } from "./transports/transport.ts";
import type { WebSocketTransport } from "./transports/websocket.ts";
import { type WebTransportSession, WebTransportTransport } from "./transports/webtransport.ts";
import {
  greetWebTransport,
  makeWebTransportRequest,
  requireWebTransportSession,
} from "./webtransport-handshake.ts";

/** What the `connection_error` event tells. */
export interface ConnectionError {
  req: EngineRequest;
  code: EngineErrorCode;
  message: string;
  context: Rejection["context"];
}

/**
 * The events of an engine. They are methods, of which the compiler takes listeners that name a narrower
 * type than there is, as programs do that were written for the reference: its engine has no types here.
 */
export interface EngineEvents {
  connection(session: Session): void;
  connection_error(error: ConnectionError): void;
  initial_headers(headers: OutgoingHeaders, req: EngineRequest): void;
  headers(headers: OutgoingHeaders, req: EngineRequest): void;
  flush(session: Session, packets: Packet[]): void;
  drain(session: Session): void;
}

/** How a request for a WebSocket was decided. */
export type UpgradeDecision =
  | {
      readonly accepted: true;
      /** Headers for the 101 answer. */
      readonly headers: OutgoingHeaders;
      /** Called by the host with the open WebSocket; it reports to the transport from then on. */
      open(port: WebSocketPort): WebSocketTransport;
    }
  | (Answer & { readonly accepted: false });

const UPGRADES: Readonly<Record<TransportName, readonly TransportName[]>> = {
  polling: ["websocket", "webtransport"],
  websocket: [],
  webtransport: [],
};

/**
 * The Engine.IO server: the registry of sessions, and the only place that opens one. It answers
 * what a host hands it and knows of no socket itself. The reference calls it `Server`.
 */
export class Engine extends GuardedEmitter<EngineEvents> implements SessionPort, AdmissionRules {
  /** The reference's error codes. */
  static readonly errors = ENGINE_ERRORS;
  /** The message that goes with each code. */
  static readonly errorMessages = ENGINE_ERROR_MESSAGES;

  readonly flushQueue = new FlushQueue();
  /** Gives each new session to whom it serves; null for an engine used on its own. */
  onSession: ((session: Session) => SessionHandler) | null = null;

  #opts: ResolvedEngineOptions;
  readonly #middlewares: MiddlewareChain;
  #sessions = new Map<string, Session>();
  #closed = false;
  #onEmpty: (() => void) | null = null;

  /**
   * @param options see {@link EngineOptions}
   * @throws SocketIOError with `ERR_INVALID_OPTION`
   */
  constructor(options: EngineOptions = {}) {
    super();
    this.#opts = resolveEngineOptions(options);
    this.#middlewares = new MiddlewareChain(this.#opts.cors);
  }

  /** The options, defaults filled in. */
  get opts(): ResolvedEngineOptions {
    return this.#opts;
  }

  /** Replaces the options, for sessions to come, and opens a closed engine again. */
  configure(options: EngineOptions): void {
    this.#opts = resolveEngineOptions(options);
    this.#middlewares.configure(this.#opts.cors);
    this.#closed = false;
  }

  /** Takes new sessions again after {@link close}. */
  reopen(): void {
    this.#closed = false;
  }

  /** How many sessions are open. */
  get clientsCount(): number {
    return this.#sessions.size;
  }

  /** The open sessions by id; made anew at each reading. */
  get clients(): Record<string, Session> {
    return Object.fromEntries(this.#sessions);
  }

  get allowRequest(): EngineOptions["allowRequest"] {
    return this.#opts.allowRequest;
  }

  get allowEIO3(): boolean {
    return this.#opts.allowEIO3;
  }

  get maxHttpBufferSize(): number {
    return this.#opts.maxHttpBufferSize;
  }

  get httpCompression(): ResolvedEngineOptions["httpCompression"] {
    return this.#opts.httpCompression;
  }

  /**
   * Adds a middleware. It runs for every request: handshakes, polls, data and upgrades.
   *
   * @param middleware calls `next()` to go on, `next(error)` to refuse, or answers by itself
   */
  use<Req extends IncomingMessage = EngineRequest, Res extends ServerResponse = ServerResponse>(
    middleware: Middleware<Req, Res>,
  ): this {
    this.#middlewares.use(middleware);
    return this;
  }

  /** Makes the id of a session. It may be replaced; the option `generateId` does the same. */
  generateId(req: EngineRequest): string | PromiseLike<string> {
    const { generateId: own } = this.#opts;
    return own === undefined ? generateId() : own(req);
  }

  isTaken(sid: string): boolean {
    return this.#sessions.has(sid);
  }

  isClosed(): boolean {
    return this.#closed;
  }

  /** The transports that a session on the given one may move to. */
  upgrades(transport: TransportName): string[] {
    const { allowUpgrades, transports } = this.#opts;
    return allowUpgrades ? UPGRADES[transport].filter((name) => transports.includes(name)) : [];
  }

  /** Answers an HTTP request. */
  handleExchange(exchange: HttpExchange): void {
    const { request } = exchange;
    this.#middlewares.run(exchange, (refusal) => {
      if (refusal !== null) {
        this.#refuse(exchange, refusal);
        return;
      }
      const verdict = verify(request, false, this.#opts.transports, this.#find);
      switch (verdict.kind) {
        case "rejected":
          this.#refuse(exchange, verdict);
          break;
        case "session":
          forgetResponse(request);
          this.#find(verdict.sid)?.transport.onRequest(exchange);
          break;
        case "handshake":
          this.#openPolling(exchange, verdict.protocol);
      }
    });
  }

  #openPolling(exchange: HttpExchange, protocol: number): void {
    admit(exchange.request, protocol, this, (admission) => {
      if (admission.kind === "rejected") {
        this.#refuse(exchange, admission);
      } else if (admission.kind === "closed") {
        exchange.respond(503, JSON_HEADERS, SHUTTING_DOWN);
      } else if (!exchange.aborted) {
        forgetResponse(exchange.request);
        const transport = makePolling(admission.sid, exchange.request, this);
        const session = this.#register(admission.sid, exchange.request, transport);
        transport.onRequest(exchange);
        this.#announce(session);
      }
    });
  }

  /**
   * Decides on a request for a WebSocket.
   *
   * @param request the request
   * @param response collects the headers that middlewares set
   * @param decided called once
   */
  decideUpgrade(
    request: EngineRequest,
    response: ResponseHead,
    decided: (decision: UpgradeDecision) => void,
  ): void {
    const answer = (status: number, message: string): void => {
      if (!response.writableEnded) {
        response.respond(status, UPGRADE_REFUSAL_HEADERS, message);
      }
    };
    const refuse = (rejection: Rejection): void => {
      this.#report(request, rejection);
      answer(400, rejectionMessage(rejection));
    };
    const accept = (open: (port: WebSocketPort) => WebSocketTransport): void => {
      if (response.writableEnded) {
        return; // by a middleware, after it had let the request pass
      }
      try {
        response.writeHead(101); // middlewares wait for it to add their headers
      } catch (error) {
        response.fail(error);
        return;
      }
      forgetResponse(request);
      const headers = response.headers();
      this.#announceHeaders(headers, request);
      decided({ accepted: true, headers, open });
    };
    response.onEnd = () =>
      decided({
        accepted: false,
        status: response.statusCode,
        headers: response.headers(),
        body: response.body,
      });
    this.#middlewares.run({ request, response: response.asServerResponse() }, (refusal) => {
      const verdict = refusal ?? verify(request, true, this.#opts.transports, this.#find);
      if (verdict.kind === "rejected") {
        refuse(verdict);
      } else if (verdict.kind === "session") {
        accept((port) => this.#openCandidate(verdict.sid, request, port));
      } else {
        admit(request, verdict.protocol, this, (admission) => {
          if (admission.kind === "rejected") {
            refuse(admission);
          } else if (admission.kind === "closed") {
            answer(503, "Server shutting down");
          } else {
            accept((port) => this.#openWebSocket(admission.sid, request, port));
          }
        });
      }
    });
  }

  #openWebSocket(sid: string, request: EngineRequest, port: WebSocketPort): WebSocketTransport {
    const transport = makeWebSocket(port, request, this.#opts);
    if (this.#closed || this.#sessions.has(sid)) {
      transport.close();
      return transport;
    }
    this.#announce(this.#register(sid, request, transport));
    return transport;
  }

  #openCandidate(sid: string, request: EngineRequest, port: WebSocketPort): WebSocketTransport {
    const transport = makeWebSocket(port, request, this.#opts);
    const session = this.#find(sid);
    if (session === undefined) {
      transport.close();
    } else {
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
    if (!this.#middlewares.isEmpty || this.#closed) {
      session.close();
      return;
    }
    const greeting = await greetWebTransport(session, this.#opts);
    if (greeting === null) {
      return;
    }
    const transport = new WebTransportTransport(greeting, SILENT);
    const current = greeting.sid === null ? undefined : this.#find(greeting.sid);
    if (current !== undefined) {
      current.tryUpgrade(transport);
    } else if (greeting.sid !== null || this.#closed) {
      transport.close();
    } else {
      this.#announce(this.#register(generateId(), makeWebTransportRequest(), transport));
    }
  }

  #register(sid: string, request: EngineRequest, transport: Transport): Session {
    const session = new Session(sid, this, request, transport);
    this.#sessions.set(sid, session);
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
    this.#closed = true;
    for (const session of this.#sessions.values()) {
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
    if (this.#sessions.size === 0) {
      return;
    }
    let timer: ReturnType<typeof setTimeout> | undefined;
    await new Promise<void>((resolve) => {
      this.#onEmpty = resolve;
      timer = setTimeout(resolve, graceMs);
    });
    clearTimeout(timer);
    this.#onEmpty = null;
    // Unless it was opened again meanwhile: new sessions are not to blame.
    for (const session of this.#closed ? this.#sessions.values() : []) {
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
    this.#sessions.delete(session.id);
    if (this.#sessions.size === 0) {
      this.#onEmpty?.();
    }
  }

  /** Adds the cookie and what listeners add to the headers of a polling answer. */
  decorate(headers: OutgoingHeaders, request: EngineRequest, sid: string): void {
    const { sid: current } = request._query;
    if (!current) {
      try {
        this.#addCookie(headers, sid);
      } catch (error) {
        throwLater(error); // of the user's `encode`: the request is answered all the same
      }
    }
    this.#announceHeaders(headers, request);
  }

  #addCookie(headers: OutgoingHeaders, sid: string): void {
    const { cookie } = this.#opts;
    if (cookie !== false) {
      const { encode, ...attributes } = cookie;
      headers["Set-Cookie"] = [
        stringifySetCookie({ ...attributes, value: sid }, encode === undefined ? {} : { encode }),
      ];
    }
  }

  #announceHeaders(headers: OutgoingHeaders, request: EngineRequest): void {
    const { sid } = request._query;
    if (!sid) {
      this.tell("initial_headers", headers, request);
    }
    this.tell("headers", headers, request);
  }

  readonly #find = (sid: string): Session | undefined => this.#sessions.get(sid);

  #refuse(exchange: HttpExchange, rejection: Rejection): void {
    this.#report(exchange.request, rejection);
    const body = JSON.stringify({ code: rejection.code, message: rejectionMessage(rejection) });
    exchange.respond(rejectionStatus(rejection), JSON_HEADERS, body);
  }

  #report(req: EngineRequest, { code, context }: Rejection): void {
    const message = ENGINE_ERROR_MESSAGES[code];
    this.tell("connection_error", { req, code, message, context });
  }
}

const JSON_HEADERS = { "Content-Type": "application/json" };
const SHUTTING_DOWN = JSON.stringify({ code: 3, message: "Server shutting down" });

// A session keeps its request, but need not keep the answer to it.
function forgetResponse(request: EngineRequest): void {
  if (request.res) {
    request.res = null;
  }
}

const UPGRADE_REFUSAL_HEADERS = { Connection: "close", "Content-Type": "text/html" };
