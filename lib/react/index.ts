export type { ConnectionState, SocketStatus, UseSocketOptions } from "./connection.ts";
export {
  type EmitState,
  type SocketState,
  useEmit,
  useSocket,
  useSocketEvent,
} from "./hooks.ts";
