import {
  createServer,
  type Server as HttpServer,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import type { Http2SecureServer, Http2Server } from "node:http2";
import type { Server as HttpsServer } from "node:https";
import type { Duplex } from "node:stream";
import type { Engine } from "../engine/engine.ts";
import type { Answer } from "../engine/exchange.ts";
import type { RequestSource } from "../engine/request.ts";
import type { UpgradeDecision } from "../engine/upgrade-reply.ts";
import { throwLater } from "../errors.ts";
import { Grace } from "../grace.ts";
import { ResponseHead } from "../response-head.ts";
import { type AttachOptions, computePrefix } from "./attach-options.ts";
import { NodeAcceptor } from "./node-acceptor.ts";
import { endConnections, onRequest, watchConnections } from "./node-connections.ts";
import { NodeExchange, toEngineRequest, write } from "./node-exchange.ts";
import { requireValid, refuse } from "./node-upgrade.ts";
import { NodeWebSocket } from "./node-websocket.ts";
import { makeLog } from "../log.ts";

const log = makeLog("engine");

/** A server of node:http, node:https or node:http2. */
export type NodeHttpServer = HttpServer | HttpsServer | Http2SecureServer | Http2Server;

interface Destroyable {
  destroy(): unknown;
}

type RequestListener = (request: IncomingMessage, response: ServerResponse) => void;

/** Serves a file of the browser client; null for a request of any other URL. */
export type FileService = (url: string, source: RequestSource) => Answer | Promise<Answer> | null;

const DEFAULT_PATH = "/engine.io";
const DEFAULT_DESTROY_TIMEOUT_MS = 1_000;

/** Answers the requests of servers of node:http from an engine. */
export class NodeHost {
  readonly #engine: Engine;
  readonly #acceptor: NodeAcceptor;
  /** The servers that are not closed. */
  readonly #servers = new Set<NodeHttpServer>();
  /** What each server has been attached for. */
  readonly #prefixes = new WeakMap<NodeHttpServer, Set<string>>();
  /** What ends when the engine does: WebSockets, and requests under way. */
  readonly #open = new Set<Destroyable>();
  readonly #grace = new Grace();

  constructor(engine: Engine) {
    this.#engine = engine;
    this.#acceptor = new NodeAcceptor(engine);
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
    watchConnections(server);
    emitter.on("request", (request, response) => {
      onRequest(server, request.socket, response);
      const file =
        serveFile?.(request.url ?? "/", { asEngineRequest: () => toEngineRequest(request) }) ??
        null;
      if (file !== null) {
        void Promise.resolve(file).then((answer) => write(response, answer));
      } else if (owns(request)) {
        log('intercepting request for path "%s"', prefix);
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
            socket.on("error", onDestroyError);
            socket.end(() => socket.destroy()); // its client may not end its own half
          }
        }, destroyUpgradeTimeout || DEFAULT_DESTROY_TIMEOUT_MS);
      }
    });
  }

  /** Answers a request, whatever its path. */
  handleRequest(request: IncomingMessage, response: ServerResponse): void {
    this.#open.add(response);
    this.#engine.handleExchange(new NodeExchange(request, response, this.#forget));
  }

  /**
   * Answers a request for a WebSocket, whatever its path.
   *
   * @param request the request
   * @param socket its connection
   * @param head what has come behind the request
   */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on("error", onEarlyError); // while the user's functions think, nobody else listens
    const forget = (): void => this.#forget(socket);
    this.#open.add(socket); // they may never be done, and a server that closes waits for it
    socket.once("close", forget);
    const engineRequest = toEngineRequest(request);
    let response: ResponseHead | null = null;
    this.#engine.decideUpgrade({
      request: engineRequest,
      get head() {
        return response;
      },
      makeHead() {
        response ??= new ResponseHead(engineRequest);
        return response;
      },
      onDecided: (decision) => {
        socket.off("close", forget);
        forget();
        if (decision.accepted) {
          response?.finish();
          this.#accept(request, socket, head, decision);
        } else {
          refuse(socket, decision);
        }
      },
    });
  }

  #accept(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    decision: UpgradeDecision & { accepted: true },
  ): void {
    try {
      requireValid(decision.headers);
    } catch (error) {
      throwLater(error); // of a header that a user's function set
      refuse(socket, { status: 500, headers: { Connection: "close" }, body: null });
      return;
    }
    this.#acceptor.accept(request, socket, head, decision.headers, (ws) => {
      const port = new NodeWebSocket(ws, (closed) => this.#forget(closed));
      this.#open.add(port);
      port.serve(decision.open(port));
    });
  }

  /** The engine is closed: the server of WebSockets is given up. */
  onEngineClose(): void {
    this.#acceptor.close();
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
    await this.#grace.wait(graceMs);
    // Unless it was opened again meanwhile: new sessions are not to blame.
    for (const each of this.#engine.isClosed() ? this.#open : []) {
      each.destroy();
    }
  }

  readonly #forget = (ended: Destroyable): void => {
    this.#open.delete(ended);
    if (this.#open.size === 0) {
      this.#grace.end();
    }
  };
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
    endConnections(server);
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

// The connection ends; there is nobody else to tell.
function onEarlyError(error: Error): void {
  log("websocket error before upgrade: %s", error.message);
}

function onDestroyError(error: Error): void {
  log("error while destroying upgrade: %s", error.message);
}
