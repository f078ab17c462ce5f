import { PacketType } from "socket.io-parser";
import type {
  AdapterApi,
  AdapterNamespace,
  RestoredSession,
  SessionToPersist,
  SocketId,
} from "../adapters/adapter.ts";
import type { BroadcastAckError } from "./acks.ts";
import { BroadcastOperator } from "./broadcast-operator.ts";
import { Broadcaster, type NamespaceOperator } from "./broadcaster.ts";
import { reservedEvent, throwLater, warn } from "./errors.ts";
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
  ListenerErrorHook,
  Untyped,
} from "./events.ts";
import { callEach } from "./listeners.ts";
import { isPromiseLike, runMiddlewares } from "./middleware.ts";
import { type NamespaceReservedEventsMap, Socket } from "./socket.ts";
import type { ConnectAttempt, SocketClient } from "./socket-ports.ts";
import { refusalOf } from "./socket-protocol-3.ts";
import type { ExtendedError, UpperClasses } from "./socket-types.ts";
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
  implements AdapterNamespace
{
  /** The name; it begins with a slash. */
  readonly name: string;
  /** The server it belongs to. */
  readonly server: UpperClasses<ListenEvents, EmitEvents, ServerSideEvents, SocketData>["Server"];
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
  /** How many clients wait to be let in. */
  #pending = 0;
  /** By the private id of its session, where sessions can be recovered. */
  #recoverable: Map<string, Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>> | null =
    null;

  constructor(
    server: UpperClasses<ListenEvents, EmitEvents, ServerSideEvents, SocketData>["Server"],
    name: string,
  ) {
    super();
    this.server = server;
    this.name = name;
    this.adapter = this.makeAdapter();
    this.initAdapter();
  }

  protected makeAdapter(): AdapterApi {
    return this.server.createAdapter(this);
  }

  /** Starts the adapter, once there is a new one. @internal */
  initAdapter(): void {
    this.adapter.on("session-expired", (session: SessionToPersist) => {
      try {
        this.emitReserved("session_expired", session);
      } catch (error) {
        throwLater(error); // of a listener: the other sessions expire all the same
      }
      this.#checkEmpty();
    });
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
    this.#pending++;
    this.#restore(auth, (session) => {
      const socket = new Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>(
        this,
        client,
        auth,
        session,
      );
      const skips = this.server.opts.connectionStateRecovery?.skipMiddlewares;
      runMiddlewares(
        session !== null && skips ? [] : this._fns,
        (middleware, next) => middleware(socket, next),
        (error) => {
          this.#pending--;
          if (!attempt.isWanted) {
            this.#refuse(socket, session);
          } else if (error) {
            this.#refuse(socket, session);
            attempt.onRefused();
            const refusal = describeRefusal(error);
            const data = client.conn.protocol === 3 ? refusalOf(refusal) : refusal;
            client.writePacket({ type: PacketType.CONNECT_ERROR, nsp: this.name, data }, {});
          } else {
            this.#onConnect(socket, attempt, session);
          }
        },
      );
    });
  }

  /** Finds the session that a client had before it lost its connection; null where there is none. */
  #restore(
    auth: Record<string, unknown>,
    restored: (session: RestoredSession | null) => void,
  ): void {
    const { pid, offset } = auth;
    if (!this.server.opts.connectionStateRecovery || typeof pid !== "string") {
      restored(null);
      return;
    }
    this.#endUnnoticed(pid);
    const fail = (error: unknown): void => {
      const detail = error instanceof Error ? error.stack : String(error);
      warn("the adapter could not restore a session: the client starts a new one", detail);
      restored(null);
    };
    try {
      const session = this.adapter.restoreSession(
        pid,
        typeof offset === "string" ? offset : undefined,
      );
      if (isPromiseLike(session)) {
        session.then(restored, fail);
      } else {
        restored(session);
      }
    } catch (error) {
      fail(error);
    }
  }

  // A client can be back before the server has noticed that its connection was lost.
  #endUnnoticed(pid: string): void {
    const socket = this.#recoverable?.get(pid);
    if (socket !== undefined) {
      socket.onClose("transport close");
      socket.conn.close(true);
    }
  }

  #refuse(
    socket: Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>,
    session: RestoredSession | null,
  ): void {
    if (session !== null) {
      const { sid, pid, rooms, data } = session;
      this.persist({ sid, pid, rooms, data }); // its client may try once more
    }
    socket.onRefused();
  }

  #onConnect(
    socket: Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>,
    attempt: ConnectAttempt<Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>>,
    session: RestoredSession | null,
  ): void {
    this.sockets.set(socket.id, socket);
    if (socket.pid !== undefined) {
      this.#recoverable ??= new Map();
      this.#recoverable.set(socket.pid, socket);
    }
    attempt.onConnected(socket);
    socket.onConnect(session?.missedPackets ?? []);
    try {
      this.emitReserved("connect", socket);
      this.emitReserved("connection", socket);
    } catch (error) {
      throwLater(error); // of a listener: the socket is connected all the same
    }
  }

  /** Keeps the session of a client that may come back, if the adapter can. @internal */
  persist(session: SessionToPersist): void {
    const fail = (error: unknown): void => {
      const detail = error instanceof Error ? error.stack : String(error);
      warn("the adapter could not keep a session: the client cannot take it up again", detail);
    };
    try {
      const kept: unknown = this.adapter.persistSession(session); // of other nodes' it takes time
      if (isPromiseLike(kept)) {
        kept.then(undefined, fail);
      }
    } catch (error) {
      fail(error);
    }
  }

  /** Called when a socket is gone. @internal */
  remove(socket: Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>): void {
    // Of a recovered session there may be another socket of that id by now.
    if (this.sockets.get(socket.id) === socket) {
      this.sockets.delete(socket.id);
      if (socket.pid !== undefined) {
        this.#recoverable?.delete(socket.pid);
      }
    }
    this.#checkEmpty();
  }

  #checkEmpty(): void {
    if (this.sockets.size === 0 && this.#pending === 0 && this.adapter.hasSessions?.() !== true) {
      this.server.onNamespaceEmpty(this);
    }
  }

  /** Tells the `error` listeners, of here or of the server, what a listener threw. */
  protected override errorHook(): ListenerErrorHook | null {
    const target = this.listenerCount("error") > 0 ? this : this.server.sockets;
    if (target === undefined || target.listenerCount("error") === 0) {
      return null;
    }
    return (error, event, args) => {
      const [socket] = args;
      const context = { event, socket: socket instanceof Socket ? socket : undefined };
      callEach(target, "error", [error, { ...context, namespace: this }], throwLater);
    };
  }

  /** The same for what a listener of a socket threw. @internal */
  errorHookOf(
    socket: Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>,
  ): ListenerErrorHook | null {
    const hook = this.errorHook();
    return hook === null ? null : (error, event) => hook(error, event, [socket]);
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
    try {
      this.emitUntyped("new_namespace", namespace);
    } catch (error) {
      throwLater(error); // of a listener: the client that asked for the namespace gets its answer
    }
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

declare module "./socket-types.ts" {
  interface UpperClasses<
    ListenEvents extends EventsMap,
    EmitEvents extends EventsMap,
    ServerSideEvents extends EventsMap,
    SocketData,
  > {
    Namespace: Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>;
  }
}
