import type { SubscriberConnection, SubscriberEvents } from "./client-driver.ts";
import { endNodeRedis, type NodeRedisClient } from "./node-redis-shape.ts";
import type { SubscriptionKind } from "./port.ts";

/** A connection of node-redis that only subscribes, and that does nothing by itself when it is lost. */
export class NodeRedisSubscriber implements SubscriberConnection {
  readonly #client: NodeRedisClient;
  readonly #events: SubscriberEvents;
  #isOver = false;

  constructor(origin: NodeRedisClient, events: SubscriberEvents) {
    this.#events = events;
    this.#client = origin.duplicate({
      socket: { ...origin.options?.socket, reconnectStrategy: false },
      database: undefined,
      disableOfflineQueue: false,
      commandsQueueMaxLength: undefined,
      // Of versions 5 and 6; what is subscribed to is the same with either protocol, and only this
      // one tells of a slot that has moved in all versions.
      RESP: 2,
      clientSideCache: undefined,
      emitInvalidate: false,
      maintNotifications: "disabled",
    });
    this.#listen();
    this.#client.connect().catch((error: Error) => this.#onError(error));
  }

  async subscribe(kind: SubscriptionKind, channels: string[]): Promise<void> {
    const client = this.#client;
    const { onMessage } = this.#events;
    if (kind === "pattern") {
      // Its listener is not told for which pattern a message came.
      await Promise.all(
        channels.map((pattern) =>
          client.pSubscribe(
            pattern,
            (payload, channel) => onMessage("pattern", pattern, payload, String(channel)),
            true,
          ),
        ),
      );
    } else if (kind === "channel") {
      await client.subscribe(channels, this.#onChannel, true);
    } else {
      await client.sSubscribe(channels, this.#onShard, true);
    }
  }

  unsubscribe(kind: SubscriptionKind, channels: string[]): void {
    const client = this.#client;
    const done =
      kind === "channel"
        ? client.unsubscribe(channels)
        : kind === "pattern"
          ? client.pUnsubscribe(channels)
          : client.sUnsubscribe(channels);
    // If it fails, the connection is lost, and the subscription with it.
    done.catch(() => {});
  }

  close(): void {
    this.#isOver = true;
    // Before it is ready, version 4 would lose sight of the connection it is making.
    if (this.#client.isReady) endNodeRedis(this.#client);
  }

  readonly #onChannel = (payload: Buffer, channel: Buffer | string): void => {
    const name = String(channel);
    this.#events.onMessage("channel", name, payload, name);
  };

  readonly #onShard = (payload: Buffer, channel: Buffer | string): void => {
    const name = String(channel);
    this.#events.onMessage("shard", name, payload, name);
  };

  #listen(): void {
    const client = this.#client;
    client.on("ready", () => {
      if (this.#isOver) endNodeRedis(client);
      else this.#events.onReady();
    });
    client.on("error", (error: Error) => this.#onError(error));
    client.on("end", () => this.#onClosed());
    client.on("terminated", () => this.#onClosed());
    for (const event of ["sharded-channel-moved", "server-sunsubscribe"]) {
      client.on(event, () => this.#events.onMoved());
    }
  }

  #onError(error: Error): void {
    if (this.#isOver) return;
    // That Redis is not reached is told by the client itself.
    if (!("syscall" in error) && /^[A-Z]+ /.test(error.message)) this.#events.onError(error);
    if (!this.#client.isReady) this.#onClosed();
  }

  #onClosed(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#events.onClosed();
  }
}
