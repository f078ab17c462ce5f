import { toListenTarget } from "./arguments.ts";
import { SocketIOError } from "./errors.ts";
import type { AttachOptions } from "./hosts/attach-options.ts";
import { BunHost, type BunService } from "./hosts/bun.ts";
import { BunListener, type ListenSettings } from "./hosts/bun-listener.ts";
import type { EngineServer } from "./hosts/engine-server.ts";
import { closeNodeServer, isNodeServer, type NodeHttpServer } from "./hosts/node.ts";
import { makeLog } from "./log.ts";

const log = makeLog("socket.io:server");

/** What listening needs of a server. */
export interface ListeningPort extends Pick<BunService, "prefix" | "serveFile"> {
  path(): string;
  serveClient(): boolean;
}

/** The servers that a `Server` listens with, or is attached to. */
export class Listening {
  /** Answers the requests of Bun's servers. */
  readonly host: BunHost;
  readonly #engine: EngineServer;
  readonly #port: ListeningPort;
  readonly #servers = new Set<BunListener | NodeHttpServer>();

  constructor(engine: EngineServer, port: ListeningPort) {
    this.#engine = engine;
    this.#port = port;
    this.host = new BunHost({
      engine,
      get prefix() {
        return port.prefix;
      },
      serveFile: (url, source) => port.serveFile(url, source),
    });
  }

  /** All that are to be closed. */
  get servers(): (BunListener | NodeHttpServer)[] {
    return [...this.#servers];
  }

  /**
   * Checks what {@link start} would be given.
   *
   * @throws SocketIOError with `ERR_ALREADY_LISTENING`, `ERR_INVALID_ARGUMENT`
   */
  requireTarget(target: NodeHttpServer | number | string): void {
    if (!isNodeServer(target)) {
      toListenTarget(target);
      this.#requireSilence();
    }
  }

  #requireSilence(): void {
    for (const server of this.#servers) {
      if (server instanceof BunListener && !server.listening) {
        this.#servers.delete(server); // closed by the program itself
      } else if (server instanceof BunListener) {
        throw new SocketIOError(
          "ERR_ALREADY_LISTENING",
          `the server listens ${server.whereabouts} already: ` +
            "close() it first, or make another Server",
        );
      }
    }
  }

  /**
   * Attaches to a server of node:http, or listens on a port or a unix socket of its own.
   *
   * @returns the server
   */
  start(
    target: NodeHttpServer | number | string,
    options: AttachOptions & ListenSettings,
  ): BunListener | NodeHttpServer {
    const { tls: _secret, ...shown } = options;
    log("creating engine.io instance with opts %j", shown);
    if (this.#port.serveClient()) {
      log("serving the client below %s/", this.#port.path());
    }
    const server = isNodeServer(target)
      ? this.#attachTo(target, options)
      : this.#bind(target, options);
    this.#servers.add(server);
    return server;
  }

  #bind(target: number | string, options: ListenSettings): BunListener {
    log("creating http server and binding to %s", target);
    return this.host.listen(toListenTarget(target), options);
  }

  #attachTo(server: NodeHttpServer, options: AttachOptions): NodeHttpServer {
    const attachOptions = {
      ...options,
      path: this.#port.path() || "/", // an empty one would mean the engine's own default
    };
    this.#engine.attach(server, attachOptions, (url, source) => this.#port.serveFile(url, source));
    return server;
  }

  /**
   * Closes servers.
   *
   * @param servers some of {@link servers}
   * @param onGone called with each that is of no more use: one of node:http may listen anew
   * @returns the error of one that did not listen
   */
  async stop(
    servers: readonly (BunListener | NodeHttpServer)[],
    onGone: (server: BunListener) => void,
  ): Promise<Error | undefined> {
    const errors = await Promise.all(
      servers.map((server) =>
        server instanceof BunListener ? server.stop() : closeNodeServer(server),
      ),
    );
    for (const server of servers) {
      if (server instanceof BunListener) {
        this.#servers.delete(server);
        onGone(server);
      }
    }
    return errors.find((error): error is Error => error !== undefined);
  }
}
