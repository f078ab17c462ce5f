import type { OwnedDriver, RedisNode } from "./client-driver.ts";
import { IoredisNode, STATE_EVENTS, toReply } from "./ioredis.ts";
import { toArgument } from "./ioredis-batch.ts";
import {
  commandClassOf,
  type IoredisClient,
  type IoredisCluster,
  type IoredisCommandClass,
} from "./ioredis-shape.ts";
import type { ChannelMessage, RedisCommand, RedisReply } from "./port.ts";

/** The slots are not asked for more often, however many commands fail. */
const REFRESH_INTERVAL_MS = 200;

/** A `Cluster` of ioredis, of which the nodes are used one by one. */
export class IoredisClusterDriver implements OwnedDriver {
  readonly isCluster = true;
  readonly #cluster: IoredisCluster;
  readonly #Command: IoredisCommandClass | undefined;
  /** By their address; undefined when they have to be listed anew. */
  #nodes: Map<string, IoredisNode> | undefined;
  readonly #known = new WeakMap<IoredisClient, IoredisNode>();
  #refreshedAt = Number.NEGATIVE_INFINITY;

  constructor(cluster: IoredisCluster) {
    this.#cluster = cluster;
    this.#Command = commandClassOf(cluster);
    for (const event of ["+node", "-node", ...STATE_EVENTS]) {
      cluster.on(event, () => {
        this.#nodes = undefined;
      });
    }
    // It would connect with its first command, and there is none before it is ready.
    if (cluster.status === "wait") cluster.connect().catch(() => {});
  }

  get isReady(): boolean {
    return this.#cluster.status === "ready";
  }

  get keyPrefix(): string {
    return this.#cluster.options.keyPrefix ?? "";
  }

  get isEnded(): boolean {
    return this.#cluster.status === "end";
  }

  onChange(listener: () => void): void {
    // "refresh": it has asked which node serves which slot.
    for (const event of ["+node", "-node", "refresh", ...STATE_EVENTS]) {
      this.#cluster.on(event, listener);
    }
  }

  onError(listener: (error: Error) => void): void {
    this.#cluster.on("error", listener);
  }

  nodeOf(slot: number): RedisNode | undefined {
    const address = this.#cluster.slots[slot]?.[0];
    return address === undefined ? undefined : this.#list().get(address);
  }

  nodes(): RedisNode[] {
    return [...this.#list().values()];
  }

  masters(): RedisNode[] {
    return this.#cluster.nodes("master").map((client) => this.#nodeOf(client));
  }

  async redirect({ args: [name, ...args] }: RedisCommand): Promise<RedisReply> {
    const { keyPrefix } = this.#cluster.options;
    return await this.#send(
      String(name),
      args.map(toArgument),
      keyPrefix === undefined ? {} : { keyPrefix },
    );
  }

  async redirectMessage({ channel, payload }: ChannelMessage): Promise<RedisReply> {
    return await this.#send("spublish", [channel, toArgument(payload)], {});
  }

  refresh(): void {
    const now = performance.now();
    if (!this.isReady || now - this.#refreshedAt < REFRESH_INTERVAL_MS) return;
    this.#refreshedAt = now;
    this.#cluster.refreshSlotsCache();
  }

  duplicate(): OwnedDriver {
    return new IoredisClusterDriver(
      this.#cluster.duplicate([], {
        lazyConnect: false,
        shardedSubscribers: false,
        redisOptions: {
          ...this.#cluster.options.redisOptions,
          // What blocks takes its time.
          commandTimeout: undefined,
          socketTimeout: undefined,
          maxRetriesPerRequest: null,
        },
      }),
    );
  }

  end(): void {
    this.#cluster.disconnect();
  }

  async #send(
    name: string,
    args: (string | Buffer | number)[],
    options: { keyPrefix?: string },
  ): Promise<RedisReply> {
    if (!this.#Command) throw new TypeError("the cluster makes no commands");
    const command = new this.#Command(name, args, options);
    this.#cluster.sendCommand(command);
    return toReply(await command.promise);
  }

  #list(): Map<string, IoredisNode> {
    this.#nodes ??= new Map(
      [...this.#cluster.nodes("master"), ...this.#cluster.nodes("slave")].map((client) => {
        const node = this.#nodeOf(client);
        return [node.address, node] as const;
      }),
    );
    return this.#nodes;
  }

  #nodeOf(client: IoredisClient): IoredisNode {
    let node = this.#known.get(client);
    if (!node) {
      const { host, port } = client.options;
      node = new IoredisNode(client, `${host}:${port}`, this.#cluster.options.keyPrefix);
      this.#known.set(client, node);
    }
    return node;
  }
}
