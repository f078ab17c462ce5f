import type { IncomingMessage, Server as HttpServer, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { Engine } from "../engine/engine.ts";
import type { EngineOptions } from "../engine/options.ts";
import { SocketIOError } from "../errors.ts";
import { describe, validateOptions, withDefaults } from "../validate.ts";
import { ATTACH_OPTIONS, type AttachOptions } from "./attach-options.ts";
import { DefaultWsEngine } from "./node-acceptor.ts";
import {
  createBareServer,
  type FileService,
  isNodeServer,
  NodeHost,
  type NodeHttpServer,
} from "./node.ts";

/** The engine, with the methods that put it behind servers of node:http. */
export class EngineServer extends Engine {
  /** The server that {@link listen} made. */
  httpServer: HttpServer | undefined;
  readonly #node = new NodeHost(this);

  /**
   * @param options see {@link EngineOptions}
   * @throws SocketIOError with `ERR_INVALID_OPTION`
   */
  constructor(options: EngineOptions = {}) {
    super(withWsEngine(options));
  }

  override configure(options: EngineOptions): void {
    super.configure(withWsEngine(options));
  }

  /**
   * Takes the requests under a path from the other listeners of a server of node:http, node:https or
   * node:http2. Those of the `request` event there are now get all other requests; to those of the
   * `upgrade` event, too, nothing changes. When the server closes, so does the engine.
   *
   * @param server the server, listening or not
   * @param options see {@link AttachOptions}
   * @param serveFile of the package's own
   * @throws SocketIOError with `ERR_INVALID_ARGUMENT`, `ERR_INVALID_OPTION`
   */
  attach(server: NodeHttpServer, options: AttachOptions = {}, serveFile?: FileService): void {
    if (!isNodeServer(server)) {
      throw new SocketIOError(
        "ERR_INVALID_ARGUMENT",
        `attach() takes a server of node:http, got ${describe(server)}`,
      );
    }
    validateOptions(options, ATTACH_OPTIONS);
    this.#node.attach(server, options, serveFile);
  }

  /**
   * Answers a request of node:http, whatever its path.
   *
   * @param request the request
   * @param response its answer
   */
  handleRequest(request: IncomingMessage, response: ServerResponse): void {
    this.#node.handleRequest(request, response);
  }

  /**
   * Answers a request for a WebSocket of node:http, as its event `upgrade` tells it, whatever its
   * path.
   *
   * @param request the request
   * @param socket its connection
   * @param head the bytes that came behind the request
   */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#node.handleUpgrade(request, socket, head);
  }

  override close(): this {
    super.close();
    this.#node.onEngineClose();
    return this;
  }

  override async whenEmpty(graceMs: number): Promise<void> {
    await Promise.all([super.whenEmpty(graceMs), this.#node.whenQuiet(graceMs)]);
  }
}

function withWsEngine(options: EngineOptions): EngineOptions {
  const wsEngine = DefaultWsEngine as unknown as NonNullable<EngineOptions["wsEngine"]>;
  return withDefaults({ wsEngine }, options);
}

/**
 * Makes an engine and attaches it to a server of node:http.
 *
 * @param server the server
 * @param options those of the engine, and see {@link AttachOptions}
 */
export function attach(
  server: NodeHttpServer,
  options: EngineOptions & AttachOptions = {},
): EngineServer {
  const engine = new EngineServer(options);
  engine.attach(server, options);
  return engine;
}

/**
 * Makes an engine with a server of node:http of its own, its `httpServer`, which answers 501 to all
 * other requests.
 *
 * @param port the port; 0 for any free one
 * @param options those of the engine, and see {@link AttachOptions}
 * @param callback called when it listens
 */
export function listen(
  port: number,
  options?: (EngineOptions & AttachOptions) | (() => void),
  callback?: () => void,
): EngineServer {
  const given = typeof options === "function" ? {} : options;
  const server = createBareServer();
  const engine = attach(server, given);
  engine.httpServer = server;
  server.listen(port, typeof options === "function" ? options : callback);
  return engine;
}
