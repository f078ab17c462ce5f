// The layers of the house: what may import what, in lib/ and adapters/.

/** Files that may import from each other, and from lower layers. */
export interface Layer {
  name: string;
  /** Paths, where * stands for anything but a slash. An exact path goes before a pattern. */
  files: readonly string[];
  /** When given: beside its own files, the layer may import nothing but the files of these layers. */
  mayImportOnly?: readonly string[];
  /** Files of the layer may not import each other. */
  apart?: true;
  /** Packages may be imported as types only. */
  packagesAsTypesOnly?: true;
}

/** Bottom to top: a file may import from its own layer and from those above it in this list. */
export const LAYERS: readonly Layer[] = [
  {
    name: "ground",
    files: [
      "lib/arguments.ts",
      "lib/deadline.ts",
      "lib/delegate.ts",
      "lib/emit-guard.ts",
      "lib/errors.ts",
      "lib/event-types.ts",
      "lib/events.ts",
      "lib/grace.ts",
      "lib/ids.ts",
      "lib/lazy-emitter.ts",
      "lib/listeners.ts",
      "lib/log.ts",
      "lib/middleware.ts",
      "lib/rate-limit.ts",
      "lib/response-head.ts",
      "lib/response-headers.ts",
      "lib/socket-types.ts",
      "lib/timer.ts",
      "lib/validate.ts",
    ],
  },
  {
    name: "request",
    files: [
      "lib/engine/request.ts",
      "lib/engine/limits.ts",
      "lib/engine/options.ts",
      "lib/engine/trust-proxy.ts",
    ],
  },
  { name: "codec", files: ["lib/engine/codec/*.ts"] },
  { name: "transports", files: ["lib/engine/transports/*.ts", "lib/engine/*.ts"] },
  {
    name: "session",
    files: ["lib/engine/session-mover.ts", "lib/engine/session-sender.ts", "lib/engine/session.ts"],
  },
  {
    name: "engine",
    files: [
      "lib/engine/engine-events.ts",
      "lib/engine/engine-sessions.ts",
      "lib/engine/engine-settings.ts",
      "lib/engine/engine.ts",
      "lib/engine/session-registry.ts",
    ],
  },
  {
    name: "adapter",
    files: ["adapters/adapter.ts"],
    mayImportOnly: ["ground"],
    packagesAsTypesOnly: true,
  },
  {
    name: "adapters",
    files: ["adapters/*.ts", "adapters/cluster/*.ts"],
    mayImportOnly: ["ground", "adapter"],
  },
  {
    name: "redis",
    files: ["adapters/redis/*.ts"],
    mayImportOnly: ["ground", "adapter", "adapters"],
  },
  { name: "acks", files: ["lib/ack-bound.ts", "lib/acks.ts"] },
  { name: "broadcast", files: ["lib/broadcast-operator.ts", "lib/broadcaster.ts"] },
  { name: "socket", files: ["lib/handshake.ts", "lib/socket-*.ts", "lib/socket.ts"] },
  {
    name: "namespaces",
    files: [
      "lib/client.ts",
      "lib/client-namespaces.ts",
      "lib/client-ports.ts",
      "lib/client-reader.ts",
      "lib/namespace*.ts",
      "lib/packet-*.ts",
      "lib/parent-namespace.ts",
      "lib/path-namespace.ts",
    ],
  },
  {
    name: "hosts",
    files: ["lib/client-bundle.ts", "lib/hosts/*.ts"],
    mayImportOnly: ["ground", "request", "codec", "transports", "session", "engine"],
  },
  { name: "server", files: ["lib/options.ts", "lib/server*.ts"] },
  { name: "auth", files: ["lib/auth/*.ts"] },
  { name: "metrics", files: ["lib/metrics/*.ts"] },
  { name: "testing", files: ["lib/testing/*.ts"], mayImportOnly: ["ground", "adapters", "server"] },
  { name: "streams", files: ["lib/streams/*.ts"], mayImportOnly: ["ground", "socket"] },
  { name: "contract", files: ["lib/contract/*.ts"] },
  { name: "describe", files: ["lib/describe/*.ts"], mayImportOnly: ["ground", "contract"] },
  { name: "react", files: ["lib/react/*.ts"], mayImportOnly: ["ground", "contract"] },
  {
    name: "package",
    files: [
      "lib/cli.ts",
      "lib/index.ts",
      "lib/contract/index.ts",
      "lib/path.ts",
      "lib/auth/index.ts",
      "lib/engine/index.ts",
      "lib/metrics/index.ts",
      "lib/react/index.ts",
      "lib/streams/index.ts",
      "lib/testing/index.ts",
      "adapters/index.ts",
      "adapters/redis/index.ts",
    ],
    apart: true,
  },
  {
    name: "adapter tests",
    files: ["adapters/adapter-tests/*.ts"],
    mayImportOnly: ["package"],
  },
];

/** What only some files may touch. */
export const RESERVED: readonly Reserved[] = [
  {
    what: "Bun's HTTP server",
    only: ["lib/hosts/bun*.ts"],
    packages: ["bun"],
    typesToo: true,
    words: ["Bun.serve", "ServerWebSocket"],
  },
  {
    what: "Node's HTTP server",
    only: ["lib/hosts/node*.ts"],
    packages: ["node:http", "node:https", "http", "https", "ws"],
    typesToo: false,
    words: [],
  },
];

export interface Reserved {
  what: string;
  only: readonly string[];
  packages: readonly string[];
  /** Whether a type import of the packages is reserved as well. */
  typesToo: boolean;
  /** Names, or members written with one dot. */
  words: readonly string[];
}
