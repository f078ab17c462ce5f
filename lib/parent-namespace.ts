import type { Packet } from "socket.io-parser";
import type { AdapterApi, AdapterSocket, BroadcastOptions, Room } from "../adapters/adapter.ts";
import { Adapter } from "../adapters/memory.ts";
import type { RemoteSocket } from "./broadcast-operator.ts";
import { unsupported } from "./errors.ts";
import type { DefaultEventsMap, EventsMap, Untyped } from "./events.ts";
import { Namespace } from "./namespace.ts";
import type { NamespacePath } from "./namespace-path.ts";
import type { UpperClasses } from "./socket-types.ts";

let count = 0;

/**
 * A namespace whose clients are in its children: namespaces made on demand, when a client asks for a
 * name that a regular expression or a function takes. Middlewares and `connection` listeners go to each
 * child as it is made; a broadcast reaches the clients of all of them.
 */
export class ParentNamespace<
  ListenEvents extends EventsMap = DefaultEventsMap,
  EmitEvents extends EventsMap = ListenEvents,
  ServerSideEvents extends EventsMap = DefaultEventsMap,
  SocketData = Untyped,
> extends Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData> {
  /** The children there are. */
  readonly children = new Set<Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>>();
  /** The path that the names of the children fit, where there is one. */
  readonly #path: NamespacePath | null;

  constructor(
    server: UpperClasses<ListenEvents, EmitEvents, ServerSideEvents, SocketData>["Server"],
    path: NamespacePath | null = null,
  ) {
    super(server, `/_${count++}`);
    this.#path = path;
  }

  /** Those of a path always do. @internal */
  get removesEmptyChildren(): boolean {
    return this.#path !== null;
  }

  protected override makeAdapter(): AdapterApi {
    return new ParentAdapter(this);
  }

  /** Makes the child of the given name. @internal */
  createChild(name: string): Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData> {
    const child = new Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>(
      this.server,
      name,
    );
    child.params = this.#path?.match(name) ?? null;
    child.emitGuard = this.emitGuard;
    for (const middleware of this._fns) {
      child.use(middleware);
    }
    for (const event of ["connect", "connection"] as const) {
      for (const listener of this.listeners(event)) {
        child.on(event, listener);
      }
    }
    this.children.add(child);
    return child;
  }

  /**
   * Not possible here: nobody knows the children that other nodes have made.
   *
   * @throws SocketIOError with `ERR_UNSUPPORTED`
   */
  override fetchSockets(): Promise<RemoteSocket<EmitEvents, SocketData>[]> {
    throw noSockets();
  }
}

/** Hands what is done to a parent namespace to the adapters of its children. */
class ParentAdapter extends Adapter {
  readonly #parent: { readonly children: ReadonlySet<{ readonly adapter: AdapterApi }> };

  constructor(parent: ParentNamespace<Untyped, Untyped, Untyped, Untyped>) {
    super(parent);
    this.#parent = parent;
  }

  get #adapters(): AdapterApi[] {
    return Array.from(this.#parent.children, (child) => child.adapter);
  }

  override async serverCount(): Promise<number> {
    const counts = await Promise.all(this.#adapters.map((adapter) => adapter.serverCount()));
    return counts.reduce((sum, each) => sum + each, 0);
  }

  override broadcast(packet: Packet, options: BroadcastOptions): void {
    for (const adapter of this.#adapters) {
      adapter.broadcast(copyOf(packet), options);
    }
  }

  override broadcastWithAck(
    packet: Packet,
    options: BroadcastOptions,
    onClientCount: (clientCount: number) => void,
    onResponse: (response: Untyped) => void,
  ): void {
    for (const adapter of this.#adapters) {
      adapter.broadcastWithAck(copyOf(packet), options, onClientCount, onResponse);
    }
  }

  override addSockets(options: BroadcastOptions, rooms: Room[]): void {
    for (const adapter of this.#adapters) {
      adapter.addSockets(options, rooms);
    }
  }

  override delSockets(options: BroadcastOptions, rooms: Room[]): void {
    for (const adapter of this.#adapters) {
      adapter.delSockets(options, rooms);
    }
  }

  override disconnectSockets(options: BroadcastOptions, close: boolean): void {
    for (const adapter of this.#adapters) {
      adapter.disconnectSockets(options, close);
    }
  }

  override sockets(): Promise<Set<string>> {
    return Promise.reject(noSockets());
  }

  override fetchSockets(): Promise<AdapterSocket[]> {
    return Promise.reject(noSockets());
  }

  override count(): Promise<number> {
    return Promise.reject(noSockets());
  }
}

// Adapters write the namespace, an id and an offset into it.
function copyOf(packet: Packet): Packet {
  return { ...packet, data: [...packet.data] };
}

function noSockets(): Error {
  return unsupported(
    "fetchSockets() or count() of a parent namespace",
    "call it on each child, such as io.of(name)",
  );
}
