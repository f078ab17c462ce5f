// Which rooms have a channel of their own, and so which messages a node gets that it has no use for.
//
//                    subscribes to            a broadcast to one room goes to
//   static           the namespace            the namespace (classic: the room, by a pattern)
//   dynamic          each room of several     the room; to one that is named like a socket: the
//                                             namespace
//   dynamic-private  each room                the room
//
// A broadcast to everyone, or to several rooms, goes to the namespace in each mode. A room is named
// like a socket if its name has 20 characters: a node cannot tell those of other nodes from rooms.

import type { Room } from "../adapter.ts";
import type { SubscriptionMode } from "./options.ts";
import type { ChannelListener, SubscriptionKind } from "./port.ts";
import type { SharedSubscriptions } from "./shared-subscriptions.ts";
import { isPrivateRoom } from "./wire.ts";

/** How the channels of rooms are subscribed to. */
export interface RoomChannelSettings {
  readonly mode: SubscriptionMode;
  readonly kind: SubscriptionKind;
  /** The name of the channel of a room. */
  readonly channelOf: (room: Room) => string;
  /** The channels that are subscribed to anyway: a room may be named so that it has one of them. */
  readonly others: ReadonlySet<string>;
  readonly listener: ChannelListener;
}

/** The subscriptions of one adapter to the channels of rooms. */
export class RoomChannels {
  readonly #subscriptions: SharedSubscriptions;
  readonly #settings: RoomChannelSettings;
  /** What Redis has not confirmed yet, by channel. */
  readonly #pending = new Map<string, Promise<void>>();
  readonly #subscribed = new Set<string>();

  constructor(subscriptions: SharedSubscriptions, settings: RoomChannelSettings) {
    this.#subscriptions = subscriptions;
    this.#settings = settings;
  }

  /** Whether a room has a channel of its own. */
  has(room: Room): boolean {
    const { mode } = this.#settings;
    return mode === "dynamic-private" || (mode === "dynamic" && !isPrivateRoom(room));
  }

  /**
   * Subscribes to the channel of a room, if it has one.
   *
   * @returns what settles once Redis has confirmed it; undefined if there is nothing to wait for
   */
  enter(room: Room): Promise<void> | undefined {
    if (!this.has(room)) {
      return undefined;
    }
    const channel = this.#settings.channelOf(room);
    if (this.#settings.others.has(channel)) {
      return undefined;
    }
    return this.#subscribed.has(channel) ? this.#pending.get(channel) : this.#subscribe(channel);
  }

  #subscribe(channel: string): Promise<void> {
    const { kind, listener } = this.#settings;
    this.#subscribed.add(channel);
    const pending = this.#subscriptions.subscribe(kind, channel, listener).then(() => {
      if (this.#pending.get(channel) === pending) {
        this.#pending.delete(channel);
      }
    });
    this.#pending.set(channel, pending);
    return pending;
  }

  /** Unsubscribes from the channel of a room. */
  leave(room: Room): void {
    if (this.has(room)) {
      this.#unsubscribe(this.#settings.channelOf(room));
    }
  }

  #unsubscribe(channel: string): void {
    if (this.#subscribed.delete(channel)) {
      const { kind, listener } = this.#settings;
      this.#pending.delete(channel);
      this.#subscriptions.unsubscribe(kind, channel, listener);
    }
  }

  /** Unsubscribes from all. */
  close(): void {
    for (const channel of [...this.#subscribed]) {
      this.#unsubscribe(channel);
    }
  }
}
