import type {
  OwnedDriver,
  RedisNode,
  SubscriberConnection,
  SubscriberEvents,
} from "./client-driver.ts";
import { SingleDriver } from "./client-single.ts";
import { type OnReply, publishBatch, sendAlike, sendBatch } from "./ioredis-batch.ts";
import { canSend, type IoredisClient } from "./ioredis-shape.ts";
import { IoredisSubscriber } from "./ioredis-subscriber.ts";
import type { ChannelMessage, RedisCommand, RedisReply } from "./port.ts";

/** What the events of a client are that tell of its state. */
export const STATE_EVENTS = ["connect", "ready", "close", "reconnecting", "end"] as const;

/** What carries messages, and of which the client need know no more than the name. */
const PLAIN_COMMANDS = new Set(["XADD", "EVAL"]);

const OPENING = new Set(["wait", "connecting", "connect"]);

/** One connection of ioredis: the whole Redis, or a node of a cluster. */
export class IoredisNode implements RedisNode {
  readonly address: string;
  readonly #client: IoredisClient;
  readonly #keyPrefix: string | undefined;

  /** @param keyPrefix goes before the keys of commands */
  constructor(client: IoredisClient, address: string, keyPrefix: string | undefined) {
    this.#client = client;
    this.address = address;
    this.#keyPrefix = keyPrefix;
  }

  get isReady(): boolean {
    // In a cluster, a node is connected to with its first command, and those after it wait as well.
    return canSend(this.#client) || OPENING.has(this.#client.status);
  }

  publish(messages: readonly ChannelMessage[], isSharded: boolean): Promise<(Error | null)[]> {
    return new Promise((resolve) => {
      const results = new Array<Error | null>(messages.length).fill(null);
      let open = messages.length;
      if (open === 0) resolve(results);
      publishBatch(this.#client, messages, isSharded, (i, error) => {
        results[i] = error;
        if (--open === 0) resolve(results);
      });
    });
  }

  send(commands: readonly RedisCommand[]): Promise<(RedisReply | Error)[]> {
    return new Promise((resolve) => {
      const results = new Array<RedisReply | Error>(commands.length).fill(null);
      let open = commands.length;
      if (open === 0) resolve(results);
      const onReply: OnReply = (i, error, reply) => {
        results[i] = error ?? toReply(reply);
        if (--open === 0) resolve(results);
      };
      // Some commands make their arguments only when they are asked for them.
      const items = commands.map(({ args }) => ({ args, keyPrefix: this.#keyPrefix }));
      const name = String(items[0]?.args[0]);
      if (
        !this.#keyPrefix &&
        PLAIN_COMMANDS.has(name) &&
        items.every(({ args }) => args[0] === name)
      ) {
        sendAlike(this.#client, items, name, onReply);
        return;
      }
      sendBatch(this.#client, items, onReply);
    });
  }

  openSubscriber(events: SubscriberEvents): SubscriberConnection {
    return new IoredisSubscriber(this.#client, events);
  }
}

/** A `Redis` of ioredis. */
export class IoredisDriver extends SingleDriver implements OwnedDriver {
  readonly #client: IoredisClient;

  constructor(client: IoredisClient) {
    super(client, STATE_EVENTS, new IoredisNode(client, "", client.options.keyPrefix));
    this.#client = client;
    // It would connect with its first command, and there is none before it is ready.
    if (client.status === "wait") client.connect().catch(() => {});
  }

  get isReady(): boolean {
    return canSend(this.#client);
  }

  get keyPrefix(): string {
    return this.#client.options.keyPrefix ?? "";
  }

  get isEnded(): boolean {
    return this.#client.status === "end";
  }

  duplicate(): OwnedDriver {
    return new IoredisDriver(
      this.#client.duplicate({
        lazyConnect: false,
        // What blocks takes its time.
        commandTimeout: undefined,
        socketTimeout: undefined,
        maxRetriesPerRequest: null,
      }),
    );
  }

  end(): void {
    this.#client.disconnect();
  }
}

/** What ioredis made of a reply, as one. */
export function toReply(value: unknown): RedisReply {
  if (Array.isArray(value)) return value.every(isReply) ? value : value.map(toReply);
  if (typeof value === "string" || typeof value === "number" || Buffer.isBuffer(value)) {
    return value;
  }
  return value === null || value === undefined ? null : String(value);
}

/** Whether it need not be made one; long lists are not copied then. */
function isReply(value: unknown): value is RedisReply {
  if (Buffer.isBuffer(value) || typeof value === "string" || value === null) return true;
  return typeof value === "number" || (Array.isArray(value) && value.every(isReply));
}
