import type { ListenTarget } from "../arguments.ts";
import type { Engine } from "../engine/engine.ts";
import type { Answer } from "../engine/exchange.ts";
import type { RequestSource } from "../engine/request.ts";
import { SocketIOError, throwLater, warn } from "../errors.ts";
import type { OutgoingHeaders } from "../response-head.ts";
import { describe, withDefaults } from "../validate.ts";
import {
  type BunApplication,
  type BunHandler,
  type BunWebSocketHandler,
  fromApplication,
  notFound,
  requireApplication,
} from "./bun-application.ts";
import { BunExchange, type ExchangePort } from "./bun-exchange.ts";
import { BunListener, type BunServer, type ListenSettings } from "./bun-listener.ts";
import { BunRequest } from "./bun-request.ts";
import { isBare, isBelow } from "./bun-request-text.ts";
import { answerFile, closes, toHeaders } from "./bun-response.ts";
import { isSession, SessionSocket } from "./bun-session-socket.ts";
import { allowsTopics, BunTopics } from "./bun-topics.ts";
import { BunUpgrade, type UpgradeHost } from "./bun-upgrade.ts";
import { maxMessageBytes, silenceS, webSocketSettings } from "./bun-websocket-settings.ts";
import { makeLog } from "../log.ts";

const log = makeLog("engine");

/** What the host serves. */
export interface BunService {
  readonly engine: Engine;
  /** The prefix of the paths that belong to it. */
  readonly prefix: string;
  /** Serves a file of the browser client; null for any other request. */
  serveFile(url: string, request: RequestSource): Answer | Promise<Answer> | null;
}

const LONGEST_TIMEOUT_S = 255; // of Bun
const WIRING_CHECK_MS = 1_000;
const BUN_DEFAULT_MAX_BODY = 128 * 1024 * 1024;

/** Answers the requests of a Bun server from an engine. */
export class BunHost implements UpgradeHost {
  readonly #service: BunService;
  /** Whether Bun hands us the WebSockets we accept; until the first has come, that is watched. */
  #isWired = false;
  #hasWarned = false;
  readonly #topics: BunTopics;
  readonly #ports = new WeakMap<BunServer, ExchangePort>();

  constructor(service: BunService) {
    this.#service = service;
    this.#topics = new BunTopics(service.engine);
  }

  /** Whether a request belongs to the engine, by its path. */
  owns(request: Request): boolean {
    return isBelow(request.url, this.#service.prefix);
  }

  #intercepts(request: Request): boolean {
    const isOwn = this.owns(request);
    if (isOwn) {
      log('intercepting request for path "%s"', this.#service.prefix);
    }
    return isOwn;
  }

  /**
   * Answers a request, whatever its path.
   *
   * @param request the request
   * @param server the server it came to
   * @returns the answer; Bun ignores it where the request became a WebSocket
   */
  handle<Data>(
    request: Request,
    server: BunServer<Data> | null | undefined,
  ): Response | Promise<Response> {
    if (typeof request?.headers?.get !== "function" || typeof server?.requestIP !== "function") {
      throw new SocketIOError(
        "ERR_INVALID_ARGUMENT",
        "handle(request, server) takes what Bun.serve hands to fetch and to routes: " +
          `the request is ${describe(request)}, the server ${describe(server)}. A framework knows ` +
          "the server only if it listens by itself, or is handed it",
      );
    }
    return this.#serve(request, server) ?? new Response(null); // Bun does not look at it
  }

  /** @returns undefined where the request became a WebSocket */
  #serve<Data>(
    request: Request,
    server: BunServer<Data>,
  ): Response | Promise<Response> | undefined {
    const bunRequest = new BunRequest(request, server);
    // Each header that is asked for costs: one that is not upgraded, nor the last, says nothing or this.
    const connection = request.headers.get("connection");
    const isPlain = connection === null || connection === "keep-alive";
    const isLast = !isPlain && closes(connection);
    const file = isBare(request.url, this.#service.prefix)
      ? null // nearly every one
      : this.#service.serveFile(bunRequest.url, bunRequest);
    if (file !== null) {
      return answerFile(file, isLast);
    }
    if (!isPlain && request.headers.get("upgrade")?.toLowerCase() === "websocket") {
      return this.#upgrade(bunRequest, request, server);
    }
    const { engine } = this.#service;
    if (bunRequest._query.sid === undefined || engine.isObserved) {
      bunRequest.keep(); // a session does, or somebody may
    }
    const exchange = new BunExchange(bunRequest, request, isLast);
    engine.handleExchange(exchange);
    return exchange.answer(this.#portOf(server as BunServer));
  }

  #portOf(server: BunServer): ExchangePort {
    let port = this.#ports.get(server);
    if (port === undefined) {
      const { flushQueue } = this.#service.engine;
      port = {
        flushQueue,
        extendTimeout: (request) => server.timeout(request, this.#requestTimeoutS()),
      };
      this.#ports.set(server, port);
    }
    return port;
  }

  // A poll is parked until the next ping at the longest; the heartbeat ends a session whose client
  // stalls. Bun's own timer is the net below both.
  #requestTimeoutS(): number {
    const seconds = silenceS(this.#service.engine.opts);
    return seconds > LONGEST_TIMEOUT_S ? 0 : seconds;
  }

  #upgrade<Data>(
    bunRequest: BunRequest,
    request: Request,
    server: BunServer<Data>,
  ): Response | Promise<Response> | undefined {
    bunRequest.keep();
    // Bun types `data` by the application's WebSockets; a session's are told apart at run time.
    const upgrade = new BunUpgrade(bunRequest, request, server as BunServer, this);
    this.#service.engine.decideUpgrade(upgrade);
    return upgrade.isOpened ? undefined : upgrade.answer();
  }

  accept(upgrade: BunUpgrade, outgoing: OutgoingHeaders): number {
    const { webRequest: request, server } = upgrade;
    const data = new SessionSocket(upgrade.bunRequest, this.#topics.of(server), upgrade);
    let headers: Headers | undefined;
    try {
      headers = isEmpty(outgoing) ? undefined : toHeaders(outgoing);
    } catch (error) {
      throwLater(error); // of a header that a user's function set
      return 500;
    }
    let isUpgraded: boolean;
    try {
      isUpgraded = server.upgrade(request, headers === undefined ? { data } : { data, headers });
    } catch (error) {
      log("the request could not become a WebSocket: %s", error);
      if (!request.signal.aborted) {
        this.#checkWiring(); // Bun.serve was given no `websocket`
      }
      return 500;
    }
    if (isUpgraded && !this.#isWired) {
      this.#checkWiringLater();
    }
    return isUpgraded ? 200 : 400;
  }

  onWired(): void {
    this.#isWired = true;
  }

  #checkWiringLater(): void {
    setTimeout(() => this.#checkWiring(), WIRING_CHECK_MS).unref();
  }

  #checkWiring(): void {
    if (!this.#isWired) {
      this.#warnOnce(
        "a WebSocket of Socket.IO was accepted, but Bun.serve does not hand it on: " +
          "give it `websocket: io.websocket`, or spread io.handler({ fetch, websocket }) " +
          "with your own handlers in it",
      );
    }
  }

