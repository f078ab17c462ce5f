import type { EventsMap, ReservedOrUserEventNames, ReservedOrUserListener } from "./events.ts";
import type { NamespaceMiddleware, NamespaceReservedEventsMap } from "./namespace-types.ts";
import type { ParentNamespace } from "./parent-namespace.ts";
import type { Socket } from "./socket.ts";

/** A socket in a namespace that was made by a path. */
export type PathSocket<
  Params extends object,
  ListenEvents extends EventsMap,
  EmitEvents extends EventsMap,
  ServerSideEvents extends EventsMap,
  SocketData,
> = Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData> & {
  /** What the path's parameters are in the name of its namespace, decoded. */
  readonly params: Params;
};

/** The parent of the namespaces that are made by a path. */
export interface PathNamespace<
  Params extends object,
  ListenEvents extends EventsMap,
  EmitEvents extends EventsMap,
  ServerSideEvents extends EventsMap,
  SocketData,
> extends ParentNamespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData> {
  /** Adds a middleware: see {@link ParentNamespace.use}. */
  use(
    middleware: NamespaceMiddleware<
      PathSocket<Params, ListenEvents, EmitEvents, ServerSideEvents, SocketData>
    >,
  ): this;

  /** Adds a listener to all children that are made from now on. */
  on(
    ev: "connect" | "connection",
    listener: (
      socket: PathSocket<Params, ListenEvents, EmitEvents, ServerSideEvents, SocketData>,
    ) => void,
  ): this;
  /** Adds a listener. */
  on<
    Ev extends ReservedOrUserEventNames<
      NamespaceReservedEventsMap<ListenEvents, EmitEvents, ServerSideEvents, SocketData>,
      ServerSideEvents
    >,
  >(
    ev: Ev,
    listener: ReservedOrUserListener<
      NamespaceReservedEventsMap<ListenEvents, EmitEvents, ServerSideEvents, SocketData>,
      ServerSideEvents,
      Ev
    >,
  ): this;
}
