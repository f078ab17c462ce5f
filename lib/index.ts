export type {
  AckProgress,
  AdapterApi,
  AdapterNamespace,
  AdapterSocket,
  BroadcastFlags,
  BroadcastOptions,
  RecoveryOptions,
  Room,
  SessionToPersist,
  SocketId,
} from "../adapters/adapter.ts";
export { Adapter } from "../adapters/memory.ts";
export { SessionAwareAdapter } from "../adapters/session-aware.ts";
export { BroadcastOperator, RemoteSocket } from "./broadcast-operator.ts";
export { type ErrorCode, SocketIOError } from "./errors.ts";
export type { DefaultEventsMap } from "./events.ts";
export type { BunApplication, BunHandler } from "./hosts/bun-application.ts";
export type { BunListener, BunServer } from "./hosts/bun-listener.ts";
export { Namespace } from "./namespace.ts";
export type { ListenerErrorContext } from "./namespace-types.ts";
export { ParentNamespace } from "./parent-namespace.ts";
export { Server } from "./server.ts";
export type { DrainOptions, DrainPlan, DrainReport } from "./server-drain.ts";
export type { ServerOptions } from "./server-settings.ts";
export { Socket } from "./socket.ts";
export type { EventIterator, IterateOptions, OnFull } from "./socket-iterator.ts";
export { DisconnectedError, type SignalReason } from "./socket-signal.ts";
export type {
  DisconnectReason,
  Event,
  ExtendedError,
  Handshake,
  LimitReason,
} from "./socket-types.ts";
