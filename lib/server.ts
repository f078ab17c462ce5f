import * as defaultParser from "socket.io-parser";
import type { AdapterApi, AdapterNamespace } from "../adapters/adapter.ts";
import { Adapter } from "../adapters/memory.ts";
import { SessionAwareAdapter } from "../adapters/session-aware.ts";
import { isTarget, toListenTarget, toNamespaceName } from "./arguments.ts";
import { BroadcastOperator } from "./broadcast-operator.ts";
import { Broadcaster, type NamespaceOperator } from "./broadcaster.ts";
import { Client, type ClientServer, type Decoder, type Encoder } from "./client.ts";
import { serveClientBundle } from "./client-bundle.ts";
import { delegateEmitter } from "./delegate.ts";
import { Engine } from "./engine/engine.ts";
import type { EngineRequest } from "./engine/request.ts";
import { SocketIOError, throwLater } from "./errors.ts";
import type {
  AllButLast,
  DecorateAcknowledgementsWithTimeoutAndMultipleResponses,
  DefaultEventsMap,
  EventNames,
  EventNamesWithAck,
  EventParams,
  EventsMap,
  FirstNonErrorArg,
  Last,
  Untyped,
} from "./events.ts";
import { type AttachOptions, computePrefix } from "./hosts/attach-options.ts";
import { BunHost } from "./hosts/bun.ts";
import type { BunApplication, BunHandler, BunWebSocketHandler } from "./hosts/bun-application.ts";
import { BunListener, type BunServer } from "./hosts/bun-listener.ts";
import { EngineServer } from "./hosts/engine-server.ts";
import { closeNodeServer, isNodeServer, type NodeHttpServer } from "./hosts/node.ts";
import { Namespace } from "./namespace.ts";
import { NamespaceRegistry, type ParentNspNameMatchFn } from "./namespace-registry.ts";
import type {
  AdapterConstructor,
  NamespaceMiddleware,
  NamespaceReservedEventsMap,
} from "./namespace-types.ts";
import {
  type ServerOptions as Options,
  type ResolvedServerOptions,
  resolveServerOptions,
} from "./options.ts";
import { ParentNamespace } from "./parent-namespace.ts";
import type { Socket } from "./socket.ts";
import { withDefaults } from "./validate.ts";

const CLOSE_GRACE_MS = 2_000;

/** The options of {@link Server}. */
export type ServerOptions = Options<AdapterConstructor>;

/** The events that a server itself emits. */
export interface ServerReservedEventsMap<
  ListenEvents extends EventsMap,
  EmitEvents extends EventsMap,
  ServerSideEvents extends EventsMap,
  SocketData,
