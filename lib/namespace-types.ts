import type { AdapterApi, SessionToPersist } from "../adapters/adapter.ts";
import type { EventsMap, Untyped } from "./events.ts";
import type { Socket } from "./socket.ts";
import type { ExtendedError, UpperClasses } from "./socket-types.ts";

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

/** The events that a namespace itself emits. */
export interface NamespaceReservedEventsMap<
  ListenEvents extends EventsMap,
  EmitEvents extends EventsMap,
  ServerSideEvents extends EventsMap,
  SocketData,
> {
  connect: (socket: Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>) => void;
  connection: (socket: Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>) => void;
  /** A session kept for connection state recovery was not taken up again in time. */
  session_expired: (session: SessionToPersist) => void;
  /** A listener threw, or its promise was rejected. Where nobody listens to this, the runtime does. */
  error: (
    error: Untyped,
    context: ListenerErrorContext<
      UpperClasses<ListenEvents, EmitEvents, ServerSideEvents, SocketData>["Namespace"],
      Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>
    >,
  ) => void;
}

/** Where a listener threw. */
export interface ListenerErrorContext<NamespaceType, SocketType> {
  /** The event it listened to. */
  readonly event: string | symbol;
  readonly namespace: NamespaceType;
  /** The socket concerned, if one was. */
  readonly socket: SocketType | undefined;
}
