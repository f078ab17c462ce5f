// Every client package that the Redis adapters take.

import { Cluster, Redis } from "ioredis";
import { Cluster as Cluster6, Redis as Redis6 } from "ioredis-6";
import { createClient, createCluster } from "redis";
import { createClient as createClient4, createCluster as createCluster4 } from "redis-4";
import { createClient as createClient5, createCluster as createCluster5 } from "redis-5";

/** A client of some package, as a program has it. */
export interface ProgramClient {
  /** What the adapters are given. */
  readonly client: object;
  /** Connects it, where that is the program's to do. */
  connect(): Promise<void>;
  /** Ends it, in whatever state it is. */
  end(): Promise<void>;
}

/** One kind of client. */
export interface ClientKind {
  readonly name: string;
  /** @param options of the package, beside the address */
  create(port: number, options?: object): ProgramClient;
}

/** One kind of client of a cluster. */
export interface ClusterKind {
  readonly name: string;
  create(nodes: { host: string; port: number }[], options?: object): ProgramClient;
}

interface AnyIoredis {
  on(event: "error", listener: () => void): unknown;
  disconnect(): void;
}

interface AnyNodeRedis {
  readonly isOpen: boolean;
  connect(): Promise<unknown>;
  disconnect(): unknown;
}

function ofIoredis(client: AnyIoredis): ProgramClient {
  client.on("error", () => {});
  return {
    client,
    async connect() {},
    async end() {
      client.disconnect();
    },
  };
}

function ofNodeRedis(client: AnyNodeRedis & object): ProgramClient {
  return {
    client,
    async connect() {
      await client.connect();
    },
    async end() {
      if (!client.isOpen) return;
      // As versions differ in what they say to it.
      await Promise.resolve(client.disconnect()).catch(() => {});
    },
  };
}

export const CLIENTS: readonly ClientKind[] = [
  {
    name: "ioredis 5",
    create: (port, options = {}) => ofIoredis(new Redis({ port, ...options })),
  },
  {
    name: "ioredis 6",
    create: (port, options = {}) => ofIoredis(new Redis6({ port, ...options })),
  },
  {
    name: "node-redis 4",
    create: (port, options = {}) => ofNodeRedis(createClient4({ socket: { port }, ...options })),
  },
  {
    name: "node-redis 5",
    create: (port, options = {}) => ofNodeRedis(createClient5({ socket: { port }, ...options })),
  },
  {
    name: "node-redis 6",
    create: (port, options = {}) => ofNodeRedis(createClient({ socket: { port }, ...options })),
  },
];

export const CLUSTERS: readonly ClusterKind[] = [
  {
    name: "ioredis 5",
    create: (nodes, options = {}) => ofIoredis(new Cluster(nodes, options)),
  },
  {
    name: "ioredis 5 with shardedSubscribers",
    create: (nodes, options = {}) =>
      ofIoredis(new Cluster(nodes, { shardedSubscribers: true, ...options })),
  },
  {
    name: "ioredis 6",
    create: (nodes, options = {}) => ofIoredis(new Cluster6(nodes, options)),
  },
  {
    name: "node-redis 4",
    create: (nodes, options = {}) =>
      ofNodeRedis(createCluster4({ rootNodes: toRoots(nodes), ...options })),
  },
  {
    name: "node-redis 5",
    create: (nodes, options = {}) =>
      ofNodeRedis(createCluster5({ rootNodes: toRoots(nodes), ...options })),
  },
  {
    name: "node-redis 6",
    create: (nodes, options = {}) =>
      ofNodeRedis(createCluster({ rootNodes: toRoots(nodes), ...options })),
  },
];

function toRoots(nodes: { host: string; port: number }[]) {
  return nodes.map((socket) => ({ socket }));
}
