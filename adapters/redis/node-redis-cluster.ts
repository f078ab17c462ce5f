import type { OwnedDriver, RedisNode } from "./client-driver.ts";
import { toError } from "./client-errors.ts";
import { ClientListeners } from "./client-listeners.ts";
import { slotOf } from "./client-slot.ts";
import { NodeRedisNode, toArgument, toReply } from "./node-redis.ts";
import {
  AS_BYTES,
  endNodeRedis,
  type NodeRedisClient,
  type NodeRedisCluster,
  type NodeRedisClusterNode,
} from "./node-redis-shape.ts";
import type { ChannelMessage, RedisCommand, RedisReply } from "./port.ts";

/** Not all versions tell when a node comes or goes, so it is looked at. */
const LOOK_INTERVAL_MS = 100;
const REFRESH_INTERVAL_MS = 1000;
const FIRST_DELAY_MS = 50;
const LONGEST_DELAY_MS = 2000;

/** A cluster of node-redis, of which the nodes are used one by one. It is connected by the program. */
export class NodeRedisClusterDriver implements OwnedDriver {
  readonly isCluster = true;
  readonly keyPrefix = "";
  readonly #cluster: NodeRedisCluster;
  readonly #changed = new ClientListeners<[]>();
  readonly #timer: ReturnType<typeof setInterval>;
  /** What the cluster listed last, and the nodes of it that have a client. */
  #masters: readonly NodeRedisClusterNode[] | undefined;
  #nodes = new Map<string, NodeRedisNode>();
  #refreshedAt = Number.NEGATIVE_INFINITY;
  readonly #known = new WeakMap<NodeRedisClient, NodeRedisNode>();
  #seen = "";
  #isRefreshing = false;

  constructor(cluster: NodeRedisCluster) {
    this.#cluster = cluster;
    this.#timer = setInterval(() => this.#look(), LOOK_INTERVAL_MS);
    this.#timer.unref();
    this.#look();
  }

  get isReady(): boolean {
    if (!this.#cluster.isOpen) return false;
    for (const node of this.#list().values()) {
      if (node.isReady) return true;
    }
    return false;
  }

  get isEnded(): boolean {
    return !this.#cluster.isOpen;
  }

  onChange(listener: () => void): void {
    this.#changed.add(listener);
  }

  onError(listener: (error: Error) => void): void {
    this.#cluster.on("error", listener);
  }

  nodeOf(slot: number): RedisNode | undefined {
    const address = this.#cluster.slots[slot]?.master.address;
    return address === undefined ? undefined : this.#list().get(address);
  }

  nodes(): RedisNode[] {
    return [...this.#list().values()];
  }

  masters(): RedisNode[] {
    const nodes = this.#list();
    return this.#cluster.masters.flatMap(({ address }) => nodes.get(address) ?? []);
  }

  async redirect({ key, args }: RedisCommand): Promise<RedisReply> {
    return await this.#send(key, args.map(toArgument));
  }

  async redirectMessage({ channel, payload }: ChannelMessage): Promise<RedisReply> {
    return await this.#send(channel, ["SPUBLISH", channel, toArgument(payload)]);
  }

  refresh(): void {
    const now = performance.now();
    if (this.#isRefreshing || now - this.#refreshedAt < REFRESH_INTERVAL_MS) return;
    this.#refreshedAt = now;
    this.#provoke();
  }

  duplicate(): OwnedDriver {
    return new OwnedNodeRedisClusterDriver(this.#cluster.duplicate({ RESP: 2 }));
  }

  end(): void {
    clearInterval(this.#timer);
    if (this.#cluster.isOpen) endNodeRedis(this.#cluster);
    this.#look();
  }

  async #send(key: string | undefined, args: (string | Buffer)[]): Promise<RedisReply> {
    const reply = toReply(await this.#cluster.sendCommand(key, false, args, AS_BYTES));
    if (reply instanceof Error) throw reply;
    return reply;
  }

  /**
   * Versions 4 and 5 look for the new master of a slot only when a node tells them that they asked
   * the wrong one. One that is down tells nothing: so another one is asked for its slots.
   */
  #provoke(): void {
    const { slots } = this.#cluster;
    const stranded = slots.findIndex((_, slot) => !this.nodeOf(slot)?.isReady);
    const served = slots.findIndex((_, slot) => this.nodeOf(slot)?.isReady);
    if (stranded < 0 || served < 0) return;
    this.#isRefreshing = true;
    this.#cluster
      .sendCommand(keyIn(served), false, ["EXISTS", keyIn(stranded)])
      // That it is refused is what it is for.
      .catch(() => {})
      .finally(() => {
        this.#isRefreshing = false;
        this.#look();
      });
  }

  #look(): void {
    const ready = this.nodes().filter((node) => node.isReady);
    const seen = `${this.#cluster.isOpen} ${ready.map((node) => node.address)}`;
    const isChanged = seen !== this.#seen;
    this.#seen = seen;
    if (isChanged) this.#changed.tell();
  }

  #list(): Map<string, NodeRedisNode> {
    const { masters } = this.#cluster;
    if (masters === this.#masters) return this.#nodes;
    this.#masters = masters;
    const before = this.#nodes;
    const nodes = new Map<string, NodeRedisNode>();
    this.#nodes = nodes;
    for (const node of [...masters, ...this.#cluster.replicas]) {
      // Until it is known which client it has now.
      const same = before.get(node.address);
      if (same) nodes.set(node.address, same);
      Promise.resolve(this.#cluster.nodeClient(node)).then(
        (client) => {
          if (this.#nodes !== nodes) return;
          nodes.set(node.address, this.#nodeOf(client, node.address));
          this.#look();
        },
        (error: unknown) => {
          // It is asked for again.
          if (this.#nodes === nodes) this.#masters = undefined;
          toError(error);
        },
      );
    }
    return nodes;
  }

  #nodeOf(client: NodeRedisClient, address: string): NodeRedisNode {
    let node = this.#known.get(client);
    if (!node) {
      node = new NodeRedisNode(client, address);
      this.#known.set(client, node);
    }
    return node;
  }
}

/** A cluster that was made here, so it is connected and ended here. */
class OwnedNodeRedisClusterDriver extends NodeRedisClusterDriver {
  readonly #cluster: NodeRedisCluster;
  #isOver = false;

  constructor(cluster: NodeRedisCluster) {
    super(cluster);
    this.#cluster = cluster;
    // Without a listener, an error would end the process.
    cluster.on("error", () => {});
    this.#connect(0);
  }

  override get isEnded(): boolean {
    return this.#isOver;
  }

  override end(): void {
    this.#isOver = true;
    super.end();
  }

  async #connect(attempts: number): Promise<void> {
    try {
      await this.#cluster.connect();
      if (this.#isOver) endNodeRedis(this.#cluster);
    } catch {
      // Redis is not there yet, of which the program's own cluster tells.
      if (this.#isOver) return;
      await Bun.sleep(Math.min(FIRST_DELAY_MS * 2 ** attempts, LONGEST_DELAY_MS));
      if (!this.#isOver) await this.#connect(attempts + 1);
    }
  }
}

/** Some key of a slot. */
function keyIn(slot: number): string {
  for (let i = 0; ; i++) {
    if (slotOf(`${i}`) === slot) return `${i}`;
  }
}
