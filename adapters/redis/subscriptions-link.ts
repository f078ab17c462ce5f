import type { SubscriberConnection } from "./client-driver.ts";
import { isRedirection, isRefusedForNow, toError } from "./client-errors.ts";
import type { SubscriptionKind } from "./port.ts";
import { type ConnectionOwner, SubscriptionConnection } from "./subscriptions-connection.ts";
import type { Subscription, SubscriptionHome } from "./subscriptions-entry.ts";

/** Channels of one command; each has a reply of its own, so there is no gain in more. */
const BATCH = 1000;
const FIRST_REFUSAL_DELAY_MS = 1000;
const LONGEST_REFUSAL_DELAY_MS = 30_000;

interface SentCommand {
  isConfirmed: boolean;
}

const KINDS: readonly SubscriptionKind[] = ["channel", "pattern", "shard"];

/** What is above: whoever knows the nodes, and who listens. */
export interface LinkOwner extends ConnectionOwner {
  /** Messages of these may be missed from now on. */
  onLost(lost: readonly Subscription[]): void;
  /** Redis has confirmed it, or refused it. */
  onFound(subscription: Subscription): void;
  onMoved(): void;
}

/** Which subscriptions one connection has, over one connection after the other. */
export class SubscriptionLink implements SubscriptionHome {
  /** Those of sharded channels in a cluster, by their slot. */
  readonly slots = new Map<number, Set<Subscription>>();
  readonly #owner: LinkOwner;
  readonly #connection: SubscriptionConnection;
  readonly #wanted = byKind(() => new Map<string, Subscription>());
  /** What was sent over the connection that is open, and with which command. */
  readonly #sent = byKind(() => new Map<string, SentCommand>());
  /** What may differ between wanted and sent. */
  readonly #dirty = byKind(() => new Set<string>());
  /** Those to be tried again later. */
  #failed: Subscription[] = [];
  /** How often in a row some were not allowed, and whether some are not since the last time. */
  #refusals = 0;
  #isRefused = false;
  #retrying: ReturnType<typeof setTimeout> | undefined;
  #flushing: ReturnType<typeof setImmediate> | undefined;

