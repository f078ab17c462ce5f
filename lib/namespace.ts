import { PacketType } from "socket.io-parser";
import type { AdapterApi, AdapterNamespace, SocketId } from "../adapters/adapter.ts";
import type { BroadcastAckError } from "./acks.ts";
import { BroadcastOperator } from "./broadcast-operator.ts";
import { Broadcaster, type NamespaceOperator } from "./broadcaster.ts";
import { reservedEvent, throwLater } from "./errors.ts";
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
import { runMiddlewares } from "./middleware.ts";
import { type NamespaceReservedEventsMap, Socket, type SocketNamespace } from "./socket.ts";
import type { ConnectAttempt, SocketClient } from "./socket-ports.ts";
import { refusalOf } from "./socket-protocol-3.ts";
import type { ExtendedError } from "./socket-types.ts";
import { requireFunction } from "./validate.ts";

const RESERVED_SERVER_EVENTS: ReadonlySet<string | symbol> = new Set([
  "connect",
  "connection",
  "new_namespace",
]);

/** Makes the adapter of a namespace: a class, or a function that returns one. */
export type AdapterConstructor =
  | (new (
      nsp: Untyped,
    ) => AdapterApi)
  | ((nsp: Untyped) => AdapterApi);

/** What a namespace needs of its server. */
export interface NamespaceServer {
  readonly encoder: AdapterNamespace["server"]["encoder"];
  /** Makes the adapter of a namespace. */
  createAdapter(namespace: AdapterNamespace): AdapterApi;
}

/** A middleware that each socket passes before it is connected. */
export type NamespaceMiddleware<SocketType> = (
  socket: SocketType,
  next: (err?: ExtendedError) => void,
) => unknown;

/**
 * A channel of its own over the clients' shared connections, with its own middlewares, sockets and
 * rooms. It emits `connect` and `connection` with each new {@link Socket}.
 */
export class Namespace<
    ListenEvents extends EventsMap = DefaultEventsMap,
    EmitEvents extends EventsMap = ListenEvents,
    ServerSideEvents extends EventsMap = DefaultEventsMap,
    SocketData = Untyped,
  >
  extends Broadcaster<
    EmitEvents,
    ServerSideEvents,
    NamespaceReservedEventsMap<ListenEvents, EmitEvents, ServerSideEvents, SocketData>,
    SocketData
  >
  implements SocketNamespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>
{
  /** The name; it begins with a slash. */
  readonly name: string;
  readonly server: NamespaceServer;
  /** The connected sockets of this node. */
  readonly sockets = new Map<
    SocketId,
    Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>
  >();
  adapter: AdapterApi;
  /** The next packet id. Adapters count with it too. @internal */
  _ids = 0;
  /** The middlewares. @internal */
  readonly _fns: NamespaceMiddleware<
    Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>
  >[] = [];

  constructor(server: NamespaceServer, name: string) {
    super();
    this.server = server;
    this.name = name;
    this.adapter = server.createAdapter(this);
    this.initAdapter();
  }

  /** Starts the adapter, once there is a new one. @internal */
  initAdapter(): void {
    Promise.resolve(this.adapter.init()).catch(throwLater);
  }

  protected override everyone(): NamespaceOperator<EmitEvents, SocketData> {
    return new BroadcastOperator(this.adapter);
  }

  /**
   * Adds a middleware that each socket passes before it is connected.
   *
   * @param middleware calls `next()` to let the socket in, or `next(error)` to refuse it: the client
   * gets `connect_error` with the error's message and `data`. An error that it throws, or rejects
   * with, refuses the socket as well.
   */
  use(
    middleware: NamespaceMiddleware<Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>>,
  ): this {
    requireFunction(middleware, "a middleware");
    this._fns.push(middleware);
    return this;
  }

  /** Called when a client asks to be let in. @internal */
  add(
    client: SocketClient,
    auth: Record<string, unknown>,
    attempt: ConnectAttempt<Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>>,
  ): void {
    const socket = new Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>(
      this,
      client,
      auth,
    );
    runMiddlewares(
      this._fns,
      (middleware, next) => middleware(socket, next),
      (error) => {
        if (!attempt.isWanted) {
          socket.onRefused();
        } else if (error) {
          socket.onRefused();
          attempt.onRefused();
          const refusal = describeRefusal(error);
          const data = client.conn.protocol === 3 ? refusalOf(refusal) : refusal;
          client.writePacket({ type: PacketType.CONNECT_ERROR, nsp: this.name, data }, {});
        } else {
          this.#onConnect(socket, attempt);
        }
      },
    );
  }

  #onConnect(
    socket: Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>,
    attempt: ConnectAttempt<Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>>,
  ): void {
    this.sockets.set(socket.id, socket);
    attempt.onConnected(socket);
    socket.onConnect();
    try {
      this.emitReserved("connect", socket);
      this.emitReserved("connection", socket);
    } catch (error) {
      throwLater(error); // of a listener: the socket is connected all the same
    }
  }

  /** Called when a socket is gone. @internal */
  remove(socket: { readonly id: SocketId }): void {
    this.sockets.delete(socket.id);
  }

  /**
   * Sends an event to the other nodes.
   *
   * @param ev the event
   * @param args its arguments; a function at the end gets an error or null, and one response of
   * each other node
   * @returns true
   * @throws SocketIOError with `ERR_RESERVED_EVENT`
   */
  serverSideEmit<Ev extends EventNames<ServerSideEvents>>(
    ev: Ev,
    ...args: EventParams<
      DecorateAcknowledgementsWithTimeoutAndMultipleResponses<ServerSideEvents>,
      Ev
    >
  ): boolean {
    if (RESERVED_SERVER_EVENTS.has(ev)) {
      throw reservedEvent(ev);
    }
    this.adapter.serverSideEmit([ev, ...args]);
    return true;
  }

  /**
   * Sends an event to the other nodes and waits for their acknowledgements.
   *
   * @returns one response of each other node; rejects with an error whose `responses` are those
   * that did arrive
   */
  serverSideEmitWithAck<Ev extends EventNamesWithAck<ServerSideEvents>>(
    ev: Ev,
    ...args: AllButLast<EventParams<ServerSideEvents, Ev>>
  ): Promise<FirstNonErrorArg<Last<EventParams<ServerSideEvents, Ev>>>[]> {
    return new Promise((resolve, reject) => {
      const callback = (error: BroadcastAckError | null, responses: Untyped): void => {
        if (error) {
          error.responses = responses;
          reject(error);
        } else {
          resolve(responses);
        }
      };
      this.serverSideEmit(ev, ...([...args, callback] as Untyped));
    });
  }

  /** Called when a namespace has been made: listeners of the server are those of `/`. @internal */
  onNewNamespace(
    namespace: Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>,
  ): void {
    this.emitUntyped("new_namespace", namespace);
  }

  /** Called when another node has sent an event. @internal */
  _onServerSideEmit(args: [string, ...Untyped[]]): void {
    this.emitUntyped(...args);
  }
}

function describeRefusal(error: unknown): { message: string; data?: unknown } {
  if (error instanceof Error) {
    const { message, data } = error as ExtendedError;
    return { message, data };
  }
  return { message: String(error) };
}
