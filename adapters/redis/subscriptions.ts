import type { RedisDriver } from "./client-driver.ts";
import { toError } from "./client-errors.ts";
import { ClientListeners } from "./client-listeners.ts";
import { slotOf } from "./client-slot.ts";
import type { ChannelListener, RedisSubscriptions, SubscriptionKind } from "./port.ts";
import { Subscription } from "./subscriptions-entry.ts";
import { SubscriptionLink } from "./subscriptions-link.ts";

/** How often it is looked whether a slot has moved to another node. */
const CHECK_INTERVAL_MS = 1000;

/**
 * Subscriptions over connections of their own, made like the client: one for channels and patterns,
 * one for sharded channels (in a cluster: for those of each node). The client itself stays free for
 * commands; when it is ready, connections are made, and when it has ended, there are none.
 */
export class ClientSubscriptions implements RedisSubscriptions {
  readonly isCluster: boolean;
  readonly #driver: RedisDriver;
  readonly #wanted: Record<SubscriptionKind, Map<string, Subscription>> = {
    channel: new Map(),
    pattern: new Map(),
    shard: new Map(),
  };
  readonly #links = new Map<string, SubscriptionLink>();
  /** Those that no connection can take yet: it is not known which node they are for. */
  readonly #homeless = new Set<Subscription>();
  /** Those that were lost, until they are back. */
  readonly #lost = new Set<Subscription>();
  readonly #stateListeners = new ClientListeners<[isReady: boolean]>();
  readonly #errorListeners = new ClientListeners<[error: Error]>();
  readonly #interrupted = new ClientListeners<[]>();
  readonly #resubscribed = new ClientListeners<[]>();
  #wasReady: boolean;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(driver: RedisDriver) {
    this.isCluster = driver.isCluster;
    this.#driver = driver;
    this.#wasReady = this.isReady;
    driver.onError((error) => this.#errorListeners.tell(error));
    driver.onChange(() => this.#onChange());
    this.#onChange();
  }

  get isReady(): boolean {
    return this.#driver.isReady && this.#lost.size === 0;
  }

  onState(listener: (isReady: boolean) => void): () => void {
    return this.#stateListeners.add(listener);
  }

  onError(listener: (error: Error) => void): () => void {
    return this.#errorListeners.add(listener);
  }

  onInterrupted(listener: () => void): () => void {
    return this.#interrupted.add(listener);
  }

  onResubscribed(listener: () => void): () => void {
    return this.#resubscribed.add(listener);
  }

  subscribe(
    kind: SubscriptionKind,
    channel: string,
    listener: ChannelListener,
    isOptional = false,
  ): Promise<void> {
    const known = this.#wanted[kind].get(channel);
    if (known) {
      known.listener = listener;
      return known.confirmed();
    }
    const slot = kind === "shard" && this.isCluster ? slotOf(channel) : undefined;
    const subscription = new Subscription(kind, channel, slot, listener, isOptional);
    this.#wanted[kind].set(channel, subscription);
    this.#place(subscription);
    return subscription.confirmed();
  }

  unsubscribe(kind: SubscriptionKind, channel: string): void {
    const subscription = this.#wanted[kind].get(channel);
    if (!subscription) return;
    this.#wanted[kind].delete(channel);
    this.#homeless.delete(subscription);
    subscription.link?.remove(subscription);
    subscription.settle();
    this.#found(subscription);
  }

  /** Ends all connections, until the client is ready again. */
  close(): void {
    for (const link of this.#links.values()) link.close();
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #onChange(): void {
    if (this.#driver.isReady) {
      // Where there are no slots, nothing moves.
      if (this.isCluster) this.#timer ??= this.#startTimer();
      this.#check();
      for (const link of this.#links.values()) link.open();
    } else if (this.#driver.isEnded) {
      this.close();
    }
    this.#tellState();
  }

  #tellState(): void {
    const { isReady } = this;
    if (isReady === this.#wasReady) return;
    this.#wasReady = isReady;
    this.#stateListeners.tell(isReady);
  }

  /** Gives it to the connection that is for it. */
  #place(subscription: Subscription): void {
    const { kind, slot } = subscription;
    const address = slot === undefined ? "" : this.#driver.nodeOf(slot)?.address;
    if (address === undefined) {
      this.#homeless.add(subscription);
    } else {
      this.#homeless.delete(subscription);
      this.#linkFor(kind === "shard", slot, address).add(subscription);
    }
  }

  #startTimer(): ReturnType<typeof setInterval> {
    const timer = setInterval(() => this.#check(), CHECK_INTERVAL_MS);
    timer.unref();
    return timer;
  }

  #linkFor(isShard: boolean, slot: number | undefined, address: string): SubscriptionLink {
    const key = `${isShard ? "shard" : "any"} ${address}`;
    let link = this.#links.get(key);
    if (!link) {
      link = new SubscriptionLink({
        isOpen: () => this.#driver.isReady,
        node: () => {
          if (!this.isCluster) return this.#driver.nodeOf(0);
          if (slot !== undefined) {
            return this.#driver.nodes().find((node) => node.address === address);
          }
          // Not on a replica, or others that do not know of it yet would not count it.
          const ready = this.#driver.masters().filter((node) => node.isReady);
          return ready[Math.floor(Math.random() * ready.length)];
        },
        dispatch: (kind, name, payload, channel) => {
          try {
            this.#wanted[kind].get(name)?.listener(payload, channel);
          } catch (error) {
            // Out of the middle of what the client reads, it would break the connection.
            this.#errorListeners.tell(toError(error));
          }
        },
        onLost: (lost) => this.#onLost(lost),
        onFound: (found) => this.#found(found),
        onMoved: () => {
          this.#driver.refresh();
          this.#check();
        },
        onError: (error) => this.#errorListeners.tell(error),
      });
      this.#links.set(key, link);
      link.open();
    }
    return link;
  }

  /** Whether each subscription to a shard is with the node that has its slot. */
  #check(): void {
    // A node that is gone tells nothing; which one serves its slots now has to be asked for.
    if (this.isCluster && this.#lost.size + this.#homeless.size > 0) this.#driver.refresh();
    const moved: Subscription[] = [...this.#homeless];
    const addresses = new Map<number, string | undefined>();
    for (const [key, link] of this.#links) {
      const strangers: Subscription[] = [];
      for (const [slot, subscriptions] of link.slots) {
        if (!addresses.has(slot)) addresses.set(slot, this.#driver.nodeOf(slot)?.address);
        const address = addresses.get(slot);
        if (address !== undefined && key !== `shard ${address}`) strangers.push(...subscriptions);
      }
      if (strangers.length === 0) continue;
      this.#onLost(link.release(strangers));
      moved.push(...strangers);
      if (link.slots.size === 0) {
        link.close();
        this.#links.delete(key);
      }
    }
    for (const subscription of moved) this.#place(subscription);
  }

  #onLost(lost: readonly Subscription[]): void {
    if (lost.length === 0) return;
    const isFirst = this.#lost.size === 0;
    for (const subscription of lost) this.#lost.add(subscription);
    if (isFirst) this.#interrupted.tell();
    this.#tellState();
  }

  /** It is subscribed to, or not wanted, or refused: nothing of it is waited for. */
  #found(subscription: Subscription): void {
    if (this.#lost.delete(subscription) && this.#lost.size === 0) {
      this.#resubscribed.tell();
      this.#tellState();
    }
  }
}
