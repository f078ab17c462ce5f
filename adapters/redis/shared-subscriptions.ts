import type { ChannelListener, RedisSubscriptions, SubscriptionKind } from "./port.ts";

/** Who listens to a channel: mostly one adapter alone. */
type Listeners = ChannelListener | ChannelListener[];

const shared = new WeakMap<RedisSubscriptions, SharedSubscriptions>();

/** The subscriptions of a client, for all adapters that use it. */
export function sharedSubscriptionsOf(redis: RedisSubscriptions): SharedSubscriptions {
  let subscriptions = shared.get(redis);
  if (subscriptions === undefined) {
    subscriptions = new SharedSubscriptions(redis);
    shared.set(redis, subscriptions);
  }
  return subscriptions;
}

/**
 * Lets several adapters of one client listen to the same channel: those of two servers in one
 * process. Redis is told of the first that comes and of the last that goes.
 */
export class SharedSubscriptions {
  readonly #redis: RedisSubscriptions;
  readonly #listeners: Record<SubscriptionKind, Map<string, Listeners>> = {
    channel: new Map(),
    pattern: new Map(),
    shard: new Map(),
  };

  constructor(redis: RedisSubscriptions) {
    this.#redis = redis;
  }

  /**
   * Listens to a channel.
   *
   * @param isOptional whether nobody is told if Redis refuses it
   * @returns once Redis has confirmed it, or it is given up. It does not reject.
   */
  subscribe(
    kind: SubscriptionKind,
    channel: string,
    listener: ChannelListener,
    isOptional = false,
  ): Promise<void> {
    const before = this.#listeners[kind].get(channel);
    if (before === undefined) {
      this.#listeners[kind].set(channel, listener);
      return this.#redis.subscribe(kind, channel, listener, isOptional);
    }
    return this.#listen(kind, channel, [...listOf(before), listener]);
  }

  /** Ends what {@link subscribe} began. */
  unsubscribe(kind: SubscriptionKind, channel: string, listener: ChannelListener): void {
    const before = listOf(this.#listeners[kind].get(channel));
    const after = before.filter((each) => each !== listener);
    if (after.length === before.length) {
      return;
    }
    if (after.length === 0) {
      this.#listeners[kind].delete(channel);
      this.#redis.unsubscribe(kind, channel);
    } else {
      void this.#listen(kind, channel, after);
    }
  }

  #listen(kind: SubscriptionKind, channel: string, listeners: ChannelListener[]): Promise<void> {
    this.#listeners[kind].set(channel, listeners);
    const [only, second] = listeners;
    if (only !== undefined && second === undefined) {
      return this.#redis.subscribe(kind, channel, only);
    }
    return this.#redis.subscribe(kind, channel, (payload, name) => {
      for (const listener of listeners) {
        listener(payload, name);
      }
    });
  }

  /** How many adapters listen to a channel: Redis counts them as one. */
  countListeners(kind: SubscriptionKind, channel: string): number {
    return listOf(this.#listeners[kind].get(channel)).length;
  }
}

function listOf(listeners: Listeners | undefined): ChannelListener[] {
  if (listeners === undefined) {
    return [];
  }
  return typeof listeners === "function" ? [listeners] : listeners;
}
