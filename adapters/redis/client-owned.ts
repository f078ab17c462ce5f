import { ClientCommands } from "./client-commands.ts";
import type { OwnedDriver } from "./client-driver.ts";
import type {
  ChannelListener,
  ChannelMessage,
  OwnedRedis,
  RedisCommand,
  RedisReply,
  SubscriptionKind,
} from "./port.ts";
import { ClientSubscriptions } from "./subscriptions.ts";

/** A client that was made here: its commands, its subscriptions, and its end. */
export class OwnedClient implements OwnedRedis {
  readonly isCluster: boolean;
  readonly #driver: OwnedDriver;
  readonly #commands: ClientCommands;
  readonly #subscriptions: ClientSubscriptions;

  constructor(driver: OwnedDriver) {
    this.isCluster = driver.isCluster;
    this.#driver = driver;
    this.#commands = new ClientCommands(driver, (own) => new OwnedClient(own));
    this.#subscriptions = new ClientSubscriptions(driver);
  }

  /** Of the commands. */
  get isReady(): boolean {
    return this.#commands.isReady;
  }

  onState(listener: (isReady: boolean) => void): () => void {
    return this.#commands.onState(listener);
  }

  onError(listener: (error: Error) => void): () => void {
    return this.#subscriptions.onError(listener);
  }

  publish(messages: readonly ChannelMessage[], isSharded: boolean): Promise<(Error | null)[]> {
    return this.#commands.publish(messages, isSharded);
  }

  send(commands: readonly RedisCommand[]): Promise<(RedisReply | Error)[]> {
    return this.#commands.send(commands);
  }

  countSubscribers(channels: readonly string[], isSharded: boolean): Promise<number[]> {
    return this.#commands.countSubscribers(channels, isSharded);
  }

  duplicate(): OwnedRedis {
    return this.#commands.duplicate();
  }

  subscribe(
    kind: SubscriptionKind,
    channel: string,
    listener: ChannelListener,
    isOptional?: boolean,
  ): Promise<void> {
    return this.#subscriptions.subscribe(kind, channel, listener, isOptional);
  }

  unsubscribe(kind: SubscriptionKind, channel: string): void {
    this.#subscriptions.unsubscribe(kind, channel);
  }

  onInterrupted(listener: () => void): () => void {
    return this.#subscriptions.onInterrupted(listener);
  }

  onResubscribed(listener: () => void): () => void {
    return this.#subscriptions.onResubscribed(listener);
  }

  end(): void {
    this.#subscriptions.close();
    this.#driver.end();
  }
}
