import { isTarget, requireOptions } from "./arguments.ts";
import { Client } from "./client.ts";
import type { ClientServer } from "./client-ports.ts";
import type { DeadlineClock } from "./deadline.ts";
import { delegateEmitter } from "./delegate.ts";
import { Engine } from "./engine/engine.ts";
import type { ConnectRefused } from "./engine/engine-events.ts";
import type { LimitName } from "./engine/limits.ts";
import type { Session } from "./engine/session.ts";
import { unsupported } from "./errors.ts";
import type { DefaultEventsMap, EventsMap, Untyped } from "./events.ts";
import type { BunApplication, BunHandler, BunWebSocketHandler } from "./hosts/bun-application.ts";
import type { BunListener, BunServer } from "./hosts/bun-listener.ts";
import { EngineServer } from "./hosts/engine-server.ts";
import type { NodeHttpServer } from "./hosts/node.ts";
import { Namespace } from "./namespace.ts";
import type { NamespacePath } from "./namespace-path.ts";
import { resolveServerOptions } from "./options.ts";
import { ParentNamespace } from "./parent-namespace.ts";
import { Drainer, type DrainOptions, type DrainReport } from "./server-drain.ts";
import { Listening } from "./server-listening.ts";
import { ServerNamespaces } from "./server-namespaces.ts";
import type { ServerOptions } from "./server-settings.ts";
import { withDefaults } from "./validate.ts";
import { makeLog } from "./log.ts";

const log = makeLog("socket.io:server");

const CLOSE_GRACE_MS = 2_000;

/**
 * A Socket.IO server.
 *
 * Where it stands for all sockets (`emit()`, `to()`, `on("connection")` and so on) it means those
 * of the namespace `/`.
 */
