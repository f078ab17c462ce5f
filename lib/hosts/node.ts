import {
  createServer,
  type Server as HttpServer,
  type IncomingMessage,
  type ServerResponse,
  validateHeaderName,
  validateHeaderValue,
} from "node:http";
import type { Http2SecureServer, Http2Server } from "node:http2";
import type { Server as HttpsServer } from "node:https";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import type { Engine, UpgradeDecision } from "../engine/engine.ts";
import type { Answer } from "../engine/exchange.ts";
import type { ResolvedEngineOptions } from "../engine/options.ts";
import type { EngineRequest } from "../engine/request.ts";
import { throwLater } from "../errors.ts";
import { type OutgoingHeaders, ResponseHead } from "../response-head.ts";
import { type AttachOptions, computePrefix } from "./attach-options.ts";
import { NodeExchange, toEngineRequest, write } from "./node-exchange.ts";
import { NodeWebSocket, type WsSocket } from "./node-websocket.ts";

/** A server of node:http, node:https or node:http2. */
export type NodeHttpServer = HttpServer | HttpsServer | Http2SecureServer | Http2Server;

/** What is used of the `WebSocketServer` of the package `ws`, and so what a `wsEngine` makes. */
interface WsServer {
  on?(event: "headers", listener: (lines: string[], request: IncomingMessage) => void): unknown;
  handleUpgrade(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    done: (ws: WsSocket) => void,
  ): void;
  close(): unknown;
}

interface Destroyable {
  destroy(): unknown;
}

type RequestListener = (request: IncomingMessage, response: ServerResponse) => void;

/** Serves a file of the browser client; null for any other request. */
export type FileService = (request: EngineRequest) => Answer | Promise<Answer> | null;

const DEFAULT_PATH = "/engine.io";
const DEFAULT_DESTROY_TIMEOUT_MS = 1_000;
const STATUS_TEXTS: Readonly<Record<number, string>> = {
  400: "Bad Request",
  403: "Forbidden",
  500: "Internal Server Error",
  503: "Service Unavailable",
};

/** Answers the requests of servers of node:http from an engine. */
export class NodeHost {
  readonly #engine: Engine;
  /** The servers that are not closed. */
  readonly #servers = new Set<NodeHttpServer>();
  /** What each server has been attached for. */
  readonly #prefixes = new WeakMap<NodeHttpServer, Set<string>>();
  /** What ends when the engine does: WebSockets, and requests under way. */
  readonly #open = new Set<Destroyable>();
  /** The headers for the 101 answers that `ws` is about to write. */
  readonly #headers = new WeakMap<IncomingMessage, OutgoingHeaders>();
  #wsServer: WsServer | null = null;
  #wsOptions: ResolvedEngineOptions | null = null;
  #onQuiet: (() => void) | null = null;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /**
   * Takes the requests under a path from the other listeners of a server. A second time does nothing.
   *
   * @param server the server, listening or not
   * @param options see {@link AttachOptions}
   * @param serveFile asked before the path is looked at
   */
  attach(server: NodeHttpServer, options: AttachOptions, serveFile?: FileService): void {
    const prefix = computePrefix(options.path || DEFAULT_PATH, options.addTrailingSlash ?? true);
    const prefixes = this.#prefixes.get(server) ?? new Set();
    if (prefixes.has(prefix)) {
      return; // it was closed, say, and is to be used again: its listeners are there still
    }
    this.#prefixes.set(server, prefixes.add(prefix));
    const owns = ({ url }: IncomingMessage): boolean => url?.startsWith(prefix) ?? false;
    const emitter = server as HttpServer; // the others emit the same, as far as it matters here
    const others = emitter.listeners("request") as RequestListener[];
    emitter.removeAllListeners("request");
    emitter.on("request", (request, response) => {
      const file = serveFile?.(toEngineRequest(request)) ?? null;
      if (file !== null) {
        void Promise.resolve(file).then((answer) => write(response, answer));
      } else if (owns(request)) {
        this.handleRequest(request, response);
      } else {
        for (const listener of others) {
          listener.call(emitter, request, response);
        }
      }
    });
    if (this.#engine.opts.transports.includes("websocket")) {
      this.#attachUpgrades(emitter, owns, options);
    }
    this.#servers.add(server);
    emitter.on("listening", () => {
      this.#servers.add(server);
      this.#engine.reopen();
    });
    emitter.on("close", () => {
      this.#servers.delete(server);
      if (this.#servers.size === 0) {
        this.#engine.close();
      }
    });
  }

