// Nodes with a Redis of their own between them, for the tests of the adapters over pub/sub.

import type { Server, ServerOptions, Socket } from "bun-socket.io";
import {
  createAdapter,
  createShardedAdapter,
  type PubSubAdapter,
  type RedisAdapterOptions,
  type SubscriptionMode,
} from "bun-socket.io/redis";
import { Redis } from "ioredis";
import type { Socket as ClientSocket } from "socket.io-client";
import { Clients } from "./clients.ts";
import { HOSTS, type Host, type Running } from "./hosts.ts";
import { type RedisServer, startRedis } from "./redis.ts";

const POLL_MS = 5;

/** Waits until something is so that no event tells. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) {
    await Bun.sleep(POLL_MS);
  }
}

type Options = Omit<RedisAdapterOptions, "parser">;

/** One way of using pub/sub. */
export interface Mode {
  readonly name: string;
  readonly isSharded: boolean;
  readonly subscriptionMode: SubscriptionMode;
}

/** All ways of using pub/sub. */
export const MODES: readonly Mode[] = [false, true].flatMap((isSharded) =>
  (["static", "dynamic", "dynamic-private"] as const).map((subscriptionMode) => ({
    name: `${isSharded ? "sharded" : "classic"}, ${subscriptionMode}`,
    isSharded,
    subscriptionMode,
  })),
);

/** One node, and the clients of Redis that it was given. */
export interface Node extends Running {
  readonly pub: Redis;
  readonly sub: Redis;
}

/** The nodes of one test, their clients and their Redis. */
export class Fleet {
  readonly clients = new Clients();
  readonly #nodes: Node[] = [];
  readonly #connections: Redis[] = [];
  #redis: RedisServer | undefined;

  get redis(): RedisServer {
    if (this.#redis === undefined) {
      throw new Error("the test has to start Redis first");
    }
    return this.#redis;
  }

  async startRedis(): Promise<void> {
    this.#redis = await startRedis();
  }

  /** A client of Redis; it tries to reconnect quickly, and its errors are expected. */
  connect(): Redis {
    const client = new Redis(this.redis.port, "127.0.0.1", { retryStrategy: () => 50 });
    client.on("error", () => {});
    this.#connections.push(client);
    return client;
  }

  /** What the server's option `adapter` is set to. */
  adapter(mode: Mode, options: Options = {}, pub = this.connect(), sub = this.connect()) {
    const { isSharded, subscriptionMode } = mode;
    const { key, ...common } = options;
    return isSharded
      ? createShardedAdapter(pub, sub, { subscriptionMode, channelPrefix: key, ...common })
      : createAdapter(pub, sub, { subscriptionMode, key, ...common });
  }

  /** A node that is not yet subscribed. */
  startNode(mode: Mode, options: Options = {}, more: Partial<ServerOptions> = {}): Node {
    const [pub, sub] = [this.connect(), this.connect()];
    const adapter = this.adapter(mode, options, pub, sub);
    return this.add({ adapter, ...more }, pub, sub);
  }

  add(
    options: Partial<ServerOptions>,
    pub: Redis,
    sub: Redis,
    host: Host | undefined = HOSTS[0],
  ): Node {
    if (host === undefined) {
      throw new Error("there is no host");
    }
    const node = { ...host.start(options), pub, sub };
    this.#nodes.push(node);
    pubSubOf(node.io).on("error", () => {}); // that Redis is away is what the tests are about
    return node;
  }

  /** Nodes that are subscribed and know of each other. */
  async startNodes(count: number, mode: Mode, options: Options = {}): Promise<Node[]> {
    const nodes = Array.from({ length: count }, () => this.startNode(mode, options));
    await this.together(nodes);
    return nodes;
  }

  /** Waits until all nodes count each other. */
  async together(nodes: readonly Node[]): Promise<void> {
    await until(async () => {
      const counts = nodes.map(({ io }) => io.of("/").adapter.serverCount());
      return (await Promise.all(counts)).every((count) => count === nodes.length);
    });
  }

  /** A client, and its socket on the node. */
  async join(node: Node, namespace = "/"): Promise<{ client: ClientSocket; socket: Socket }> {
    const client = await this.clients.connect(`${node.url}${namespace}`, {
      transports: ["websocket"],
    });
    const socket = node.io.of(namespace).sockets.get(client.id ?? "");
    if (socket === undefined) {
      throw new Error("the server has no socket for this client");
    }
    return { client, socket };
  }

  /** What Redis tells when it is asked. */
  async ask(command: string, ...args: string[]): Promise<unknown> {
    return this.#control().call(command, ...args);
  }

  #control(): Redis {
    this.#asking ??= this.connect();
    return this.#asking;
  }
  #asking: Redis | undefined;

  /** Ends all, and Redis. */
  async end(): Promise<void> {
    this.clients.closeAll();
    await Promise.all(this.#nodes.splice(0).map((node) => node.close()));
    for (const connection of this.#connections.splice(0)) {
      connection.disconnect();
    }
    this.#asking = undefined;
    await this.#redis?.stop();
    this.#redis = undefined;
  }
}

/** The adapter of a namespace, with what it has beyond others. */
export function pubSubOf(io: Server, namespace = "/"): PubSubAdapter {
  return io.of(namespace).adapter as PubSubAdapter;
}
