import type { SubscriberConnection, SubscriberEvents } from "./client-driver.ts";
import { endNodeRedis, type NodeRedisClient } from "./node-redis-shape.ts";
import type { SubscriptionKind } from "./port.ts";

/** A connection of node-redis that only subscribes, and that does nothing by itself when it is lost. */
export class NodeRedisSubscriber implements SubscriberConnection {
  readonly #client: NodeRedisClient;
  readonly #events: SubscriberEvents;
  /** What is still to be done for names that are being unsubscribed from, and what waits behind that. */
  readonly #leaving = {
    channel: new Map<string, Promise<void>>(),
    pattern: new Map<string, Promise<void>>(),
    shard: new Map<string, Promise<void>>(),
  };
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

  subscribe(kind: SubscriptionKind, channels: string[]): Promise<void> {
    return this.#inTurn(kind, channels, false, () => this.#subscribe(kind, channels));
  }

  async #subscribe(kind: SubscriptionKind, channels: string[]): Promise<void> {
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
    const done = this.#inTurn(kind, channels, true, async () => {
      const client = this.#client;
      if (kind === "channel") await client.unsubscribe(channels);
      else if (kind === "pattern") await client.pUnsubscribe(channels);
      else await client.sUnsubscribe(channels);
    });
    // If it fails, the connection is lost, and the subscription with it.
    done.catch(() => {});
  }

  /**
   * Does something at once, or when what it must not overtake is done: until Redis has answered,
   * node-redis takes names for subscribed that it unsubscribes from, and sends nothing for them.
   */
  #inTurn(
    kind: SubscriptionKind,
    names: string[],
    isLeaving: boolean,
    act: () => Promise<void>,
  ): Promise<void> {
    const leaving = this.#leaving[kind];
    const before = leaving.size === 0 ? [] : names.flatMap((name) => leaving.get(name) ?? []);
    const done = before.length === 0 ? act() : Promise.all(before).then(act);
    if (isLeaving || before.length > 0) {
      const settled: Promise<void> = done
        .catch(() => {}) // its caller is told
        .then(() => {
          for (const name of names) {
            if (leaving.get(name) === settled) leaving.delete(name);
          }
        });
      for (const name of names) leaving.set(name, settled);
    }
    return done;
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
