import { generateId } from "../lib/ids.ts";
import type {
  AdapterSocket,
  EncodedPackets,
  FeedPublisher,
  Room,
  SocketFeed,
  SocketId,
} from "./adapter.ts";

/** When topics are made, and dropped. Tests set other values. */
export const TOPIC_LIMITS = {
  /** The smallest room. */
  minMembers: 8,
  /** How many broadcasts, each within `hotMs` of the one before, go by before there is a topic. */
  warmUp: 3,
  hotMs: 1_000,
  /** How long a topic stays that is not used. */
  idleMs: 15_000,
  /** The largest part of a room that a broadcast may leave out or reach in another way. */
  maxOthers: 1 / 4,
};

/** To whom a broadcast goes. */
export interface TopicTargets {
  /** Null for everyone. */
  readonly room: Room | null;
  /** The ids of those in the room. */
  readonly members: { readonly size: number; keys(): Iterable<SocketId> };
  readonly excluded: ReadonlySet<SocketId>;
  /** Those who are connected. */
  readonly sockets: ReadonlyMap<SocketId, AdapterSocket>;
}

/**
 * Reaches the sockets of a room in one call, by a topic to which their connections are subscribed.
 *
 * Who can be reached that way, and who is to be, is found out at each broadcast; the subscriptions
 * follow. So nothing has to be told of what happens in between, and those who are left out of one
 * broadcast are unsubscribed until the next.
 */
export class NativeTopics {
  /** Those of rooms that are broadcast to; null is everyone's. */
  readonly #topics = new Map<Room | null, Topic>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * Publishes a broadcast.
   *
   * @returns the sockets that have to be sent it themselves; null where all have to
   */
  publish(targets: TopicTargets, encoded: EncodedPackets): AdapterSocket[] | null {
    const { room, members } = targets;
    if (members.size < TOPIC_LIMITS.minMembers) {
      return null;
    }
    let topic = this.#topics.get(room);
    if (topic === undefined) {
      topic = new Topic();
      this.#topics.set(room, topic);
      this.#watch();
    }
    return topic.isHot(Date.now()) ? topic.publish(targets, encoded) : null;
  }

  /** A socket has left a room; null for the namespace. */
  onLeave(room: Room | null, id: SocketId): void {
    const topic = this.#topics.get(room);
    if (topic?.remove(id) && topic.size < TOPIC_LIMITS.minMembers / 2) {
      this.#drop(room, topic);
    }
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const [room, topic] of this.#topics) {
      this.#drop(room, topic);
    }
  }

  #drop(room: Room | null, topic: Topic): void {
    topic.clear();
    this.#topics.delete(room);
  }

  #watch(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      const before = Date.now() - TOPIC_LIMITS.idleMs;
      for (const [room, topic] of this.#topics) {
        if (topic.isIdleSince(before)) {
          this.#drop(room, topic);
        }
      }
      if (this.#topics.size > 0) {
        this.#watch();
      }
    }, TOPIC_LIMITS.idleMs).unref();
  }
}

/** One topic, under the same name at each server whose connections are subscribed to it. */
class Topic {
  readonly #name = generateId();
  readonly #subscribers = new Map<SocketId, SocketFeed>();
  #usedAt = 0;
  #uses = 0;

  /** How many are subscribed. */
  get size(): number {
    return this.#subscribers.size;
  }

  /** Whether it is used so often that subscribing is worth while. Counts as a use. */
  isHot(now: number): boolean {
    this.#uses = now - this.#usedAt <= TOPIC_LIMITS.hotMs ? this.#uses + 1 : 1;
    this.#usedAt = now;
    return this.#uses > TOPIC_LIMITS.warmUp || this.#subscribers.size > 0;
  }

  isIdleSince(time: number): boolean {
    return this.#usedAt < time;
  }

  /** @returns the sockets that have to be sent it themselves; null where all have to */
  publish(targets: TopicTargets, encoded: EncodedPackets): AdapterSocket[] | null {
    const plan = this.#plan(targets, encoded);
    if (plan === null) {
      return null;
    }
    for (const id of plan.leaving) {
      this.remove(id);
    }
    for (const [id, feed] of plan.joining) {
      this.remove(id); // of an earlier connection
      this.#subscribers.set(id, feed);
      feed.subscribe(this.#name);
    }
    for (const publisher of plan.publishers) {
      publisher.publish(this.#name, encoded);
    }
    return plan.others;
  }

  #plan({ members, excluded, sockets }: TopicTargets, encoded: EncodedPackets): TopicPlan | null {
    const plan: TopicPlan = { publishers: [], joining: [], leaving: [], others: [] };
    let publisher: FeedPublisher | null = null;
    let staying = 0;
    let spare = members.size * TOPIC_LIMITS.maxOthers;
    for (const id of members.keys()) {
      const socket = excluded.has(id) ? undefined : sockets.get(id);
      const feed = socket?.feed ?? null;
      if (feed === null) {
        if (socket !== undefined) {
          plan.others.push(socket);
        }
        if (--spare < 0) {
          return null;
        }
        if (this.#subscribers.has(id)) {
          plan.leaving.push(id);
        }
        continue;
      }
      if (feed.publisher !== publisher) {
        publisher = feed.publisher;
        if (!addPublisher(plan.publishers, publisher, encoded)) {
          return null;
        }
      }
      if (this.#subscribers.get(id) === feed) {
        staying++;
      } else {
        plan.joining.push([id, feed]);
      }
    }
    const expected = staying + plan.leaving.length;
    if (this.#subscribers.size > expected) {
      this.#removeStrangers(members);
    }
    return plan;
  }

  // Members may have been taken out of a room past the adapter, or have come back by another connection.
  #removeStrangers(members: TopicTargets["members"]): void {
    const ids = new Set(members.keys());
    for (const id of this.#subscribers.keys()) {
      if (!ids.has(id)) {
        this.remove(id);
      }
    }
  }

  /** @returns whether it was subscribed */
  remove(id: SocketId): boolean {
    const feed = this.#subscribers.get(id);
    feed?.unsubscribe(this.#name);
    return this.#subscribers.delete(id);
  }

  clear(): void {
    for (const feed of this.#subscribers.values()) {
      feed.unsubscribe(this.#name);
    }
    this.#subscribers.clear();
  }
}

/** What a broadcast asks of a topic. */
interface TopicPlan {
  readonly publishers: FeedPublisher[];
  readonly joining: [SocketId, SocketFeed][];
  readonly leaving: SocketId[];
  /** Who has to be sent it by themselves. */
  readonly others: AdapterSocket[];
}

/** @returns false where it cannot carry this */
function addPublisher(
  publishers: FeedPublisher[],
  publisher: FeedPublisher,
  encoded: EncodedPackets,
): boolean {
  if (!publishers.includes(publisher)) {
    publishers.push(publisher);
  }
  return publisher.canCarry(encoded);
}
