// What is used of ioredis 5 and 6. Declared here, as the package is an optional one.

import { has } from "./client-shape.ts";

/** A command, as `Redis.Command` makes it. */
export interface IoredisCommand {
  resolve(reply: unknown): void;
  reject(error: Error): void;
  promise: Promise<unknown>;
  /** Its place in a pipeline; on a lost connection, only whole pipelines are sent again. */
  pipelineIndex?: number | undefined;
  transformReply(reply: unknown): unknown;
  toWritable(socket: IoredisSocket): string | Buffer;
  setTimeout(ms: number): void;
}

/** `Redis.Command`. */
export type IoredisCommandClass = new (
  name: string,
  args: (string | Buffer | number)[],
  options?: { keyPrefix?: string },
) => IoredisCommand;

/** The socket of a client. */
export interface IoredisSocket {
  write(data: string | Uint8Array): unknown;
}

/** What several commands are written to; the package's own pipelines are such. */
export interface IoredisStream {
  readonly isPipeline: true;
  readonly destination: { redis: IoredisClient };
  write(data: string | Uint8Array): unknown;
}

interface Emitter {
  // biome-ignore lint/suspicious/noExplicitAny: so do the packages declare their listeners
  on(event: string, listener: (...args: any[]) => void): unknown;
}

/** `Redis` of ioredis. */
export interface IoredisClient extends Emitter {
  readonly status: string;
  readonly isCluster: boolean;
  readonly options: { keyPrefix?: string; host?: string; port?: number; keepAlive?: number };
  /** The socket; there is none before the first connection. */
  readonly stream?: { readonly writable: boolean } | null;
  connect(): Promise<void>;
  disconnect(): void;
  duplicate(override: object): IoredisClient;
  sendCommand(command: IoredisCommand, stream?: IoredisStream): unknown;
}

/** `Cluster` of ioredis. */
export interface IoredisCluster extends Emitter {
  readonly status: string;
  readonly isCluster: boolean;
  readonly options: { keyPrefix?: string; redisOptions?: object };
  /** For each slot, the addresses of the nodes that have it, the master first. */
  readonly slots: readonly (readonly string[] | undefined)[];
  nodes(role: "master" | "slave"): IoredisClient[];
  connect(): Promise<void>;
  disconnect(): void;
  duplicate(startupNodes: [], override: object): IoredisCluster;
  refreshSlotsCache(): void;
  sendCommand(command: IoredisCommand): unknown;
}

/** Whether it is a `Redis` of ioredis, by what it has. */
export function isIoredisClient(client: object): client is IoredisClient {
  return (
    has(client, "status", "string") &&
    has(client, "sendCommand", "function") &&
    has(client, "duplicate", "function") &&
    has(client, "call", "function") &&
    !has(client, "nodes", "function")
  );
}

/** Whether it is a `Cluster` of ioredis, by what it has. */
export function isIoredisCluster(client: object): client is IoredisCluster {
  return (
    has(client, "status", "string") &&
    has(client, "sendCommand", "function") &&
    has(client, "nodes", "function") &&
    has(client, "slots", "object")
  );
}

/** Whether it can send at once. It may be ready and have lost its connection, and would queue then. */
export function canSend({ status, stream }: IoredisClient): boolean {
  return status === "ready" && stream?.writable !== false;
}

/** The class of the commands that a client makes, which its package exports as `Command`. */
export function commandClassOf(client: object): IoredisCommandClass | undefined {
  // The class of the client does not lead to its package: so the client is asked for a command, in
  // a shape of it that does not send it.
  let made: unknown;
  const asked: object = Object.create(client, {
    options: { value: {} },
    sendCommand: {
      value: (command: unknown) => {
        made = command;
      },
    },
  });
  const call: unknown = Reflect.get(client, "call");
  if (typeof call === "function") Reflect.apply(call, asked, ["ping"]);
  if (typeof made !== "object" || made === null) return undefined;
  const maker: unknown = made.constructor;
  return isCommandClass(maker) ? maker : undefined;
}

function isCommandClass(value: unknown): value is IoredisCommandClass {
  return typeof value === "function" && typeof value.prototype?.toWritable === "function";
}
