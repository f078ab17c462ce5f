import { toNamespaceName } from "./arguments.ts";
import { BroadcastOperator } from "./broadcast-operator.ts";
import type { NamespaceOperator } from "./broadcaster.ts";
import { throwLater } from "./errors.ts";
import type {
  AllButLast,
  DecorateAcknowledgementsWithTimeoutAndMultipleResponses,
  EventNames,
  EventNamesWithAck,
  EventParams,
  EventsMap,
  FirstNonErrorArg,
  Last,
  Untyped,
} from "./events.ts";
import type { Namespace } from "./namespace.ts";
import { NamespacePath } from "./namespace-path.ts";
import { NamespaceRegistry, type ParentNspNameMatchFn } from "./namespace-registry.ts";
import type { NamespaceMiddleware, NamespaceReservedEventsMap } from "./namespace-types.ts";
import type { ParentNamespace } from "./parent-namespace.ts";
import type { PathNamespace, PathSocket } from "./path-namespace.ts";
import type { DrainPlan, DrainReport } from "./server-drain.ts";
import { ServerSettings } from "./server-settings.ts";
import type { Socket } from "./socket.ts";
import { makeLog } from "./log.ts";

const log = makeLog("socket.io:server");

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
  /** `drain()` has begun: how many sessions there are, and what it is to do. */
  draining: (plan: DrainPlan & { sessions: number }) => void;
  /** `drain()` is over, and the server closed: what it returns. */
  drained: (report: DrainReport) => void;
}

/** The namespaces of a server, which are found or made by their names, and what it means for `/`. */
export abstract class ServerNamespaces<
  ListenEvents extends EventsMap,
  EmitEvents extends EventsMap,
  ServerSideEvents extends EventsMap,
  SocketData,
> extends ServerSettings<
  EmitEvents,
  ServerSideEvents,
  ServerReservedEventsMap<ListenEvents, EmitEvents, ServerSideEvents, SocketData>,
  SocketData
> {
  /** The namespace `/`. */
  abstract readonly sockets: Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>;
  readonly #namespaces = new NamespaceRegistry<
    Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>
  >((namespace) => this.sockets.onNewNamespace(namespace));

  protected abstract makeNamespace(
    name: string,
  ): Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>;

  /** @param path what it is to make namespaces of; null for anything but a path */
  protected abstract makeParent(
    path: NamespacePath | null,
  ): ParentNamespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>;

  /** The namespaces by name. @internal */
  get _nsps(): Map<string, Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>> {
    return this.#namespaces.byName;
  }

  protected override initAdapters(): void {
    for (const namespace of this._nsps.values()) {
      namespace.adapter = this.createAdapter(namespace);
      namespace.initAdapter();
    }
  }

  protected override everyone(): NamespaceOperator<EmitEvents, SocketData> {
    return new BroadcastOperator(this.sockets.adapter);
  }

  /** A namespace that exists. @internal */
  knownNamespace(
    name: string,
  ): Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData> | undefined {
    return this._nsps.get(name);
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
   * Has namespaces made on demand, when a client asks for a name that fits a path. They go with the last
   * of their sockets.
   *
   * @param path made by `path()` of `bun-socket.io/path`
   * @param listener listens to their connections
   * @returns the parent of all of these
   */
  of<Params extends object>(
    path: NamespacePath<Params>,
    listener?: (
      socket: PathSocket<Params, ListenEvents, EmitEvents, ServerSideEvents, SocketData>,
    ) => void,
  ): PathNamespace<Params, ListenEvents, EmitEvents, ServerSideEvents, SocketData>;
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
  ): Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>;
  of(
    name: string | RegExp | NamespacePath | ParentNspNameMatchFn,
    listener?: (socket: Untyped) => void,
  ): Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData> {
    const namespace =
      typeof name === "function" || name instanceof RegExp || name instanceof NamespacePath
        ? this.#addParent(name)
        : this.#getNamespace(toNamespaceName(name));
    if (listener !== undefined) {
      namespace.on("connect", listener);
    }
    return namespace;
  }

  #addParent(
    match: RegExp | NamespacePath | ParentNspNameMatchFn,
  ): Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData> {
    const parent = this.makeParent(match instanceof NamespacePath ? match : null);
    log("initializing parent namespace %s", parent.name);
    this.#namespaces.addRule(match, parent);
    return parent;
  }

  #getNamespace(name: string): Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData> {
    let namespace = this.#namespaces.lookUp(name);
    if (namespace === undefined) {
      log("initializing namespace %s", name);
      namespace = this.makeNamespace(name);
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
    const always = this.opts.cleanupEmptyChildNamespaces === true;
    if (this.#namespaces.removeChild(namespace.name, namespace, always)) {
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
}
