// Nodes of this package and of the reference on one Redis, over streams.

import { createAdapter as createReferenceAdapter } from "@socket.io/redis-streams-adapter";
import type { Server, ServerOptions, Socket as ServerSocket } from "bun-socket.io";
import { Redis, type RedisOptions } from "ioredis";
import type { Socket as ClientSocket, ManagerOptions, SocketOptions } from "socket.io-client";
import {
  createStreamsAdapter,
  type RedisStreamsAdapterOptions,
  type StreamsAdapter,
} from "../../adapters/redis/streams.ts";
import { Clients, connected, once } from "../support/clients.ts";
import { HOSTS, type Running } from "../support/hosts.ts";
import { REFERENCE } from "../support/reference.ts";

/** How a node is started. */
export interface NodeSettings {
  /** Whether it is one of the reference. */
  isReference?: boolean;
  adapter?: RedisStreamsAdapterOptions;
  server?: ServerOptions;
}

/** Both ends of one socket. */
export interface Pair {
  client: ClientSocket;
  socket: ServerSocket;
}

/** One node of a fleet. */
export interface FleetNode {
  readonly io: Server;
  readonly url: string;
  readonly redis: Redis;
  /** Each error that its adapters told of. */
  readonly errors: Error[];
  connect(options?: Partial<ManagerOptions & SocketOptions>, namespace?: string): Promise<Pair>;
  socketOf(client: ClientSocket, namespace?: string): ServerSocket;
  /** The adapter, if it is one of ours. */
  adapterOf(namespace?: string): StreamsAdapter;
  close(): Promise<void>;
}

/** Nodes and clients that end with their test. */
export class Fleet {
  readonly #clients = new Clients();
  readonly #nodes: FleetNode[] = [];

  /** Starts a node over a client of ioredis. */
  start(port: number, settings: NodeSettings = {}, redisOptions: RedisOptions = {}): FleetNode {
    const redis = new Redis({ host: "127.0.0.1", port, retryStrategy: () => 50, ...redisOptions });
    redis.on("error", () => {}); // Redis is away: what the tests are about
    return this.startOver(redis, settings);
  }

  /** Starts a node over any client; one of ioredis is ended with it. */
  startOver(redis: Redis, settings: NodeSettings = {}, end = () => redis.disconnect()): FleetNode {
    const { isReference = false, adapter = {} } = settings;
    const host = isReference ? REFERENCE : HOSTS[0];
    const make = isReference
      ? createReferenceAdapter(redis, adapter as object)
      : createStreamsAdapter(redis, adapter);
    const errors: Error[] = [];
    const running = host?.start({
      adapter: make as NonNullable<ServerOptions["adapter"]>,
      ...settings.server,
    }) as Running;
    const { io, url } = running;
    const watch = (namespace: { adapter: unknown }): void => {
      if (!isReference) {
        (namespace.adapter as StreamsAdapter).on("error", (error) => errors.push(error));
      }
    };
    watch(io.of("/"));
    io.on("new_namespace", watch);
    let isOpen = true;
    const node: FleetNode = {
      io,
      url,
      redis,
      errors,
      connect: async (options = {}, namespace = "/") => {
        const client = this.#clients.make(url + (namespace === "/" ? "" : namespace), {
          transports: ["websocket"],
          ...options,
        });
        await connected(client);
        return { client, socket: node.socketOf(client, namespace) };
      },
      socketOf(client, namespace = "/") {
        const socket = io.of(namespace).sockets.get(client.id ?? "");
        if (socket === undefined) {
          throw new Error("the node has no socket for this client");
        }
        return socket;
      },
      adapterOf: (namespace = "/") => io.of(namespace).adapter as unknown as StreamsAdapter,
      async close() {
        if (isOpen) {
          isOpen = false;
          await running.close();
          end();
        }
      },
    };
    this.#nodes.push(node);
    return node;
  }

  async end(): Promise<void> {
    this.#clients.closeAll();
    await Promise.all(this.#nodes.splice(0).map((node) => node.close()));
  }
}

/** Waits until each node sees all of them. */
export async function assembled(namespace: string, ...nodes: FleetNode[]): Promise<void> {
  const namespaces = nodes.map(({ io }) => io.of(namespace));
  for (const { adapter } of namespaces) {
    await until(async () => {
      const count = await adapter.serverCount().catch(() => 0);
      return count === nodes.length;
    });
  }
  // Readers of the reference begin at the end of the stream, whenever they come to it.
  await Promise.all(nodes.map((node) => heardBy(node, nodes, namespace)));
}

async function heardBy(node: FleetNode, nodes: FleetNode[], namespace: string): Promise<void> {
  await Promise.all(
    nodes
      .filter((other) => other !== node)
      .map(async (other) => {
        const { client } = await probe(other, namespace);
        let isHeard = false;
        client.once("probe", () => {
          isHeard = true;
        });
        await until(async () => {
          node.io.of(namespace).emit("probe");
          await Bun.sleep(5);
          return isHeard;
        });
        client.disconnect();
      }),
  );
}

async function probe(node: FleetNode, namespace: string): Promise<{ client: ClientSocket }> {
  const { client } = await node.connect({}, namespace);
  return { client };
}

/** Asks until something is so. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) {
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** Waits for events of a client: their arguments, without the offset. */
export async function heard(client: ClientSocket, event: string): Promise<unknown[]> {
  return once(client, event);
}
