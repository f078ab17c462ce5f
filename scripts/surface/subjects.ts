// What is compared with what: the declarations of the reference, and those of this package.

import { Adapter, type AdapterNamespace } from "bun-socket.io";

export interface Subject {
  area: string;
  /** File and name of the declaration in the reference, and here. */
  reference: readonly [file: string, name: string];
  own: readonly [file: string, name: string];
}

export const SIO = "node_modules/socket.io/dist";
export const EIO = "node_modules/engine.io/build";
const ADAPTER = "node_modules/socket.io-adapter/dist/index.d.ts";
export const INDEX = "lib/index.ts";
const ADAPTERS = "adapters/index.ts";
const TRANSPORT = "lib/engine/transports/transport.ts";

export const SUBJECTS: readonly Subject[] = [
  { area: "Server", reference: [`${SIO}/index.d.ts`, "Server"], own: [INDEX, "Server"] },
  { area: "Namespace", reference: [`${SIO}/index.d.ts`, "Namespace"], own: [INDEX, "Namespace"] },
  {
    area: "ParentNamespace",
    reference: [`${SIO}/parent-namespace.d.ts`, "ParentNamespace"],
    own: ["lib/parent-namespace.ts", "ParentNamespace"],
  },
  { area: "Socket", reference: [`${SIO}/index.d.ts`, "Socket"], own: [INDEX, "Socket"] },
  {
    area: "BroadcastOperator",
    reference: [`${SIO}/index.d.ts`, "BroadcastOperator"],
    own: [INDEX, "BroadcastOperator"],
  },
  {
    area: "RemoteSocket",
    reference: [`${SIO}/index.d.ts`, "RemoteSocket"],
    own: [INDEX, "RemoteSocket"],
  },
  {
    area: "Handshake",
    reference: [`${SIO}/socket-types.d.ts`, "Handshake"],
    own: [INDEX, "Handshake"],
  },
  { area: "Client", reference: [`${SIO}/client.d.ts`, "Client"], own: ["lib/client.ts", "Client"] },
  { area: "Adapter", reference: [ADAPTER, "Adapter"], own: [INDEX, "Adapter"] },
  {
    area: "SessionAwareAdapter",
    reference: [ADAPTER, "SessionAwareAdapter"],
    own: [INDEX, "SessionAwareAdapter"],
  },
  {
    area: "ClusterAdapter",
    reference: [ADAPTER, "ClusterAdapter"],
    own: [ADAPTERS, "ClusterAdapter"],
  },
  {
    area: "ClusterAdapterWithHeartbeat",
    reference: [ADAPTER, "ClusterAdapterWithHeartbeat"],
    own: [ADAPTERS, "ClusterAdapterWithHeartbeat"],
  },
  {
    area: "Engine.IO server",
    reference: [`${EIO}/engine.io.d.ts`, "Server"],
    own: ["lib/engine/index.ts", "Server"],
  },
  {
    area: "Engine.IO socket",
    reference: [`${EIO}/engine.io.d.ts`, "Socket"],
    own: ["lib/engine/index.ts", "Socket"],
  },
  {
    area: "Polling transport",
    reference: [`${EIO}/transport.d.ts`, "Transport"],
    own: [TRANSPORT, "Transport"],
  },
  {
    area: "WebSocket transport",
    reference: [`${EIO}/transport.d.ts`, "Transport"],
    own: [TRANSPORT, "Transport"],
  },
];

/** The files of the reference: what they declare counts, and not what they inherit from Node.js. */
export const REFERENCE_FILES = /node_modules\/(socket\.io|engine\.io|socket\.io-adapter)\//;

/** A value that each option takes. */
export const SAMPLES: Readonly<Record<string, unknown>> = {
  path: "/path",
  serveClient: true,
  adapter: (namespace: AdapterNamespace) => new Adapter(namespace),
  parser: { Encoder: Object, Decoder: Object },
  connectTimeout: 1000,
  connectionStateRecovery: { maxDisconnectionDuration: 1000, skipMiddlewares: true },
  cleanupEmptyChildNamespaces: true,
  pingTimeout: 1000,
  pingInterval: 1000,
  upgradeTimeout: 1000,
  maxHttpBufferSize: 1000,
  allowRequest: () => true,
  transports: ["polling", "websocket"],
  allowUpgrades: true,
  perMessageDeflate: true,
  httpCompression: { threshold: 10 },
  wsEngine: Object,
  initialPacket: "hello",
  cookie: { name: "io" },
  cors: { origin: "*" },
  allowEIO3: true,
  destroyUpgrade: true,
  destroyUpgradeTimeout: 1000,
  addTrailingSlash: true,
};