  #attachUpgrades(
    server: HttpServer,
    owns: (request: IncomingMessage) => boolean,
    { destroyUpgrade, destroyUpgradeTimeout }: AttachOptions,
  ): void {
    server.on("upgrade", (request, socket: Duplex & { bytesWritten?: number }, head) => {
      if (owns(request)) {
        this.handleUpgrade(request, socket, head);
      } else if (destroyUpgrade ?? true) {
        // A server without any such listener would end it; with ours there, somebody else has to.
        setTimeout(() => {
          if (socket.writable && (socket.bytesWritten ?? 0) <= 0) {
            socket.on("error", ignore);
            socket.end();
          }
        }, destroyUpgradeTimeout || DEFAULT_DESTROY_TIMEOUT_MS);
      }
    });
  }

  /** Answers a request, whatever its path. */
  handleRequest(request: IncomingMessage, response: ServerResponse): void {
    this.#open.add(response);
    response.once("close", () => this.#forget(response));
    this.#engine.handleExchange(new NodeExchange(request, response));
  }

  /**
   * Answers a request for a WebSocket, whatever its path.
   *
   * @param request the request
   * @param socket its connection
   * @param head what has come behind the request
   */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on("error", ignore); // while the user's functions think, nobody else listens
    this.#engine.decideUpgrade(toEngineRequest(request), new ResponseHead(), (decision) => {
      if (decision.accepted) {
        this.#accept(request, socket, head, decision);
      } else {
        refuse(socket, decision);
      }
    });
  }

  #accept(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    decision: UpgradeDecision & { accepted: true },
  ): void {
    try {
      validate(decision.headers);
    } catch (error) {
      throwLater(error); // of a header that a user's function set
      refuse(socket, { status: 500, headers: { Connection: "close" }, body: null });
      return;
    }
    this.#headers.set(request, decision.headers);
    this.#webSocketServer().handleUpgrade(request, socket, head, (ws) => {
      const port = new NodeWebSocket(ws, (closed) => this.#forget(closed));
      this.#open.add(port);
      port.serve(decision.open(port));
    });
  }

  // Made when the first is asked for: an engine without a server of node:http needs none.
  #webSocketServer(): WsServer {
    const { opts } = this.#engine;
    if (this.#wsServer === null || this.#wsOptions !== opts) {
      this.#wsServer?.close();
      // A class of the user's, of which no more than this is known.
      const Constructor = (opts.wsEngine ?? WebSocketServer) as new (options: object) => WsServer;
      this.#wsServer = new Constructor({
        noServer: true,
        clientTracking: false,
        perMessageDeflate: opts.perMessageDeflate,
        maxPayload: opts.maxHttpBufferSize,
      });
      this.#wsOptions = opts;
      this.#wsServer.on?.("headers", (lines, request) => {
        lines.push(...toLines(this.#headers.get(request) ?? {}));
        this.#headers.delete(request);
      });
    }
    return this.#wsServer;
  }

  /** The engine is closed: the servers of WebSockets are given up. */
  onEngineClose(): void {
    this.#wsServer?.close();
    this.#wsServer = null;
  }

  /**
   * Resolves when the requests of a closed engine are answered, and its WebSockets closed. Those
   * whose clients do not answer the Close frame, say, are cut in the end.
   *
   * @param graceMs when that is
   */
  async whenQuiet(graceMs: number): Promise<void> {
    if (this.#open.size === 0) {
      return;
    }
    let timer: ReturnType<typeof setTimeout> | undefined;
    await new Promise<void>((resolve) => {
      this.#onQuiet = resolve;
      timer = setTimeout(resolve, graceMs);
    });
    clearTimeout(timer);
    this.#onQuiet = null;
    // Unless it was opened again meanwhile: new sessions are not to blame.
    for (const each of this.#engine.isClosed() ? this.#open : []) {
      each.destroy();
    }
  }

  #forget(ended: Destroyable): void {
    this.#open.delete(ended);
    if (this.#open.size === 0) {
      this.#onQuiet?.();
    }
  }
}

/** Makes a server of node:http that answers 501 to all that is not the engine's. */
export function createBareServer(): HttpServer {
  return createServer((_request, response) => {
    response.writeHead(501);
    response.end("Not Implemented");
  });
}

/**
 * Stops a server listening.
 *
 * @returns resolves when its last connection is closed, with the error of a server that did not
 * listen
 */
export function closeNodeServer(server: NodeHttpServer): Promise<Error | undefined> {
  return new Promise((resolve) => {
    server.close((error) => resolve(error ?? undefined));
  });
}

/** Whether a value is a server that an engine can be attached to. */
export function isNodeServer(value: unknown): value is NodeHttpServer {
  return (
    typeof value === "object" &&
    value !== null &&
    "listen" in value &&
    typeof value.listen === "function" &&
    "on" in value &&
    typeof value.on === "function" &&
    "removeAllListeners" in value
  );
}

function refuse(socket: Duplex, { status, headers, body }: Answer): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const length = body === null ? 0 : Buffer.byteLength(body);
  const head = [
    `HTTP/1.1 ${status} ${STATUS_TEXTS[status] ?? ""}`,
    ...safeLines(headers),
    `Content-Length: ${length}`,
    "\r\n",
  ].join("\r\n");
  const bytes = Buffer.concat([Buffer.from(head, "latin1"), Buffer.from(body ?? "")]);
  socket.end(bytes, () => socket.destroy());
}

function safeLines(headers: OutgoingHeaders): string[] {
  try {
    validate(headers);
    return toLines(headers);
  } catch (error) {
    throwLater(error); // of a header that a user's function set
    return ["Connection: close"];
  }
}

function validate(headers: OutgoingHeaders): void {
  for (const [name, value] of Object.entries(headers)) {
    validateHeaderName(name);
    for (const each of typeof value === "string" ? [value] : value) {
      validateHeaderValue(name, each);
    }
  }
}

function toLines(headers: OutgoingHeaders): string[] {
  return Object.entries(headers).flatMap(([name, value]) =>
    (typeof value === "string" ? [value] : value).map((each) => `${name}: ${each}`),
  );
}

function ignore(): void {
  // The connection ends; there is nobody to tell.
}
