// A node that is nothing but a wire and two connections, and the wires beside the reference's adapters.

import { createAdapter, createShardedAdapter } from "@socket.io/redis-adapter";
import type { ServerOptions } from "bun-socket.io";
import { Redis } from "ioredis";
import type { ClusterMessage } from "../../adapters/cluster/messages.ts";
import { ClassicWire } from "../../adapters/redis/classic-wire.ts";
import {
  type RedisAdapterOptions,
  resolveClassicOptions,
  resolveShardedOptions,
  type SubscriptionMode,
} from "../../adapters/redis/options.ts";
import type { ChannelMessage } from "../../adapters/redis/port.ts";
import { ShardedWire } from "../../adapters/redis/sharded-wire.ts";
import type { HeldRooms, LinkMaker, Wire, WireMessage } from "../../adapters/redis/wire.ts";

/** What came, and what it means. */
export interface Heard {
  channel: string;
  payload: Buffer;
  message: WireMessage | null;
}

const connections: Redis[] = [];

/** A connection, which {@link closePeers} ends. */
export function connect(port: number): Redis {
  // The ready check of ioredis 5 fails where one subscribes while it runs, as the reference does.
  const connection = new Redis(port, "127.0.0.1", { enableReadyCheck: false });
  connections.push(connection);
  return connection;
}

export function closePeers(): void {
  for (const connection of connections.splice(0)) {
    connection.disconnect();
  }
}

/** A node that hears all that its wire subscribes to, and does nothing. */
export class Peer<AnyWire extends Wire = Wire> {
  readonly wire: AnyWire;
  readonly heard: Heard[] = [];
  readonly #publisher: Redis;
  readonly #waiting = new Set<() => void>();

  constructor(port: number, wire: AnyWire) {
    this.wire = wire;
    this.#publisher = connect(port);
  }

  /** Begins to listen; with `rooms` also on their own channels. */
  static async start<AnyWire extends Wire>(
    port: number,
    wire: AnyWire,
    rooms: readonly string[] = [],
  ): Promise<Peer<AnyWire>> {
    const peer = new Peer(port, wire);
    const subscriber = connect(port);
    const hear = (channel: Buffer, payload: Buffer): void => peer.#hear(`${channel}`, payload);
    subscriber.on("messageBuffer", hear);
    subscriber.on("smessageBuffer", hear);
    subscriber.on("pmessageBuffer", (_pattern, channel, payload) => hear(channel, payload));
    const kind = wire.isSharded ? "shard" : "channel";
    const hasPattern = wire.subscriptions.some(({ kind }) => kind === "pattern"); // it has them all
    const ofRooms = (hasPattern ? [] : rooms).map((room) => ({
      kind,
      channel: wire.roomChannel(room),
    }));
    for (const { kind, channel } of [...wire.subscriptions, ...ofRooms]) {
      await (kind === "shard"
        ? subscriber.ssubscribe(channel)
        : kind === "pattern"
          ? subscriber.psubscribe(channel)
          : subscriber.subscribe(channel));
    }
    return peer;
  }

  #hear(channel: string, payload: Buffer): void {
    this.heard.push({ channel, payload, message: this.wire.decode(channel, payload) });
    for (const wake of this.#waiting) wake();
  }

  /** Waits for a message of a type, and takes it. */
  async take(type: WireMessage["type"]): Promise<Heard & { message: WireMessage }> {
    for (;;) {
      const at = this.heard.findIndex(({ message }) => message?.type === type);
      const [found] = at === -1 ? [] : this.heard.splice(at, 1);
      if (found !== undefined && found.message !== null) {
        return { ...found, message: found.message };
      }
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#waiting.add(resolve);
      await promise;
      this.#waiting.delete(resolve);
    }
  }

  async publish({ channel, payload }: ChannelMessage): Promise<void> {
    const bytes = Buffer.from(payload);
    await (this.wire.isSharded
      ? this.#publisher.spublish(channel, bytes)
      : this.#publisher.publish(channel, bytes));
  }

  /** Encodes and publishes. */
  async send(message: ClusterMessage, link?: LinkMaker): Promise<void> {
    await this.publish(this.wire.encode(message, link));
  }
}

export interface Kind {
  name: string;
  makeReference(port: number, options?: object): NonNullable<ServerOptions["adapter"]>;
  makeWire(uid: string, options?: WireSettings): Wire;
}

interface WireSettings {
  nsp?: string;
  rooms?: HeldRooms;
  mode?: SubscriptionMode;
}

const ALL_ROOMS: HeldRooms = { has: () => true };

export function makeClassic(
  uid: string,
  { nsp = "/", rooms = ALL_ROOMS, ...options }: WireSettings & RedisAdapterOptions = {},
): ClassicWire {
  return new ClassicWire(uid, nsp, rooms, resolveClassicOptions(options));
}

export const CLASSIC: Kind = {
  name: "classic",
  makeReference: (port, options) => createAdapter(connect(port), connect(port), options),
  makeWire: (uid, { nsp, rooms, mode } = {}) =>
    makeClassic(uid, { nsp: nsp ?? "/", rooms: rooms ?? ALL_ROOMS, subscriptionMode: mode }),
};

export const SHARDED: Kind = {
  name: "sharded",
  makeReference: (port, options) => createShardedAdapter(connect(port), connect(port), options),
  makeWire: (uid, { nsp = "/", rooms = ALL_ROOMS, mode } = {}) =>
    new ShardedWire(uid, nsp, rooms, resolveShardedOptions({ subscriptionMode: mode })),
};