export class Server<
    ListenEvents extends EventsMap = DefaultEventsMap,
    EmitEvents extends EventsMap = ListenEvents,
    ServerSideEvents extends EventsMap = DefaultEventsMap,
    SocketData = Untyped,
  >
  extends ServerNamespaces<ListenEvents, EmitEvents, ServerSideEvents, SocketData>
  implements ClientServer
{
  /** The namespace `/`. */
  readonly sockets: Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>;
  /** The Engine.IO server below. */
  engine: EngineServer;
  /**
   * What `listen()` made, or the server of node:http given to it. It is undefined before, which the
   * type, as the reference's, does not say.
   */
  httpServer!: BunListener | NodeHttpServer;

  /** The options of the constructor, without the defaults. */
  readonly #given: ServerOptions;
  /** Its own engine, if `bind()` has put another in its place. */
  readonly #engine: EngineServer;
  readonly #listening: Listening;
  /** The clients of engines that `bind()` was given. */
  readonly #boundClients = new Set<Client>();
  readonly #drainer = new Drainer({
    clients: () => this.#clients(),
    refuseNew: () => {
      for (const engine of this.#engines) {
        engine.refuseNew?.();
      }
    },
    tell: (event, about) => this.sockets.announce(event, about),
    close: () => this.close(),
  });

  /**
   * @param options see {@link ServerOptions}
   * @throws SocketIOError with `ERR_INVALID_OPTION`
   */
  constructor(options?: ServerOptions);
  /**
   * @param target a server of node:http or a port: see {@link listen}; or the options
   * @param options see {@link ServerOptions}
   * @throws SocketIOError with `ERR_INVALID_ARGUMENT`, `ERR_INVALID_OPTION`
   */
  constructor(
    target: NodeHttpServer | number | string | ServerOptions | undefined,
    options?: ServerOptions,
  );
  constructor(first?: ServerOptions | NodeHttpServer | number | string, second?: ServerOptions) {
    const hasTarget = isTarget(first);
    const given = (hasTarget ? second : (first as ServerOptions)) ?? {};
    requireOptions(given, hasTarget ? undefined : second);
    super(given);
    this.#given = given;
    this.#engine = new EngineServer(given);
    this.#engine.onSession = (session) => this.#onConnection(session);
    this.engine = this.#engine;
    this.setLimits(this.#engine.opts.limits);
    this.#listening = new Listening(this.#engine, this);
    this.sockets = this.of("/");
    if (hasTarget && first !== undefined && first !== null) {
      this.listen(first as number);
    }
  }

  #onConnection(conn: Session): Client {
    log("incoming connection with id %s", conn.id);
    return new Client(this, conn);
  }

  /** The time by which pings, their answers and first CONNECTs are due. @internal */
  get clock(): DeadlineClock {
    return this.#engine.clock;
  }

  /** A client went beyond a limit. @internal */
  onLimit(limit: LimitName, session: Session, namespace?: string): void {
    const value = limit === "connectTimeout" ? this.connectTimeoutMs : this.limits[limit];
    const engine: Pick<EngineServer, "emit"> & Partial<EngineServer> = this.engine;
    if (engine.onLimit !== undefined) {
      engine.onLimit(limit, { session, namespace }, value);
    } else {
      const { remoteAddress: address } = session; // the engine is not ours: see bind()
      engine.emit("limit_exceeded", { limit, value, address, req: undefined, session, namespace });
    }
  }

  /** A client was not let into a namespace. @internal */
  onConnectRefused(refused: ConnectRefused): void {
    const engine: Pick<EngineServer, "emit"> & Partial<EngineServer> = this.engine;
    if (engine.onConnectRefused !== undefined) {
      engine.onConnectRefused(refused);
    } else {
      engine.emit("connect_refused", refused); // the engine is not ours: see bind()
    }
  }

  /**
   * Attaches to a server, or listens on a port of its own.
   *
   * A server of node:http, node:https or node:http2 may listen already. Of its requests those under
   * the path of this server come here; its listeners get all others.
   *
   * For a port or a unix socket, `Bun.serve` listens. What is not Socket.IO's is answered with 404;
   * see {@link handler} for sharing a port with an application.
   *
   * @param target the server; or the port, 0 for any free one, which `httpServer.address()` tells;
   * or the path of a unix socket: a string with a slash
   * @param options laid under those of the constructor
   * @throws SocketIOError with `ERR_ALREADY_LISTENING`, `ERR_INVALID_ARGUMENT`, `ERR_INVALID_OPTION`
   */
  listen(target: NodeHttpServer | number | string, options: ServerOptions = {}): this {
    this.#listening.requireTarget(target);
    const merged = resolveServerOptions(withDefaults(options, this.#given));
    this.#engine.configure(merged); // first: it may throw
    this.setLimits(this.#engine.opts.limits);
    this.addTrailingSlash = merged.addTrailingSlash ?? true;
    // Only a path of these options counts: one of the constructor is set already, if not replaced.
    this.path((this.#given.path ? null : options.path) ?? this.path());
    this.engine = this.#engine;
    this.httpServer = this.#listening.start(target, merged);
    return this;
  }

  /** The same as {@link listen}. */
  attach(target: NodeHttpServer | number | string, options: ServerOptions = {}): this {
    return this.listen(target, options);
  }

  /**
   * Serves the sessions of another engine: one of `bun-socket.io/engine`, or any that emits
   * `connection` with sessions like those, such as that of `@socket.io/bun-engine`.
   *
   * @param engine the engine, which `io.engine` is from now on; `close()` closes it too
   */
  bind(engine: Untyped): this {
    this.engine = engine;
    engine.on("connection", (conn: Untyped) => {
      const client = this.#onConnection(conn);
      this.#boundClients.add(client);
      conn.on("data", (data: Untyped) => client.onMessage(data));
      conn.on("close", (reason: Untyped, description: unknown) => {
        this.#boundClients.delete(client);
        client.onClose(reason, description);
      });
    });
    return this;
  }

  /** Of the reference, for uWebSockets.js, a server for Node.js: not here. Throws `ERR_UNSUPPORTED`. */
  attachApp(_app: unknown, _options?: ServerOptions): never {
    throw unsupported(
      "attachApp()",
      "on Bun, uWebSockets is what Bun.serve is made of: use listen()",
    );
  }

  /**
   * Makes what to spread into `Bun.serve`, so that an application and Socket.IO share a port.
   *
   * @example
   * Bun.serve({ port: 3000, ...io.handler({ fetch: () => new Response("my page") }) });
   *
   * @param application `fetch` answers all other requests, `websocket` handles the application's
   * own WebSockets
   */
  handler<Data = undefined>(application: BunApplication<Data> = {}): BunHandler<Data> {
    return this.#listening.host.handler(application);
  }

  /**
   * Answers a request, for applications that route by themselves. It does not look at the path.
   *
   * @param request the request
   * @param server the server of Bun it came to, whose `websocket` must be {@link websocket}; the type
   * allows for frameworks that may know none, which is an error all the same
   * @returns the answer; Bun ignores it where the request became a WebSocket
   * @throws SocketIOError with `ERR_INVALID_ARGUMENT`
   */
  handle<Data>(
    request: Request,
    server: BunServer<Data> | null | undefined,
  ): Response | Promise<Response> {
    return this.#listening.host.handle(request, server);
  }

  /** The `websocket` part of `Bun.serve`'s options, for use with {@link handle}. */
  get websocket(): BunWebSocketHandler<Untyped> {
    return this.#listening.host.websocket();
  }

  protected override makeNamespace(
    name: string,
  ): Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData> {
    return new Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>(this, name);
  }

  protected override makeParent(
    path: NamespacePath | null,
  ): ParentNamespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData> {
    return new ParentNamespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>(this, path);
  }

  *#clients(): Iterable<Client> {
    for (const { handler } of Object.values(this.#engine.clients)) {
      if (handler instanceof Client) {
        yield handler;
      }
    }
    yield* this.#boundClients;
  }

  get #engines(): Set<EngineServer> {
    return new Set([this.#engine, this.engine]); // that of bind() may lack any method
  }

  /**
   * Shuts down without haste: new handshakes get the status 503 with `Retry-After`, and the sessions
   * are asked to reconnect elsewhere, one after the other. Each goes on until its turn has come and no
   * acknowledgement is owed, by its client or to it; what was sent to it still arrives. Its client
   * takes that for a lost connection (`transport close`) and connects anew by itself; on the server
   * the reason is `server shutting down`, and with connection state recovery the session is kept.
   * When all have gone, or the time is up, it is {@link close}d.
   *
   * It emits `draining` and `drained`. A second call returns the promise of the first; `close()` in
   * the middle of it ends it.
   *
   * @param options how long it may take, and over what time the sessions are spread
   * @returns resolves when the server is closed, with what was cut; rejects with `ERR_INVALID_OPTION`
   */
  drain(options: DrainOptions = {}): Promise<DrainReport> {
    return this.#drainer.run(options);
  }

  /**
   * Ends every session, with the reason `server shutting down`, and stops listening, as do the
   * servers of node:http that this one is attached to. What was sent before still arrives, but a
   * client that is slow to take it is cut after two seconds. A server that the application started
   * with {@link handler} is the application's to stop; new handshakes there get the status 503.
   *
   * @param callback called when all is done, with the error of a server of node:http that did not
   * listen (`ERR_SERVER_NOT_RUNNING`)
   * @returns resolves when the port is free
   */
  async close(callback?: (error?: Error) => void): Promise<void> {
    this.#drainer.stop();
    const namespaces = [...this._nsps.values()];
    const servers = this.#listening.servers;
    for (const namespace of namespaces) {
      for (const socket of [...namespace.sockets.values()]) {
        socket._onClose("server shutting down");
      }
    }
    const engines = this.#engines;
    for (const engine of engines) {
      engine.close?.();
    }
    await Promise.allSettled([
      ...[...engines].map((engine) =>
        engine instanceof Engine ? engine.whenEmpty(CLOSE_GRACE_MS) : undefined,
      ),
      ...namespaces
        .filter((namespace) => this._nsps.get(namespace.name) === namespace) // or it is closed by now
        .map(async (namespace) => namespace.adapter.close()),
    ]);
    const error = await this.#listening.stop(servers, (server) => {
      if (this.httpServer === server) {
        Object.assign(this, { httpServer: undefined });
      }
    });
    if (error !== undefined) {
      log("a server of node:http was not running: %s", error.message);
    }
    callback?.(error);
  }
}

// `io.on("connection")` and the like mean the namespace `/`.
delegateEmitter(Server.prototype, (io: Server) => io.sockets);

declare module "./socket-types.ts" {
  interface UpperClasses<
    ListenEvents extends EventsMap,
    EmitEvents extends EventsMap,
    ServerSideEvents extends EventsMap,
    SocketData,
  > {
    Server: Server<ListenEvents, EmitEvents, ServerSideEvents, SocketData>;
  }
}
