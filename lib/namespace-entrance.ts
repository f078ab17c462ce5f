import type {
  AdapterApi,
  RestoredSession,
  SessionToPersist,
  SocketId,
} from "../adapters/adapter.ts";
import { Broadcaster } from "./broadcaster.ts";
import { throwLater, warn } from "./errors.ts";
import type { EventsMap } from "./events.ts";
import { runMiddlewares } from "./middleware.ts";
import { SessionRecovery } from "./namespace-recovery.ts";
import type { NamespaceMiddleware, NamespaceReservedEventsMap } from "./namespace-types.ts";
import type { Socket } from "./socket.ts";
import type { ConnectAttempt, Refusal, SocketClient } from "./socket-ports.ts";
import type { ExtendedError, UpperClasses } from "./socket-types.ts";
import { requireFunction } from "./validate.ts";
import { makeLog } from "./log.ts";

const log = makeLog("socket.io:namespace");

/** How sockets come into a namespace, past its middlewares, and leave it. */
export abstract class NamespaceEntrance<
  ListenEvents extends EventsMap,
  EmitEvents extends EventsMap,
  ServerSideEvents extends EventsMap,
  SocketData,
> extends Broadcaster<
  EmitEvents,
  ServerSideEvents,
  NamespaceReservedEventsMap<ListenEvents, EmitEvents, ServerSideEvents, SocketData>,
  SocketData
> {
  /** The name; it begins with a slash. */
  abstract readonly name: string;
  /** The server it belongs to. */
  abstract readonly server: UpperClasses<
    ListenEvents,
    EmitEvents,
    ServerSideEvents,
    SocketData
  >["Server"];
  abstract adapter: AdapterApi;
  /** The connected sockets of this node. */
  readonly sockets = new Map<
    SocketId,
    Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>
  >();
  /** What of its name the path says that it was made by: see {@link PathSocket}. @internal */
  params: Readonly<Record<string, string>> | null = null;
  /** The middlewares. @internal */
  readonly _fns: NamespaceMiddleware<
    Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>
  >[] = [];
  /** How many clients wait to be let in. */
  #pending = 0;
  readonly #recovery = new SessionRecovery(this);

  /** Makes the socket of a client that asks to be let in. */
  protected abstract makeSocket(
    client: SocketClient,
    auth: Record<string, unknown>,
    session: RestoredSession | null,
  ): Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>;

  /** Called when nobody is left, and nobody will come back. */
  protected abstract onEmpty(): void;

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
    if (this.#recovery.isAskedFor(auth)) {
      this.#restore(client, auth, attempt);
    } else {
      this.#enter(client, auth, attempt, null);
    }
  }

  // What takes closures is apart from what nearly every client needs.
  #restore(
    client: SocketClient,
    auth: { pid: string; offset: unknown },
    attempt: ConnectAttempt<Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>>,
  ): void {
    this.#recovery.restore(auth, (session) => this.#enter(client, auth, attempt, session));
  }

  #enter(
    client: SocketClient,
    auth: Record<string, unknown>,
    attempt: ConnectAttempt<Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>>,
    session: RestoredSession | null,
  ): void {
    let socket: Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>;
    try {
      socket = this.makeSocket(client, auth, session); // which joins the rooms of its session
      if (this.params !== null) {
        Object.assign(socket, { params: this.params });
      }
    } catch (error) {
      this.#pending--;
      if (attempt.isWanted) {
        attempt.onRefused();
        this.#onAdapterFailure(client, session, error);
      } else {
        warn("the adapter could not let a socket in, for which nobody waited any more", error);
        this.#keep(session);
        this.checkEmpty();
      }
      return;
    }
    const skips = session !== null && this.server.opts.connectionStateRecovery?.skipMiddlewares;
    if (this._fns.length === 0 || skips || !attempt.isWanted) {
      this.#onPassed(socket, auth, attempt, session, undefined);
    } else {
      this.#pass(socket, auth, attempt, session);
    }
  }

  #pass(
    socket: Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>,
    auth: Record<string, unknown>,
    attempt: ConnectAttempt<Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>>,
    session: RestoredSession | null,
  ): void {
    let isDecided = false;
    const decide = (error?: unknown): void => {
      if (!isDecided) {
        isDecided = true;
        this.#onPassed(socket, auth, attempt, session, error);
      }
    };
    attempt.onAbandoned = decide; // a middleware may never call `next`
    runMiddlewares(this._fns, (middleware, next) => middleware(socket, next), decide);
  }

  #onPassed(
    socket: Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>,
    auth: Record<string, unknown>,
    attempt: ConnectAttempt<Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>>,
    session: RestoredSession | null,
    error: unknown,
  ): void {
    this.#pending--;
    const isLetIn = !error && attempt.isWanted;
    const whole = isLetIn && session !== null ? this.#readMissed(session) : session;
    if (isLetIn && whole === null && session !== null) {
      this.add(socket.client, { ...auth, pid: undefined }, attempt); // it starts a new session
      socket._onRefused();
    } else {
      this.#decide(socket, attempt, whole, error);
    }
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
    this.#keep(session);
    socket._onRefused();
  }

  /** Keeps the session of a client that was not let in, as it may try once more. */
  #keep(session: RestoredSession | null): void {
    if (session !== null) {
      this.persist(session);
    }
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
      socket._onConnect(session?.missedPackets ?? []);
    } catch (error) {
      socket._onClose("server namespace disconnect");
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
    this.#keep(session);
    client.refuse(this.name, "adapter", { message: "adapter failed" });
    this.checkEmpty();
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
    this.checkEmpty();
  }

  protected checkEmpty(): void {
    if (this.sockets.size === 0 && this.#pending === 0 && this.adapter.hasSessions?.() !== true) {
      this.onEmpty();
    }
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
