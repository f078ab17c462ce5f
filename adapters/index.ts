// For those who write adapters: what the package `socket.io-adapter` is for the reference.

export type {
  AckProgress,
  AdapterApi,
  AdapterNamespace,
  AdapterSocket,
  BroadcastFlags,
  BroadcastOptions,
  EncodedPackets,
  RecoveryOptions,
  RemoteSocketDetails,
  RestoredSession,
  Room,
  SessionToPersist,
  SessionToPersist as Session,
  SocketId,
  WriteOptions,
} from "./adapter.ts";
export { ClusterAdapter } from "./cluster/cluster-adapter.ts";
export {
  type ClusterAdapterOptions,
  ClusterAdapterWithHeartbeat,
} from "./cluster/cluster-adapter-with-heartbeat.ts";
export {
  MessageType,
  type Offset,
  type PublishedMessage as ClusterMessage,
  type PublishedResponse as ClusterResponse,
  type ServerId,
} from "./cluster/messages.ts";
export type { Survivors } from "./cluster/survivors.ts";
export { Adapter } from "./memory.ts";
export { SessionAwareAdapter } from "./session-aware.ts";