> extends NamespaceReservedEventsMap<ListenEvents, EmitEvents, ServerSideEvents, SocketData> {
  new_namespace: (
    namespace: Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>,
  ) => void;
}

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
  extends Broadcaster<
    EmitEvents,
    ServerSideEvents,
    ServerReservedEventsMap<ListenEvents, EmitEvents, ServerSideEvents, SocketData>,
    SocketData
  >
  implements ClientServer
{
  /** The namespace `/`. */
  readonly sockets: Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>;
  /** The Engine.IO server below. */
  engine: EngineServer;
  /** Encodes packets for the wire. */
  readonly encoder: Encoder;
  /**
   * What `listen()` made, or the server of node:http given to it. It is undefined before, which the
   * type, as the reference's, does not say.
   */
  httpServer!: BunListener | NodeHttpServer;

  /** The options of the constructor, without the defaults. */
  readonly #given: ServerOptions;
  readonly #options: ResolvedServerOptions<AdapterConstructor>;
  readonly #namespaces = new NamespaceRegistry<
    Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>
  >((namespace) => this.sockets.onNewNamespace(namespace));
  /** Its own engine, if `bind()` has put another in its place. */
  readonly #engine: EngineServer;
  readonly #host: BunHost;
  /** All that {@link close} has to close. */
  readonly #servers = new Set<BunListener | NodeHttpServer>();
  #path = "";
  #addTrailingSlash: boolean;
  #connectTimeoutMs: number;
  #servesClient: boolean;
  #adapter: AdapterConstructor;

  /**
   * @param options see {@link ServerOptions}
   * @throws SocketIOError with `ERR_INVALID_OPTION`
   */
  constructor(options?: ServerOptions);
  /**
   * @param target a server of node:http or a port: see {@link listen}
   * @param options see {@link ServerOptions}
   * @throws SocketIOError with `ERR_INVALID_ARGUMENT`, `ERR_INVALID_OPTION`
   */
  constructor(target: NodeHttpServer | number | string | undefined, options?: ServerOptions);
  constructor(first?: ServerOptions | NodeHttpServer | number | string, second?: ServerOptions) {
    super();
    const hasTarget = isTarget(first);
    const given = (hasTarget ? second : (first as ServerOptions)) ?? {};
    const options = resolveServerOptions(given);
    this.#given = given;
    this.#options = options;
    this.#addTrailingSlash = options.addTrailingSlash ?? true;
    this.#connectTimeoutMs = options.connectTimeout;
    this.#servesClient = options.serveClient;
    this.#adapter =
      options.adapter ?? (options.connectionStateRecovery ? SessionAwareAdapter : Adapter);
    this.path(options.path);
    this.encoder = new this._parser.Encoder();
    this.#engine = new EngineServer(given);
    this.#engine.onSession = (session) => new Client(this, session);
    this.engine = this.#engine;
    this.#host = new BunHost(this.#makeService());
    this.sockets = this.of("/");
    if (hasTarget && first !== undefined && first !== null) {
      this.listen(first as number);
    }
  }

  #makeService(): ConstructorParameters<typeof BunHost>[0] {
    const self = this;
    return {
      engine: this.#engine,
      get prefix() {
        return self.#prefix();
      },
      serveFile: (request) => this.#serveFile(request),
    };
  }

  #serveFile(request: EngineRequest): ReturnType<typeof serveClientBundle> {
    return this.#servesClient ? serveClientBundle(request, this.#path, this.#options.cors) : null;
  }

  #prefix(): string {
    return computePrefix(this.#path, this.#addTrailingSlash);
  }

  /** The package that encodes and decodes packets. @internal */
  get _parser(): {
    Encoder: new () => Encoder;
    Decoder: new () => Decoder;
  } {
    return this.#options.parser ?? defaultParser;
  }

  /** The namespaces by name. @internal */
  get _nsps(): Map<string, Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>> {
    return this.#namespaces.byName;
  }

  /** The options of the server, with their defaults; those of the engine are in `engine.opts`. */
  get opts(): ResolvedServerOptions<AdapterConstructor> {
    return this.#options;
  }

  /** The same as {@link opts}. @internal */
  get _opts(): ResolvedServerOptions<AdapterConstructor> {
    return this.#options;
  }

  get connectTimeoutMs(): number {
    return this.#connectTimeoutMs;
  }

  createDecoder(): Decoder {
    return new this._parser.Decoder();
  }

  createAdapter(namespace: AdapterNamespace): AdapterApi {
    const make = this.#adapter;
    // An arrow function cannot be constructed; classes and plain functions can.
    return make.prototype === undefined
      ? (make as (nsp: AdapterNamespace) => AdapterApi)(namespace)
      : new (make as new (nsp: AdapterNamespace) => AdapterApi)(namespace);
  }

  protected override everyone(): NamespaceOperator<EmitEvents, SocketData> {
    return new BroadcastOperator(this.sockets.adapter);
  }

  /** Says whether the browser client is served, or sets it. */
  serveClient(): boolean;
  serveClient(value: boolean): this;
  serveClient(value?: boolean): this | boolean {
    if (value === undefined) {
      return this.#servesClient;
    }
    this.#servesClient = value;
    return this;
  }

  /** The path that the server answers under, or sets it. */
  path(): string;
  path(value: string): this;
  path(value?: string): this | string {
    if (value === undefined) {
      return this.#path;
    }
    this.#path = value.replace(/\/$/, "");
    return this;
  }

  /** How long a client may take to join its first namespace, in ms, or sets it. */
  connectTimeout(): number;
  connectTimeout(value: number): this;
  connectTimeout(value?: number): this | number {
    if (value === undefined) {
      return this.#connectTimeoutMs;
    }
    this.#connectTimeoutMs = value;
    return this;
  }

  /** What makes the adapter of each namespace, or sets it, for those there are as well. */
  adapter(): AdapterConstructor;
  adapter(value: AdapterConstructor): this;
  adapter(value?: AdapterConstructor): this | AdapterConstructor {
    if (value === undefined) {
      return this.#adapter;
    }
    this.#adapter = value;
    for (const namespace of this._nsps.values()) {
      namespace.adapter = this.createAdapter(namespace);
      namespace.initAdapter();
    }
    return this;
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
    const where = isNodeServer(target) ? null : toListenTarget(target);
    if (where !== null) {
      this.#requireSilence();
    }
    const merged = resolveServerOptions(withDefaults(options, this.#given));
    this.#engine.configure(merged); // first: it may throw
    this.#addTrailingSlash = merged.addTrailingSlash ?? true;
    // Only a path of these options counts: one of the constructor is set already, if not replaced.
    this.path((this.#given.path ? null : options.path) ?? this.#path);
    this.engine = this.#engine;
    this.httpServer =
      where === null
        ? this.#attachTo(target as NodeHttpServer, merged)
        : this.#host.listen(where, merged);
    this.#servers.add(this.httpServer);
    return this;
  }

  #requireSilence(): void {
    for (const server of this.#servers) {
      if (server instanceof BunListener) {
        throw new SocketIOError(
          "ERR_ALREADY_LISTENING",
          `the server listens ${server.whereabouts} already: ` +
            "close() it first, or make another Server",
        );
      }
    }
  }

  #attachTo(server: NodeHttpServer, options: AttachOptions): NodeHttpServer {
    const attachOptions = {
      ...options,
      path: this.#path || "/", // an empty one would mean the engine's own default
      addTrailingSlash: this.#addTrailingSlash,
    };
    this.#engine.attach(server, attachOptions, (request) => this.#serveFile(request));
    return server;
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
      const client = new Client(this, conn);
      conn.on("data", (data: Untyped) => client.onMessage(data));
      conn.on("close", (reason: Untyped, description: unknown) =>
        client.onClose(reason, description),
      );
    });
    return this;
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
    return this.#host.handler(application);
  }

  /**
   * Answers a request, for applications that route by themselves. It does not look at the path.
   *
   * @param request the request
   * @param server the server of Bun it came to, whose `websocket` must be {@link websocket}
   * @returns the answer; Bun ignores it where the request became a WebSocket
   */
  handle<Data>(request: Request, server: BunServer<Data>): Response | Promise<Response> {
    return this.#host.handle(request, server);
  }

  /** The `websocket` part of `Bun.serve`'s options, for use with {@link handle}. */
  get websocket(): BunWebSocketHandler<Untyped> {
    return this.#host.websocket();
  }

  /** Looks up a namespace for a client. @internal */
  findNamespace(
    name: string,
    auth: Record<string, unknown>,
    found: (
      namespace: Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData> | null,
    ) => void,
  ): void {
    this.#namespaces.find(name, auth, found);
  }

  /**
   * Looks up a namespace, or makes it.
   *
   * @param name the name; a slash is put before it where there is none. A regular expression, or a
   * function, has namespaces made on demand, when a client asks for a name that it takes: the result is
   * then the {@link ParentNamespace} of all of these.
   * @param listener listens to its connections
   * @throws SocketIOError with `ERR_INVALID_NAMESPACE`
   */
  of(
    name: string | RegExp | ParentNspNameMatchFn,
    listener?: (socket: Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>) => void,
  ): Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData> {
    const namespace =
      typeof name === "function" || name instanceof RegExp
        ? this.#makeParent(name)
        : this.#getNamespace(toNamespaceName(name));
    if (listener !== undefined) {
      namespace.on("connect", listener);
    }
    return namespace;
  }

  #makeParent(
    match: RegExp | ParentNspNameMatchFn,
  ): Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData> {
    const parent = new ParentNamespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>(
      this,
    );
    this.#namespaces.addRule(match, parent);
    return parent;
  }

  #getNamespace(name: string): Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData> {
    let namespace = this.#namespaces.lookUp(name);
    if (namespace === undefined) {
      namespace = new Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>(this, name);
      this._nsps.set(name, namespace);
      if (name !== "/") {
        this.sockets.onNewNamespace(namespace);
      }
    }
    return namespace;
  }

  /** Called when nobody is in a namespace any more. @internal */
  onNamespaceEmpty(
    namespace: Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>,
  ): void {
    if (
      this.#options.cleanupEmptyChildNamespaces &&
      this.#namespaces.removeChild(namespace.name, namespace)
    ) {
      new Promise((resolve) => resolve(namespace.adapter.close())).catch(throwLater);
    }
  }

  /** Adds a middleware to the namespace `/`: see {@link Namespace.use}. */
  use(
    middleware: NamespaceMiddleware<Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>>,
  ): this {
    this.sockets.use(middleware);
    return this;
  }

  /** Sends an event to the other nodes: see {@link Namespace.serverSideEmit}. */
  serverSideEmit<Ev extends EventNames<ServerSideEvents>>(
    ev: Ev,
    ...args: EventParams<
      DecorateAcknowledgementsWithTimeoutAndMultipleResponses<ServerSideEvents>,
      Ev
    >
  ): boolean {
    return this.sockets.serverSideEmit(ev, ...args);
  }

  /** The same, with a promise of the responses: see {@link Namespace.serverSideEmitWithAck}. */
  serverSideEmitWithAck<Ev extends EventNamesWithAck<ServerSideEvents>>(
    ev: Ev,
    ...args: AllButLast<EventParams<ServerSideEvents, Ev>>
  ): Promise<FirstNonErrorArg<Last<EventParams<ServerSideEvents, Ev>>>[]> {
    return this.sockets.serverSideEmitWithAck(ev, ...args);
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
    const namespaces = [...this._nsps.values()];
    const servers = [...this.#servers];
    for (const namespace of namespaces) {
      for (const socket of [...namespace.sockets.values()]) {
        socket.onClose("server shutting down");
      }
    }
    const engines = new Set<{ close(): unknown }>([this.#engine, this.engine]);
    for (const engine of engines) {
      engine.close();
    }
    await Promise.allSettled([
      ...[...engines].map((engine) =>
        engine instanceof Engine ? engine.whenEmpty(CLOSE_GRACE_MS) : undefined,
      ),
      ...namespaces
        .filter((namespace) => this._nsps.get(namespace.name) === namespace) // or it is closed by now
        .map(async (namespace) => namespace.adapter.close()),
    ]);
    const errors = await Promise.all(
      servers.map((server) =>
        server instanceof BunListener ? server.stop() : closeNodeServer(server),
      ),
    );
    for (const server of servers) {
      if (server instanceof BunListener) {
        this.#servers.delete(server);
        if (this.httpServer === server) {
          Object.assign(this, { httpServer: undefined });
        }
      }
    }
    callback?.(errors.find((error) => error !== undefined));
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
