// A node with nothing but an outbox and a replay, over a real Redis.

import { Cluster, Redis } from "ioredis";
import { commandsOf, subscriptionsOf } from "../../adapters/redis/client.ts";
import type { Dropped, Outbox } from "../../adapters/redis/outbox.ts";
import type { OutboxOptions } from "../../adapters/redis/outbox-limits.ts";
import { outboxOf } from "../../adapters/redis/outbox-shared.ts";
import type { RedisCommands, SubscriptionKind } from "../../adapters/redis/port.ts";
import { type Loss, Replay, type ReplayOptions } from "../../adapters/redis/replay.ts";

/** One message of a user. */
export interface Said {
  readonly uid: string;
  readonly channel: string;
  readonly index: number;
  /** Only makes it larger. */
  readonly filling?: string | undefined;
}

export interface NodeOptions {
  readonly outbox?: OutboxOptions;
  readonly replay?: ReplayOptions;
  readonly kind?: SubscriptionKind;
}

const SHARED = "shared";

/** Connects to a Redis, or by several ports to a cluster. */
export function connect(ports: number | readonly number[]): Redis | Cluster {
  const retryStrategy = () => 50;
  if (typeof ports === "number") {
    return new Redis(ports, "127.0.0.1", { retryStrategy });
  }
  const nodes = ports.map((port) => ({ host: "127.0.0.1", port }));
  return new Cluster(nodes, { clusterRetryStrategy: retryStrategy });
}

export class RedisNode {
  readonly uid: string;
  readonly client: Redis | Cluster;
  readonly redis: RedisCommands;
  readonly outbox: Outbox;
  readonly replay: Replay<Said>;
  readonly delivered: Said[] = [];
  readonly sent: Said[] = [];
  readonly losses: Loss[] = [];
  readonly drops: Dropped[] = [];
  readonly #isSharded: boolean;
  readonly #kind: SubscriptionKind;
  readonly #waits = new Set<() => void>();

  constructor(ports: number | readonly number[], uid: string, options: NodeOptions = {}) {
    this.uid = uid;
    this.client = connect(ports);
    this.redis = commandsOf(this.client);
    this.redis.onError(() => {}); // what it says is not the matter of these tests
    subscriptionsOf(this.client).onError(() => {});
    this.#kind = options.kind ?? "channel";
    this.#isSharded = this.#kind === "shard";
    this.outbox = outboxOf(this.redis, options.outbox);
    this.replay = new Replay<Said>(
      uid,
      { slackMs: this.redis.isCluster ? 10_000 : 0, ...options.replay },
      {
        deliver: (said) => {
          this.delivered.push(said);
          this.#look();
        },
        decode: (_channel, payload) => JSON.parse(payload.toString()).said,
        ask: (request) => this.#send(SHARED, { uid, request }),
        answer: (to, answer) => this.#send(to, { uid, answer }),
        onLoss: (loss) => {
          this.losses.push(loss);
          this.#look();
        },
        onForged: (of) => {
          throw new Error(`${of} is not known for what it has sent`);
        },
        isCongested: () => false,
        sendDelayMs: () => this.outbox.longestDelayMs,
      },
    );
  }

  async start(channels: readonly string[]): Promise<void> {
    const subscriptions = subscriptionsOf(this.client);
    subscriptions.onInterrupted(() => this.replay.onInterrupted());
    subscriptions.onResubscribed(() => this.replay.onResubscribed());
    const listen = (payload: Buffer, channel: string) => this.#receive(payload, channel);
    await Promise.all(
      [SHARED, this.uid, ...channels].map((channel) =>
        subscriptions.subscribe(this.#kind, channel, listen),
      ),
    );
    this.replay.start();
  }

  say(channel: string, filling?: string): void {
    const said = { uid: this.uid, channel, index: this.sent.length, filling };
    this.sent.push({ ...said, filling: undefined });
    const link = this.replay.next(channel);
    const payload = JSON.stringify({ uid: this.uid, link, said });
    this.replay.sent(link, channel, payload);
    this.outbox.publish(channel, payload, this.#isSharded, this);
  }

  onDropped(dropped: Dropped): void {
    this.drops.push(dropped);
    this.#look();
  }

  /** What was delivered of a node's, as places in what that has sent. */
  heard(uid: string): number[] {
    return this.delivered.filter((said) => said.uid === uid).map(({ index }) => index);
  }

  /** Waits until something holds; that is looked at whenever something happens here. */
  async until(holds: () => boolean): Promise<void> {
    if (!holds()) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const look = () => {
        if (holds()) {
          this.#waits.delete(look);
          resolve();
        }
      };
      this.#waits.add(look);
      await promise;
    }
  }

  /** Waits until all of another node's messages are there. */
  hears(other: RedisNode): Promise<void> {
    return this.until(() => this.heard(other.uid).length >= other.sent.length);
  }

  stop(): void {
    this.replay.close();
    this.client.disconnect();
  }

  #look(): void {
    for (const look of this.#waits) {
      look();
    }
  }

  #send(channel: string, message: object): void {
    this.outbox.publish(channel, JSON.stringify(message), this.#isSharded, this);
  }

  #receive(payload: Buffer, channel: string): void {
    const message = JSON.parse(payload.toString());
    if (message.uid === this.uid) {
      return;
    }
    if (message.link !== undefined) {
      this.replay.accept(message.uid, message.link, channel, message.said, payload.length);
    } else if (message.request !== undefined) {
      this.replay.onRequest(message.uid, message.request);
    } else {
      this.replay.onAnswer(message.uid, message.answer);
    }
    this.#look();
  }
}
