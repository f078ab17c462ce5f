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
  minMembers: 16,
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
 * The subscriptions follow when there is a broadcast. Until then the servers note down whose session
 * has changed, so that not everyone has to be asked: that would cost more than the publishing. Who is
 * left out of one broadcast stays unsubscribed until the next.
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

  /** A socket has joined a room; null for the namespace. */
  onJoin(room: Room | null, id: SocketId): void {
    this.#topics.get(room)?.add(id);
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
  readonly #ids = new Map<SocketFeed, SocketId>();
  /** The other members, who are asked at each broadcast: who cannot be reached, or was left out. */
  readonly #others = new Set<SocketId>();
  /** Up to where the changes of the servers are known. */
  readonly #positions = new Map<FeedPublisher, number>();
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
    const { members, excluded, sockets } = targets;
    const spare = members.size * TOPIC_LIMITS.maxOthers;
    if (excluded.size > spare) {
      return null;
    }
    if (!this.#catchUp(targets)) {
      this.#askAll(targets);
    }
    for (const id of excluded) {
      this.#divert(id);
    }
    const others: AdapterSocket[] = [];
    for (const id of this.#others) {
      const socket = excluded.has(id) ? undefined : sockets.get(id);
      const feed = socket?._feed ?? null;
      if (feed !== null) {
        this.#others.delete(id);
        this.#subscribe(id, feed);
      } else if (socket !== undefined && others.push(socket) > spare) {
        return null;
      }
    }
    for (const publisher of this.#positions.keys()) {
      if (!publisher.canCarry(encoded)) {
        return null;
      }
    }
    for (const publisher of this.#positions.keys()) {
      publisher.publish(this.#name, encoded);
    }
    return others;
  }

  /** Diverts those who cannot be reached any more. @returns false where everyone has to be asked */
  #catchUp({ members, sockets }: TopicTargets): boolean {
    if (this.#subscribers.size + this.#others.size !== members.size) {
      return false; // it is new; or a room was changed past the adapter
    }
    for (const [publisher, position] of this.#positions) {
      const changes = publisher.changesSince(position);
      if (changes === null) {
        return false;
      }
      if (changes.length > 0) {
        this.#positions.set(publisher, publisher.position);
      }
      for (const feed of changes) {
        const id = this.#ids.get(feed);
        if (id !== undefined && sockets.get(id)?._feed !== feed) {
          this.#divert(id);
        }
      }
    }
    return true;
  }

  #askAll({ members, sockets }: TopicTargets): void {
    const known = new Set(this.#subscribers.keys());
    this.#others.clear();
    this.#positions.clear();
    for (const id of members.keys()) {
      const feed = sockets.get(id)?._feed ?? null;
      known.delete(id);
      if (feed === null) {
        this.remove(id);
        this.#others.add(id);
      } else {
        this.#subscribe(id, feed);
      }
    }
    for (const id of known) {
      this.remove(id);
    }
  }

  #subscribe(id: SocketId, feed: SocketFeed): void {
    if (this.#subscribers.get(id) !== feed) {
      this.remove(id); // of an earlier connection
      this.#subscribers.set(id, feed);
      this.#ids.set(feed, id);
      feed.subscribe(this.#name);
    }
    if (!this.#positions.has(feed.publisher)) {
      this.#positions.set(feed.publisher, feed.publisher.position);
    }
  }

  /** Unsubscribes one who stays a member. */
  #divert(id: SocketId): void {
    if (this.#subscribers.has(id)) {
      this.remove(id);
      this.#others.add(id);
    }
  }

  /** One more is a member. */
  add(id: SocketId): void {
    if (this.#subscribers.size > 0) {
      this.#others.add(id);
    }
  }

  /** @returns whether it was subscribed */
  remove(id: SocketId): boolean {
    const feed = this.#subscribers.get(id);
    this.#others.delete(id);
    if (feed === undefined) {
      return false;
    }
    this.#subscribers.delete(id);
    this.#ids.delete(feed);
    feed.unsubscribe(this.#name);
    return true;
  }

  clear(): void {
    for (const id of this.#subscribers.keys()) {
      this.remove(id);
    }
  }
}
