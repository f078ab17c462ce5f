import type { SubscriberConnection, SubscriberEvents } from "./client-driver.ts";
import { sendBatch } from "./ioredis-batch.ts";
import type { IoredisClient } from "./ioredis-shape.ts";
import type { SubscriptionKind } from "./port.ts";

const SUBSCRIBE = { channel: "subscribe", pattern: "psubscribe", shard: "ssubscribe" } as const;
const UNSUBSCRIBE = {
  channel: "unsubscribe",
  pattern: "punsubscribe",
  shard: "sunsubscribe",
} as const;

/** A connection that is silent for so long is kept from being forgotten by what is in between. */
const KEEP_ALIVE_MS = 30_000;

interface Pending {
  command: string;
  channels: string[];
  resolve: () => void;
  reject: (error: Error) => void;
}

/** A connection of ioredis that only subscribes, and that does nothing by itself when it is lost. */
export class IoredisSubscriber implements SubscriberConnection {
  readonly #client: IoredisClient;
  readonly #events: SubscriberEvents;
  /** What is written at the end of this turn, in one write. */
  #batch: Pending[] = [];
  /** Subscriptions to shards that are not answered yet. */
  readonly #pending = new Set<Pending>();

  constructor(origin: IoredisClient, events: SubscriberEvents) {
    this.#events = events;
    this.#client = origin.duplicate({
      lazyConnect: true,
      enableOfflineQueue: false,
      retryStrategy: null,
      reconnectOnError: null,
      maxRetriesPerRequest: null,
      autoResubscribe: false,
      autoResendUnfulfilledCommands: false,
      enableAutoPipelining: false,
      commandTimeout: undefined,
      socketTimeout: undefined,
      stringNumbers: false,
      keyPrefix: "",
      db: 0,
      monitor: false,
      // Of version 6. What is subscribed to is the same with either.
      protocol: 2,
      replyMapping: undefined,
      keepAlive: origin.options.keepAlive || KEEP_ALIVE_MS,
    });
    this.#listen();
    // What goes wrong comes as an event, too.
    this.#client.connect().catch(() => {});
  }

  subscribe(kind: SubscriptionKind, channels: string[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#push({ command: SUBSCRIBE[kind], channels, resolve, reject });
    });
  }

  unsubscribe(kind: SubscriptionKind, channels: string[]): void {
    // If it fails, the connection is lost, and the subscription with it.
    const ignore = () => {};
    this.#push({ command: UNSUBSCRIBE[kind], channels, resolve: ignore, reject: ignore });
  }

  close(): void {
    this.#client.disconnect();
  }

  #listen(): void {
    const client = this.#client;
    const events = this.#events;
    client.on("ready", () => events.onReady());
    client.on("end", () => events.onClosed());
    client.on("error", (error: Error) => {
      // How version 5 takes it that Redis unsubscribes by itself, after the slot has moved.
      if (/^Command queue state error/.test(error.message)) events.onMoved();
      // That Redis is not reached is told by the client itself.
      else if (!("syscall" in error)) events.onError(error);
    });
    client.on("moved", () => this.#onMoved());
    client.on("messageBuffer", (channel: Buffer, payload: Buffer) => {
      const name = channel.toString();
      events.onMessage("channel", name, payload, name);
    });
    client.on("pmessageBuffer", (pattern: string, channel: Buffer, payload: Buffer) => {
      events.onMessage("pattern", pattern, payload, channel.toString());
    });
    client.on("smessageBuffer", (channel: Buffer, payload: Buffer) => {
      const name = channel.toString();
      events.onMessage("shard", name, payload, name);
    });
  }

  #push(pending: Pending): void {
    this.#batch.push(pending);
    if (this.#batch.length === 1) queueMicrotask(() => this.#write());
  }

  #write(): void {
    const batch = this.#batch;
    this.#batch = [];
    for (const pending of batch) {
      if (pending.command === SUBSCRIBE.shard) this.#pending.add(pending);
    }
    const items = batch.map(({ command, channels }) => ({ args: [command, ...channels] }));
    sendBatch(this.#client, items, (i, error) => {
      const pending = batch[i];
      if (!pending) return;
      this.#pending.delete(pending);
      if (error) pending.reject(error);
      else pending.resolve();
    });
  }

  /** Version 5 leaves the command unanswered for which Redis says so, and does not say which it is. */
  #onMoved(): void {
    if (this.#pending.size === 0) {
      this.#events.onMoved();
      return;
    }
    const unknown = [...this.#pending];
    this.#pending.clear();
    for (const { reject } of unknown) reject(new Error("MOVED to another node"));
  }
}