  // Once is enough to be told, and clients may come by the thousand.
  #warnOnce(message: string): void {
    if (!this.#hasWarned) {
      this.#hasWarned = true;
      warn(message);
    }
  }

  /** What to spread into `Bun.serve`: see {@link BunApplication}. */
  handler<Data>(application: BunApplication<Data> = {}): BunHandler<Data> {
    requireApplication(application);
    return {
      fetch: (request, server) => {
        return this.#intercepts(request)
          ? this.handle(request, server)
          : fromApplication(application.fetch?.(request, server));
      },
      websocket: this.websocket(application.websocket),
    };
  }

  /**
   * The `websocket` part of `Bun.serve`'s options.
   *
   * @param own the application's, for WebSockets that are no session's
   */
  websocket<Data>(own?: BunWebSocketHandler<Data>): BunWebSocketHandler<Data> {
    const hasTopics = allowsTopics(own);
    return {
      ...webSocketSettings(this.#service.engine.opts, own),
      open: (ws) => {
        if (isSession(ws.data)) {
          ws.data.onOpen(ws, hasTopics);
          return;
        }
        if (own === undefined) {
          this.#warnOnce(
            "a WebSocket of the application was opened, but io.handler() has no `websocket`",
          );
        }
        return own?.open?.(ws);
      },
      message(ws, message) {
        return isSession(ws.data) ? ws.data.onMessage(message) : own?.message?.(ws, message);
      },
      drain(ws) {
        return isSession(ws.data) ? ws.data.onDrain() : own?.drain?.(ws);
      },
      close(ws, code, reason) {
        return isSession(ws.data) ? ws.data.onClose(code, reason) : own?.close?.(ws, code, reason);
      },
      ping(ws, data) {
        return isSession(ws.data) ? undefined : own?.ping?.(ws, data);
      },
      pong(ws, data) {
        return isSession(ws.data) ? undefined : own?.pong?.(ws, data);
      },
    };
  }

  /**
   * Listens on a port of its own.
   *
   * @param target the port, 0 for any free one, or the path of a unix socket
   * @param settings see {@link ListenSettings}
   * @throws SocketIOError with `ERR_INVALID_OPTION`, and what Bun throws
   */
  listen(target: ListenTarget, settings: ListenSettings = {}): BunListener {
    const { hostname, tls, reusePort, ipv6Only } = settings;
    if ("unix" in target && hostname !== undefined) {
      throw new SocketIOError(
        "ERR_INVALID_OPTION",
        `a unix socket has no hostname: leave out hostname ${describe(hostname)}`,
      );
    }
    const where =
      "unix" in target
        ? target
        : withDefaults({ port: target.port }, { hostname, reusePort, ipv6Only });
    const server = Bun.serve({
      ...(where as { port: number }), // Bun types its options by one or the other
      ...(tls === undefined ? {} : { tls }),
      ...this.handler<unknown>(),
      fetch: (request, server) =>
        this.#intercepts(request) ? this.#serve(request, server) : notFound(),
      maxRequestBodySize: Math.max(
        BUN_DEFAULT_MAX_BODY,
        maxMessageBytes(this.#service.engine.opts),
      ),
      error(error) {
        // Bun's own page would show the stack to the client.
        warn("a request failed", error);
        return new Response(null, { status: 500 });
      },
    });
    return new BunListener(server, "unix" in target ? target.unix : (hostname ?? "::"));
  }
}

function isEmpty(headers: OutgoingHeaders): boolean {
  for (const _name in headers) {
    return false;
  }
  return true;
}
