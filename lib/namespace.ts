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
import type { EmitGuard } from "./emit-guard.ts";
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
import { SessionRecovery } from "./namespace-recovery.ts";
import type { NamespaceMiddleware, NamespaceReservedEventsMap } from "./namespace-types.ts";
import { Socket } from "./socket.ts";
import type { ConnectAttempt, Refusal, SocketClient } from "./socket-ports.ts";
import type { ExtendedError, UpperClasses } from "./socket-types.ts";
import { requireFunction } from "./validate.ts";
import { makeLog } from "./log.ts";

const log = makeLog("socket.io:namespace");

const RESERVED_SERVER_EVENTS: ReadonlySet<string | symbol> = new Set([
  "connect",
  "connection",
  "new_namespace",
]);

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
  /** Sees what is emitted here, and by the sockets. Adapters of others may know of none. @internal */
  emitGuard: EmitGuard | null = null;
  /** What of its name the path says that it was made by: see {@link PathSocket}. @internal */
  params: Readonly<Record<string, string>> | null = null;
  /** The next packet id. Adapters count with it too. @internal */
  _ids = 0;
  /** The middlewares. @internal */
  readonly _fns: NamespaceMiddleware<
    Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>
  >[] = [];
  /** How many clients wait to be let in. */
  #pending = 0;
  readonly #recovery = new SessionRecovery(this);

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
    Promise.resolve(this.adapter.init()).catch((error: unknown) => {
      log("error while initializing adapter: %s", error);
      throwLater(error);
    });
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
    log("adding socket to nsp %s", this.name);
    this.#pending++;
    this.#recovery.restore(auth, (session) => {
      let socket: Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>;
      try {
        socket = new Socket(this, client, auth, session); // which joins the rooms of its session
        if (this.params !== null) {
          Object.assign(socket, { params: this.params });
        }
      } catch (error) {
        this.#pending--;
        attempt.onRefused();
        this.#onAdapterFailure(client, session, error);
        return;
      }
      let isDecided = false;
      const decide = (error?: unknown): void => {
        if (!isDecided) {
          isDecided = true;
          this.#pending--;
          const isLetIn = !error && attempt.isWanted;
          const whole = isLetIn && session !== null ? this.#readMissed(session) : session;
          if (isLetIn && whole === null && session !== null) {
            this.add(client, { ...auth, pid: undefined }, attempt); // it starts a new session
            socket.onRefused();
          } else {
            this.#decide(socket, attempt, whole, error);
          }
        }
      };
      if (!attempt.isWanted) {
        decide();
        return;
      }
      attempt.onAbandoned = decide; // a middleware may never call `next`
      const skips = this.server.opts.connectionStateRecovery?.skipMiddlewares;
      runMiddlewares(
        session !== null && skips ? [] : this._fns,
        (middleware, next) => middleware(socket, next),
        decide,
      );
    });
  }

  /** The session with what its client missed; null where some of that was lost since it was restored. */
  #readMissed(session: RestoredSession): RestoredSession | null {
    const { sid, pid, rooms, data } = session;
    try {
      return { sid, pid, rooms, data, missedPackets: session.missedPackets };
    } catch (error) {
      log("session %s cannot be taken up again: %s", session.sid, error);
      return null;
    }
  }

  #decide(
    socket: Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>,
    attempt: ConnectAttempt<Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>>,
    session: RestoredSession | null,
    error: unknown,
  ): void {
    if (!attempt.isWanted) {
      log("next called after client was closed - ignoring socket %s", socket.id);
      this.#refuse(socket, session);
    } else if (error) {
      this.#refuse(socket, session);
      attempt.onRefused();
      log("middleware error, sending CONNECT_ERROR packet to the client: %s", error);
      socket.client.refuse(this.name, "middleware", describeRefusal(error));
    } else {
      this.#onConnect(socket, attempt, session);
    }
  }

  #refuse(
    socket: Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>,
    session: RestoredSession | null,
  ): void {
    if (session !== null) {
      this.persist(session); // its client may try once more
    }
    socket.onRefused();
  }

  #onConnect(
    socket: Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>,
    attempt: ConnectAttempt<Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>>,
    session: RestoredSession | null,
  ): void {
    this.sockets.set(socket.id, socket);
    this.#recovery.onConnect(socket);
    attempt.onConnected(socket);
    try {
      socket.onConnect(session?.missedPackets ?? []);
    } catch (error) {
      socket.onClose("server namespace disconnect");
      this.#onAdapterFailure(socket.client, session, error);
      return;
    }
    try {
      this.emitReserved("connect", socket);
      this.emitReserved("connection", socket);
    } catch (error) {
      throwLater(error); // of a listener: the socket is connected all the same
    }
  }

  /** The adapter could not put a socket into its rooms: the client is refused, and may try again. */
  #onAdapterFailure(client: SocketClient, session: RestoredSession | null, error: unknown): void {
    warn("the adapter could not let a socket in: its client gets a connect_error", error);
    if (session !== null) {
      this.persist(session);
    }
    client.refuse(this.name, "adapter", { message: "adapter failed" });
    this.#checkEmpty();
  }

  /** Keeps the session of a client that may come back, if the adapter can. @internal */
  persist(session: SessionToPersist): void {
    this.#recovery.persist(session);
  }

  /** Called when the client of a session has come back, to another node. @internal */
  endSession(pid: string): void {
    this.#recovery.endUnnoticed(pid);
  }

  /** Called when a socket is gone. @internal */
  remove(socket: Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>): void {
    // Of a recovered session there may be another socket of that id by now.
    if (this.sockets.get(socket.id) === socket) {
      this.sockets.delete(socket.id);
      this.#recovery.onGone(socket);
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
    const sent: unknown = this.adapter.serverSideEmit([ev, ...args]); // of some, a promise
    if (isPromiseLike(sent)) {
      sent.then(undefined, (error: unknown) => this.#onUnsent(args.at(-1), error));
    }
    return true;
  }

  #onUnsent(callback: unknown, error: unknown): void {
    log("an event for the other nodes could not be sent: %s", error);
    if (typeof callback === "function") {
      callback(error, []);
    }
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
    this.announce("new_namespace", namespace);
  }

  /** Tells the listeners of something: what they throw does not keep it from going on. @internal */
  announce(event: string, ...args: unknown[]): void {
    try {
      this.emitUntyped(event, ...args);
    } catch (error) {
      throwLater(error);
    }
  }

  /** Called when another node has sent an event. @internal */
  _onServerSideEmit(args: [string, ...Untyped[]]): void {
    if (args[0] === "error" && this.listenerCount("error") === 0) {
      log("ignoring the event error of another node, to which nobody listens");
      return; // it must not end the process
    }
    this.emitUntyped(...args);
  }
}

function describeRefusal(error: unknown): Refusal {
  // Not only instances of `Error`: also errors of another realm, and plain objects made like one.
  if (typeof error === "object" && error !== null) {
    const { message, data } = error as Partial<ExtendedError>;
    return { message: typeof message === "string" ? message : "", data };
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