  constructor(owner: LinkOwner) {
    this.#owner = owner;
    this.#connection = new SubscriptionConnection(owner, {
      isEmpty: () => this.#isEmpty(),
      onReady: () => this.#flush(),
      onMoved: () => this.#onMoved(),
      onGone: () => this.#onGone(),
    });
  }

  add(subscription: Subscription): void {
    const { kind, name, slot } = subscription;
    subscription.link = this;
    this.#wanted[kind].set(name, subscription);
    if (slot !== undefined) {
      let others = this.slots.get(slot);
      if (!others) {
        others = new Set();
        this.slots.set(slot, others);
      }
      others.add(subscription);
    }
    this.#touch(subscription);
    this.open();
  }

  remove(subscription: Subscription): void {
    const { kind, name, slot } = subscription;
    subscription.link = undefined;
    subscription.isConfirmed = false;
    if (this.#wanted[kind].get(name) !== subscription) return;
    this.#wanted[kind].delete(name);
    const others = slot === undefined ? undefined : this.slots.get(slot);
    others?.delete(subscription);
    if (slot !== undefined && others?.size === 0) this.slots.delete(slot);
    this.#touch(subscription);
  }

  /** Removes them all; returns those that Redis had confirmed. */
  release(subscriptions: readonly Subscription[]): Subscription[] {
    const confirmed = subscriptions.filter((subscription) => subscription.isConfirmed);
    for (const subscription of subscriptions) this.remove(subscription);
    return confirmed;
  }

  /** Connects, if it is not connected and there is anything to subscribe to. */
  open(): void {
    this.#connection.open();
  }

  /** Ends the connection; what is wanted stays so. */
  close(): void {
    this.#connection.close();
  }

  #isEmpty(): boolean {
    return KINDS.every((kind) => this.#wanted[kind].size === 0);
  }

  /** Redis has dropped channels, and it is not known which: all are asked for again. */
  #onMoved(): void {
    const lost: Subscription[] = [];
    for (const subscription of this.#wanted.shard.values()) {
      if (subscription.isConfirmed) lost.push(subscription);
      subscription.isConfirmed = false;
      this.#sent.shard.delete(subscription.name);
      this.#touch(subscription);
    }
    this.#owner.onLost(lost);
    this.#owner.onMoved();
  }

  /** There is no connection, nor what was sent over it. */
  #onGone(): void {
    clearTimeout(this.#retrying);
    this.#retrying = undefined;
    this.#failed = [];
    this.#refusals = 0;
    this.#isRefused = false;
    const lost: Subscription[] = [];
    for (const kind of KINDS) {
      this.#sent[kind].clear();
      this.#dirty[kind].clear();
      for (const [name, subscription] of this.#wanted[kind]) {
        this.#dirty[kind].add(name);
        if (subscription.isConfirmed) lost.push(subscription);
        subscription.isConfirmed = false;
      }
    }
    this.#owner.onLost(lost);
  }

  #touch({ kind, name }: Subscription): void {
    this.#dirty[kind].add(name);
    if (this.#connection.ready) this.#flushing ??= setImmediate(() => this.#flush());
  }

  /** Brings Redis in line with what is wanted. */
  #flush(): void {
    if (this.#flushing) clearImmediate(this.#flushing);
    this.#flushing = undefined;
    const connection = this.#connection.ready;
    if (!connection) return;
    if (this.#isEmpty()) {
      this.close();
      return;
    }
    for (const kind of KINDS) {
      const [more, less] = this.#changes(kind);
      for (const names of inBatches(less)) connection.unsubscribe(kind, names);
      for (const names of inBatches(more)) this.#subscribe(connection, kind, names);
    }
  }

  /** What is to be subscribed to and unsubscribed from; in a cluster, only one slot at a time may be. */
  #changes(kind: SubscriptionKind): [more: Iterable<string[]>, less: Iterable<string[]>] {
    const more = new Map<number | undefined, string[]>();
    const less: string[][] = [];
    const isBySlot = this.slots.size > 0;
    const all: string[] = [];
    for (const name of this.#dirty[kind]) {
      const subscription = this.#wanted[kind].get(name);
      const sent = this.#sent[kind].get(name);
      if (subscription && !sent) {
        const names = more.get(subscription.slot);
        if (names) names.push(name);
        else more.set(subscription.slot, [name]);
      } else if (subscription && sent?.isConfirmed) {
        // It was unsubscribed from and subscribed to again within one turn.
        this.#confirm(subscription);
      } else if (!subscription && sent) {
        this.#sent[kind].delete(name);
        if (kind === "shard" && isBySlot) less.push([name]);
        else all.push(name);
      }
    }
    this.#dirty[kind].clear();
    if (all.length > 0) less.push(all);
    return [more.values(), less];
  }

  #subscribe(connection: SubscriberConnection, kind: SubscriptionKind, names: string[]): void {
    const command: SentCommand = { isConfirmed: false };
    for (const name of names) this.#sent[kind].set(name, command);
    const each = function* (this: SubscriptionLink): Generator<Subscription> {
      // Otherwise it was lost since, or unsubscribed from and perhaps subscribed to again.
      if (connection !== this.#connection.ready) return;
      for (const name of names) {
        const subscription = this.#wanted[kind].get(name);
        if (subscription && this.#sent[kind].get(name) === command) yield subscription;
      }
    };
    connection.subscribe(kind, names).then(
      () => {
        command.isConfirmed = true;
        for (const subscription of each.call(this)) this.#confirm(subscription);
      },
      (thrown: unknown) => {
        if (connection !== this.#connection.ready) return;
        const error = toError(thrown);
        const half = Math.ceil(names.length / 2);
        if (isRedirection(error)) {
          this.#retry([...each.call(this)]);
          this.#owner.onMoved();
        } else if (isRefusedForNow(error)) {
          this.#retry([...each.call(this)]); // until then, messages are missed
        } else if (half < names.length) {
          // One that is not allowed has all of the command refused.
          const open = [...each.call(this)].map(({ name }) => name);
          for (const part of inBatches([open], half)) this.#subscribe(connection, kind, part);
        } else {
          this.#refuse([...each.call(this)], error);
        }
      },
    );
  }

  #confirm(subscription: Subscription): void {
    subscription.isConfirmed = true;
    subscription.settle();
    this.#owner.onFound(subscription);
  }

  #refuse(subscriptions: readonly Subscription[], error: Error): void {
    this.#retry(subscriptions);
    this.#isRefused = true;
    for (const subscription of subscriptions) {
      subscription.settle(); // who waits is told by the error: it may be refused for ever
      this.#owner.onFound(subscription);
      if (subscription.isOptional) continue;
      const isOld = subscription.kind === "shard" && /unknown command/i.test(error.message);
      const advice = isOld ? " (sharded channels need Redis 7; classic ones do not)" : "";
      const message = `Redis refused the subscription to "${subscription.name}": ${error.message}${advice}`;
      this.#owner.onError(new Error(message, { cause: error }));
    }
  }

  /** Tries them again, later and later if they are not allowed. */
  #retry(subscriptions: readonly Subscription[]): void {
    for (const { kind, name } of subscriptions) this.#sent[kind].delete(name);
    this.#failed.push(...subscriptions);
    const delay = Math.min(FIRST_REFUSAL_DELAY_MS * 2 ** this.#refusals, LONGEST_REFUSAL_DELAY_MS);
    this.#retrying ??= setTimeout(() => {
      this.#retrying = undefined;
      this.#refusals = this.#isRefused ? this.#refusals + 1 : 0;
      this.#isRefused = false;
      const failed = this.#failed;
      this.#failed = [];
      for (const subscription of failed) {
        if (subscription.link === this) this.#touch(subscription);
      }
    }, delay);
  }
}

function byKind<T>(create: () => T): Record<SubscriptionKind, T> {
  return { channel: create(), pattern: create(), shard: create() };
}

function* inBatches(lists: Iterable<string[]>, size = BATCH): Generator<string[]> {
  for (const list of lists) {
    for (let i = 0; i < list.length; i += size) {
      yield size >= list.length ? list : list.slice(i, i + size);
    }
  }
}
