// What is used of node-redis (the package `redis`) 4, 5 and 6. Declared here, as it is optional.

/** How a command is sent: version 4 knows the first of each pair, later ones the second. */
export interface NodeRedisCommandOptions {
  returnBuffers?: true;
  typeMapping?: Record<number, unknown>;
  /** Takes it back, if it is not written yet. */
  signal?: NodeRedisSignal;
  abortSignal?: NodeRedisSignal;
}

/** What is used of an AbortSignal. */
export interface NodeRedisSignal {
  readonly aborted: boolean;
  addEventListener(type: "abort", listener: () => void): void;
  removeEventListener(type: "abort", listener: () => void): void;
}

/** Bulk and simple strings as bytes, maps and sets as lists. */
export const AS_BYTES = {
  returnBuffers: true,
  typeMapping: { 36: Buffer, 43: Buffer, 37: Array, 126: Array },
} as const;

/** As it is called where bytes are asked for; some versions give the channel as bytes too. */
export type NodeRedisListener = (payload: Buffer, channel: Buffer | string) => void;

type Subscribe = (
  channels: string | string[],
  listener: NodeRedisListener,
  asBytes: true,
) => Promise<unknown>;

interface Emitter {
  // biome-ignore lint/suspicious/noExplicitAny: so does the package declare its listeners
  on(event: string, listener: (...args: any[]) => void): unknown;
}

/** What `createClient` returns. */
export interface NodeRedisClient extends Emitter {
  readonly isOpen: boolean;
  readonly isReady: boolean;
  readonly options?: { socket?: object; legacyMode?: boolean } | undefined;
  connect(): Promise<unknown>;
  /** Of version 4, where it ends the connection at once. */
  disconnect(): unknown;
  /** Of later ones. */
  destroy?(): unknown;
  duplicate(overrides: object): NodeRedisClient;
  sendCommand(args: (string | Buffer)[], options?: NodeRedisCommandOptions): Promise<unknown>;
  subscribe: Subscribe;
  pSubscribe: Subscribe;
  sSubscribe: Subscribe;
  unsubscribe(channels: string[]): Promise<unknown>;
  pUnsubscribe(channels: string[]): Promise<unknown>;
  sUnsubscribe(channels: string[]): Promise<unknown>;
}

/** A node, as a cluster lists it. */
export interface NodeRedisClusterNode {
  readonly address: string;
}

/** What `createCluster` returns. */
export interface NodeRedisCluster extends Emitter {
  readonly isOpen: boolean;
  /** For each slot who serves it. */
  readonly slots: readonly ({ readonly master: NodeRedisClusterNode } | undefined)[];
  readonly masters: readonly NodeRedisClusterNode[];
  readonly replicas: readonly NodeRedisClusterNode[];
  nodeClient(node: NodeRedisClusterNode): NodeRedisClient | Promise<NodeRedisClient>;
  connect(): Promise<unknown>;
  disconnect(): unknown;
  destroy?(): unknown;
  duplicate(overrides: object): NodeRedisCluster;
  sendCommand(
    firstKey: string | undefined,
    isReadonly: boolean,
    args: (string | Buffer)[],
    options?: NodeRedisCommandOptions,
  ): Promise<unknown>;
}

/** Whether it is a client of node-redis, by what it has. */
export function isNodeRedisClient(client: object): client is NodeRedisClient {
  return (
    has(client, "isOpen", "boolean") &&
    has(client, "isReady", "boolean") &&
    has(client, "sSubscribe", "function") &&
    has(client, "sendCommand", "function") &&
    has(client, "duplicate", "function")
  );
}

/** Whether it is a cluster of node-redis, by what it has. */
export function isNodeRedisCluster(client: object): client is NodeRedisCluster {
  return (
    has(client, "isOpen", "boolean") &&
    has(client, "nodeClient", "function") &&
    has(client, "masters", "object") &&
    has(client, "slots", "object") &&
    has(client, "sendCommand", "function")
  );
}

function has(value: object, name: string, type: string): boolean {
  return name in value && typeof Reflect.get(value, name) === type;
}

/**
 * Ends a client or cluster at once, with whatever is pending.
 *
 * @param client one that is connected
 */
export function endNodeRedis(client: NodeRedisClient | NodeRedisCluster): void {
  // It is ended anyhow; versions differ in whether they throw, reject or do nothing.
  try {
    const ended = client.destroy ? client.destroy() : client.disconnect();
    Promise.resolve(ended).catch(() => {});
  } catch {}
}
