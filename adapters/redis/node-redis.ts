import { toBuffer } from "./bytes.ts";
import type {
  OwnedDriver,
  RedisNode,
  SubscriberConnection,
  SubscriberEvents,
} from "./client-driver.ts";
import { notReady, toError } from "./client-errors.ts";
import { SingleDriver } from "./client-single.ts";
import { AS_BYTES, endNodeRedis, type NodeRedisClient } from "./node-redis-shape.ts";
import { NodeRedisRecall } from "./node-redis-recall.ts";
import { NodeRedisSubscriber } from "./node-redis-subscriber.ts";
import type { ChannelMessage, RedisArgument, RedisCommand, RedisReply } from "./port.ts";

const STATE_EVENTS = ["connect", "ready", "reconnecting", "error", "end", "terminated"];

/** One connection of node-redis: the whole Redis, or a node of a cluster. */
export class NodeRedisNode implements RedisNode {
  readonly address: string;
  readonly #client: NodeRedisClient;
  /** Of the commands that are not answered. */
  readonly #recalls = new Set<NodeRedisRecall>();

  constructor(client: NodeRedisClient, address: string) {
    this.#client = client;
    this.address = address;
    for (const event of STATE_EVENTS) {
      client.on(event, () => {
        // What was written is rejected by node-redis itself in this turn; so the rest is left over.
        if (!client.isReady && this.#recalls.size > 0) setImmediate(() => this.#takeBack());
      });
    }
  }

  get isReady(): boolean {
    return this.#client.isReady;
  }

  publish(messages: readonly ChannelMessage[], isSharded: boolean): Promise<(Error | null)[]> {
    const name = isSharded ? "SPUBLISH" : "PUBLISH";
    return this.#all(messages, ({ channel, payload }, recall) =>
      this.#client
        .sendCommand([name, channel, toArgument(payload)], { signal: recall, abortSignal: recall })
        .then(() => null),
    );
  }

  send(commands: readonly RedisCommand[]): Promise<(RedisReply | Error)[]> {
    return this.#all(commands, ({ args }, recall) =>
      this.#client
        .sendCommand(args.map(toArgument), { ...AS_BYTES, signal: recall, abortSignal: recall })
        .then(toReply),
    );
  }

  openSubscriber(events: SubscriberEvents): SubscriberConnection {
    return new NodeRedisSubscriber(this.#client, events);
  }

  #all<T, R>(
    items: readonly T[],
    send: (item: T, recall: NodeRedisRecall) => Promise<R>,
  ): Promise<(R | Error)[]> {
    // It would queue them.
    if (!this.isReady) return Promise.resolve(items.map(notReady));
    // What is sent in one turn of the event loop, it writes at once.
    const sent = items.map((item) => {
      const recall = new NodeRedisRecall();
      this.#recalls.add(recall);
      return send(item, recall).then(
        (result) => {
          this.#recalls.delete(recall);
          return result;
        },
        (error: unknown) => {
          this.#recalls.delete(recall);
          return toError(error);
        },
      );
    });
    return Promise.all(sent);
  }

  #takeBack(): void {
    if (this.isReady) return;
    for (const recall of this.#recalls) recall.takeBack();
    this.#recalls.clear();
  }
}

/** A client of node-redis. It is connected by the program. */
export class NodeRedisDriver extends SingleDriver implements OwnedDriver {
  readonly keyPrefix = "";
  readonly #client: NodeRedisClient;

  constructor(client: NodeRedisClient) {
    super(client, STATE_EVENTS, new NodeRedisNode(client, ""));
    this.#client = client;
  }

  get isReady(): boolean {
    return this.#client.isReady;
  }

  get isEnded(): boolean {
    return !this.#client.isOpen;
  }

  duplicate(): OwnedDriver {
    const socket = this.#client.options?.socket;
    const state = { isEnded: false };
    const client = this.#client.duplicate({
      socket: { ...socket, socketTimeout: undefined, reconnectStrategy: strategyOf(socket, state) },
      RESP: 2,
      clientSideCache: undefined,
      emitInvalidate: false,
      maintNotifications: "disabled",
      commandOptions: undefined,
    });
    return new OwnedNodeRedisDriver(client, state);
  }

  end(): void {
    endNodeRedis(this.#client);
  }
}

/** A client that was made here, so it is connected and ended here. */
class OwnedNodeRedisDriver extends NodeRedisDriver {
  readonly #client: NodeRedisClient;
  readonly #state: { isEnded: boolean };

  constructor(client: NodeRedisClient, state: { isEnded: boolean }) {
    super(client);
    this.#client = client;
    this.#state = state;
    // Without a listener, an error would end the process.
    client.on("error", () => {});
    client.on("ready", () => {
      if (state.isEnded) endNodeRedis(client);
    });
    // It rejects when it is ended before it is connected.
    client.connect().catch(() => {});
  }

  override get isEnded(): boolean {
    return this.#state.isEnded;
  }

  override end(): void {
    this.#state.isEnded = true;
    // Before it is ready, version 4 would lose sight of the connection it is making.
    if (this.#client.isReady) endNodeRedis(this.#client);
  }
}

/** The program's own, until it is ended. */
function strategyOf(
  socket: object | undefined,
  state: { isEnded: boolean },
): (retries: number, cause: Error) => unknown {
  const given: unknown = socket && Reflect.get(socket, "reconnectStrategy");
  return (retries, cause) => {
    if (state.isEnded) return false;
    if (typeof given === "function") return given(retries, cause);
    return given ?? Math.min(50 * 2 ** retries, 2000);
  };
}

/** As node-redis takes it: strings and Buffers. */
export function toArgument(argument: RedisArgument): string | Buffer {
  if (!(argument instanceof Uint8Array)) return String(argument);
  return toBuffer(argument);
}

/** What node-redis made of a reply, as one. */
export function toReply(value: unknown): RedisReply | Error {
  if (Array.isArray(value)) {
    return value.map((item) => {
      const reply = toReply(item);
      return reply instanceof Error ? reply.message : reply;
    });
  }
  if (typeof value === "string" || typeof value === "number" || Buffer.isBuffer(value)) {
    return value;
  }
  if (value instanceof Error) return value;
  return value === null || value === undefined ? null : String(value);
}
