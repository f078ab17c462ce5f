import type { OwnedDriver, RedisDriver, RedisNode } from "./client-driver.ts";
import { isRedirection, isTransient, notReady, toError } from "./client-errors.ts";
import { ClientListeners } from "./client-listeners.ts";
import { slotOf } from "./client-slot.ts";
import type {
  ChannelMessage,
  OwnedRedis,
  RedisCommand,
  RedisCommands,
  RedisReply,
} from "./port.ts";

/** Sends commands over one client of whichever package, to each the node that it is for. */
export class ClientCommands implements RedisCommands {
  readonly isCluster: boolean;
  readonly #driver: RedisDriver;
  readonly #own: (driver: OwnedDriver) => OwnedRedis;
  readonly #stateListeners = new ClientListeners<[isReady: boolean]>();
  readonly #errorListeners = new ClientListeners<[error: Error]>();
  #wasReady: boolean;
  /** Messages on one channel keep their order only as long as they enter the cluster at one node. */
  #entry: RedisNode | undefined;

  /** @param own makes of another driver what {@link duplicate} returns */
  constructor(driver: RedisDriver, own: (driver: OwnedDriver) => OwnedRedis) {
    this.#own = own;
    this.isCluster = driver.isCluster;
    this.#driver = driver;
    this.#wasReady = driver.isReady;
    driver.onError((error) => this.#errorListeners.tell(error));
    driver.onChange(() => this.#onChange());
  }

  get isReady(): boolean {
    return this.#driver.isReady;
  }

  onState(listener: (isReady: boolean) => void): () => void {
    return this.#stateListeners.add(listener);
  }

  onError(listener: (error: Error) => void): () => void {
    return this.#errorListeners.add(listener);
  }

  publish(messages: readonly ChannelMessage[], isSharded: boolean): Promise<(Error | null)[]> {
    if (!this.isReady) return Promise.resolve(messages.map(notReady));
    if (!this.isCluster) return this.#publishAt(this.#driver.nodeOf(0), messages, isSharded);
    if (!isSharded) return this.#publishAt(this.#entryNode(), messages, false);
    return this.#spread(
      messages,
      (message) => message.channel,
      (node, part) => this.#publishSharded(node, part),
    );
  }

  send(commands: readonly RedisCommand[]): Promise<(RedisReply | Error)[]> {
    if (!this.isReady) return Promise.resolve(commands.map(notReady));
    if (!this.isCluster) return this.#sendTo(this.#driver.nodeOf(0), commands);
    return this.#spread(
      commands,
      ({ key }) => (key === undefined ? undefined : this.#driver.keyPrefix + key),
      (node, part) => this.#sendTo(node, part),
    );
  }

  async countSubscribers(channels: readonly string[], isSharded: boolean): Promise<number[]> {
    if (!this.isReady) throw notReady();
    if (channels.length === 0) return [];
    if (isSharded && this.isCluster) {
      const counts = await this.#spread<string, number | Error>(
        channels,
        (channel) => channel,
        async (node, part) => {
          try {
            return await countAt(node, part, true);
          } catch (error) {
            return part.map(() => toError(error));
          }
        },
      );
      return counts.map(orThrow);
    }
    const nodes = this.isCluster ? this.#driver.nodes() : [this.#driver.nodeOf(0)];
    const counts = await Promise.all(nodes.map((node) => countAt(node, channels, isSharded)));
    return channels.map((_, i) => counts.reduce((sum, count) => sum + (count[i] ?? 0), 0));
  }

  duplicate(): OwnedRedis {
    return this.#own(this.#driver.duplicate());
  }

  #onChange(): void {
    const { isReady } = this;
    if (isReady === this.#wasReady) return;
    this.#wasReady = isReady;
    this.#stateListeners.tell(isReady);
  }

  #entryNode(): RedisNode | undefined {
    if (!this.#entry?.isReady) {
      const ready = this.#driver.nodes().filter((node) => node.isReady);
      this.#entry = ready[Math.floor(Math.random() * ready.length)];
    }
    return this.#entry;
  }

  #publishAt(
    node: RedisNode | undefined,
    messages: readonly ChannelMessage[],
    isSharded: boolean,
  ): Promise<(Error | null)[]> {
    return node?.publish(messages, isSharded) ?? Promise.resolve(messages.map(notReady));
  }

  async #publishSharded(
    node: RedisNode | undefined,
    messages: readonly ChannelMessage[],
  ): Promise<(Error | null)[]> {
    const results = await this.#publishAt(node, messages, true);
    return await this.#followed(messages, results, async (message) => {
      await this.#driver.redirectMessage(message);
      return null;
    });
  }

  async #sendTo(
    node: RedisNode | undefined,
    commands: readonly RedisCommand[],
  ): Promise<(RedisReply | Error)[]> {
    if (!node) {
      this.#driver.refresh(); // the one that served the slot is gone, and another will
      return commands.map(notReady);
    }
    const replies = await node.send(commands);
    if (!this.isCluster) return replies;
    return await this.#followed(commands, replies, (command) => this.#driver.redirect(command));
  }

  /** Sends again, one by one, what the node has said to be for another one. */
  async #followed<T, R>(
    items: readonly T[],
    results: (R | Error)[],
    redirect: (item: T) => Promise<R>,
  ): Promise<(R | Error)[]> {
    const isElsewhere = (result: R | Error) => result instanceof Error && isTransient(result);
    if (results.some(isElsewhere)) this.#driver.refresh();
    for (const [i, item] of items.entries()) {
      const result = results[i];
      if (!(result instanceof Error && isRedirection(result))) continue;
      try {
        results[i] = await redirect(item);
      } catch (error) {
        results[i] = toError(error);
      }
    }
    return results;
  }

  /** Hands each node of the cluster its part, and puts the results in the order of the items. */
  async #spread<T, R>(
    items: readonly T[],
    keyOf: (item: T) => string | undefined,
    run: (node: RedisNode | undefined, part: readonly T[]) => Promise<R[]>,
  ): Promise<R[]> {
    const parts = new Map<RedisNode | undefined, { items: T[]; indices: number[] }>();
    for (const [i, item] of items.entries()) {
      const key = keyOf(item);
      const node = key === undefined ? this.#entryNode() : this.#driver.nodeOf(slotOf(key));
      let part = parts.get(node);
      if (!part) {
        part = { items: [], indices: [] };
        parts.set(node, part);
      }
      part.items.push(item);
      part.indices.push(i);
    }
    const results = new Array<R>(items.length);
    await Promise.all(
      Array.from(parts, async ([node, part]) => {
        for (const [i, result] of (await run(node, part.items)).entries()) {
          results[part.indices[i] ?? 0] = result;
        }
      }),
    );
    return results;
  }
}

async function countAt(
  node: RedisNode | undefined,
  channels: readonly string[],
  isSharded: boolean,
): Promise<number[]> {
  if (!node) throw notReady();
  const args = ["PUBSUB", isSharded ? "SHARDNUMSUB" : "NUMSUB", ...channels];
  const [reply] = await node.send([{ key: undefined, args }]);
  if (reply instanceof Error) throw reply;
  if (!Array.isArray(reply)) throw new Error("Redis did not count the subscribers");
  // The channels and their counts in turns.
  return channels.map((_, i) => Number(reply[2 * i + 1]));
}

function orThrow(count: number | Error): number {
  if (count instanceof Error) throw count;
  return count;
}
