import type { EventEmitter } from "node:events";
import type {
  AdapterApi,
  AdapterNamespace,
  RestoredSession,
  SessionToPersist,
} from "../adapters/adapter.ts";
import type { BroadcastAckError } from "./acks.ts";
import { BroadcastOperator } from "./broadcast-operator.ts";
import type { NamespaceOperator } from "./broadcaster.ts";
import type { EmitGuard } from "./emit-guard.ts";
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
  ListenerErrorHook,
  Untyped,
} from "./events.ts";
import { callEach } from "./listeners.ts";
import { isPromiseLike } from "./middleware.ts";
import { NamespaceEntrance } from "./namespace-entrance.ts";
import { Socket } from "./socket.ts";
import type { SocketClient } from "./socket-ports.ts";
import type { UpperClasses } from "./socket-types.ts";
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
  extends NamespaceEntrance<ListenEvents, EmitEvents, ServerSideEvents, SocketData>
  implements AdapterNamespace
{
  /** The name; it begins with a slash. */
  readonly name: string;
  /** The server it belongs to. */
  readonly server: UpperClasses<ListenEvents, EmitEvents, ServerSideEvents, SocketData>["Server"];
  adapter: AdapterApi;
  /** Sees what is emitted here, and by the sockets. Adapters of others may know of none. @internal */
  emitGuard: EmitGuard | null = null;
  /** The next packet id. Adapters count with it too. @internal */
  _ids = 0;

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
      this.checkEmpty();
    });
    Promise.resolve(this.adapter.init()).catch((error: unknown) => {
      log("error while initializing adapter: %s", error);
      throwLater(error);
    });
  }

  protected override everyone(): NamespaceOperator<EmitEvents, SocketData> {
    return new BroadcastOperator(this.adapter);
  }

  protected override makeSocket(
    client: SocketClient,
    auth: Record<string, unknown>,
    session: RestoredSession | null,
  ): Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData> {
    return new Socket(this, client, auth, session);
  }

  protected override onEmpty(): void {
    this.server.onNamespaceEmpty(this);
  }

  /** Tells the `error` listeners, of here or of the server, what a listener threw. */
  protected override _errorHook(): ListenerErrorHook | null {
    const target = this.listenerCount("error") > 0 ? this : this.server.sockets;
    if (target === undefined || target.listenerCount("error") === 0) {
      return null;
    }
    return this.#hookTo(target);
  }

  #hookTo(target: EventEmitter): ListenerErrorHook {
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
    const hook = this._errorHook();
    return hook === null ? null : forSocket(hook, socket);
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
      this.emitUntyped([event, ...args]);
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
    this.emitUntyped(args);
  }
}

function forSocket(hook: ListenerErrorHook, socket: unknown): ListenerErrorHook {
  return (error, event) => hook(error, event, [socket]);
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
