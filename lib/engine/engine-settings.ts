import type { IncomingMessage, ServerResponse } from "node:http";
import { throwLater } from "../errors.ts";
import { generateId } from "../ids.ts";
import type { OutgoingHeaders } from "../response-head.ts";
import type { ConnectRefused, EngineEvents, LimitExceeded } from "./engine-events.ts";
import type { Middleware } from "./exchange.ts";
import { GuardedEmitter } from "./guarded-emitter.ts";
import { ENGINE_ERROR_MESSAGES, type Rejection } from "./handshake.ts";
import { type LimitName, noRefusals, type ResolvedLimits } from "./limits.ts";
import { MiddlewareChain } from "./middleware-chain.ts";
import {
  type EngineOptions,
  type ResolvedEngineOptions,
  resolveEngineOptions,
  type TransportName,
} from "./options.ts";
import type { EngineRequest } from "./request.ts";
import { addCookie } from "./session-cookie.ts";
import { compileTrust, findClientAddress, type Trust } from "./trust-proxy.ts";
import { makeLog } from "../log.ts";

const log = makeLog("engine");

const UPGRADES: Readonly<Record<TransportName, readonly TransportName[]>> = {
  polling: ["websocket", "webtransport"],
  websocket: [],
  webtransport: [],
};

/** What an engine is set to: its options and middlewares; and what listeners may add to answers. */
export abstract class EngineSettings extends GuardedEmitter<EngineEvents> {
  protected readonly middlewares: MiddlewareChain;
  #opts: ResolvedEngineOptions;
  /** Which proxies are believed; null for none. */
  #trust: Trust | null;
  readonly #refusals = noRefusals();

  /**
   * @param options see {@link EngineOptions}
   * @throws SocketIOError with `ERR_INVALID_OPTION`
   */
  constructor(options: EngineOptions = {}) {
    super();
    this.#opts = resolveEngineOptions(options);
    this.#trust = compileTrust(this.#opts.trustProxy);
    this.middlewares = new MiddlewareChain(this.#opts.cors);
  }

  /** The options, defaults filled in. */
  get opts(): ResolvedEngineOptions {
    return this.#opts;
  }

  /** Replaces the options. */
  configure(options: EngineOptions): void {
    this.#opts = resolveEngineOptions(options);
    this.#trust = compileTrust(this.#opts.trustProxy);
    this.middlewares.configure(this.#opts.cors);
  }

  /** Whether somebody listens to what the sessions send. */
  get isWatched(): boolean {
    return this._hasListeners && this.isHeard("flush", "drain");
  }

  /** Whether middlewares or listeners see the requests of all kinds, and may keep them. */
  get isObserved(): boolean {
    return (
      !this.middlewares.isEmpty ||
      (this._hasListeners && this.isHeard("initial_headers", "headers", "connection_error"))
    );
  }

  get asksUser(): boolean {
    const isOwnId = this.generateId === EngineSettings.prototype.generateId;
    const { allowRequest, generateId } = this.#opts;
    return allowRequest !== undefined || generateId !== undefined || !isOwnId;
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

  get packetsPerPayload(): number {
    return this.#opts.limits.packetsPerPayload;
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
    this.middlewares.use(middleware);
    return this;
  }

  /** Makes the id of a session. It may be replaced; the option `generateId` does the same. */
  generateId(req: EngineRequest): string | PromiseLike<string> {
    const { generateId: own } = this.#opts;
    return own === undefined ? generateId() : own(req);
  }

  /** The transports that a session on the given one may move to. */
  upgrades(transport: TransportName): string[] {
    const { allowUpgrades, transports } = this.#opts;
    const all = UPGRADES[transport];
    return allowUpgrades && all.length > 0 ? all.filter((name) => transports.includes(name)) : [];
  }

  /**
   * The address of the client that a request comes from, beyond the proxies that are believed: the
   * one place that tells it.
   *
   * @returns undefined on a unix socket
   */
  addressOf(request: EngineRequest): string | undefined {
    return findClientAddress(request, this.#trust);
  }

  /**
   * Adds the cookie and what listeners add to the headers of a polling answer.
   *
   * @returns the given headers where nobody adds any, else a copy
   */
  decorate(
    common: Readonly<OutgoingHeaders>,
    request: EngineRequest,
    sid: string,
  ): Readonly<OutgoingHeaders> {
    const hasCookie = this.#opts.cookie !== false && !request._query.sid;
    if (!hasCookie && !this._hasListeners) {
      return common;
    }
    const headers = { ...common };
    if (hasCookie) {
      try {
        addCookie(headers, this.#opts.cookie, sid);
      } catch (error) {
        throwLater(error); // of the user's `encode`: the request is answered all the same
      }
    }
    this.onHeaders(headers, request);
    return headers;
  }

  onHeaders(headers: OutgoingHeaders, request: EngineRequest): void {
    const { sid } = request._query;
    if (!sid) {
      this.tell("initial_headers", headers, request);
    }
    this.tell("headers", headers, request);
  }

  /** How long functions of the user's may take over a handshake, in ms. */
  get handshakeMs(): number {
    return this.#opts.limits.handshakeMs;
  }

  /** How often each limit was exceeded: see the option `limits`, and the event `limit_exceeded`. */
  get refusals(): Readonly<Record<LimitName, number>> {
    return this.#refusals;
  }

  onRejected(req: EngineRequest, { code, context, limit }: Rejection): void {
    const message = ENGINE_ERROR_MESSAGES[code];
    log("refusing a request: %s (%d) %o", message, code, context);
    this.tell("connection_error", { req, code, message, context });
    if (limit !== undefined) {
      this.onLimit(limit, { req });
    }
  }

  /** Counts and tells that a limit was exceeded. */
  onLimit(
    limit: LimitName,
    { req, session, namespace }: Partial<Omit<LimitExceeded, "limit" | "value" | "address">>,
    value = this.#opts.limits[limit as keyof ResolvedLimits], // or it is none of these, and told
  ): void {
    const address = req === undefined ? session?.remoteAddress : this.addressOf(req);
    log("the limit %s (%d) was exceeded by %s", limit, value, address);
    this.#refusals[limit]++;
    this.tell("limit_exceeded", { limit, value, address, req, session, namespace });
  }

  /** Tells that a client was not let into a namespace. */
  onConnectRefused(refused: ConnectRefused): void {
    this.tell("connect_refused", refused);
  }
}
