// What the Redis adapters need of a Redis client, whichever package it is of.

/** A payload as it is published. */
export type Payload = string | Uint8Array;

/** A message for one channel. */
export interface ChannelMessage {
  readonly channel: string;
  readonly payload: Payload;
}

/** A reply of Redis: nested lists of strings, bytes, numbers and null. */
export type RedisReply = string | Buffer | number | null | RedisReply[];

/** An argument of a command. */
export type RedisArgument = string | Uint8Array | number;

/** A command and the key (or sharded channel) that says which node of a Redis Cluster it is for. */
export interface RedisCommand {
  /** Undefined where any node will do. */
  readonly key: string | undefined;
  readonly args: readonly RedisArgument[];
  /** How much memory it takes, about, where that is known without a look at its arguments. */
  readonly bytes?: number;
}

/** Whether a client can be used, and what goes wrong with it. Each method returns what ends it. */
export interface RedisConnection {
  /** Whether commands are answered, as far as one knows. */
  readonly isReady: boolean;
  readonly isCluster: boolean;
  /** Called with true when commands can be sent, with false when the connection is lost. */
  onState(listener: (isReady: boolean) => void): () => void;
  /** Called with each error of the client; listening is what keeps it from ending the process. */
  onError(listener: (error: Error) => void): () => void;
}

/**
 * A client that sends commands. It never queues: what it is given while it is not ready fails, and
 * so does what is not answered when the connection is lost, which may have been executed. See
 * `isTransient` (client-errors.ts) for what may be sent again.
 */
export interface RedisCommands extends RedisConnection {
  /**
   * Publishes messages in one write where the protocol allows (one write for each slot of a cluster,
   * if they are sharded), in their order.
   *
   * @param isSharded whether with SPUBLISH, else with PUBLISH
   * @returns once all are answered, for each: null, or why it failed. It does not reject.
   */
  publish(messages: readonly ChannelMessage[], isSharded: boolean): Promise<(Error | null)[]>;
  /**
   * Sends commands in as few writes as the protocol allows, in their order.
   *
   * @returns once all are answered: for each its reply, or why it failed. It does not reject.
   */
  send(commands: readonly RedisCommand[]): Promise<(RedisReply | Error)[]>;
  /**
   * How many clients are subscribed to each channel, over all nodes of a cluster.
   *
   * @param isSharded whether with PUBSUB SHARDNUMSUB, else with PUBSUB NUMSUB
   * @throws what Redis answered, or that it is away
   */
  countSubscribers(channels: readonly string[], isSharded: boolean): Promise<number[]>;
  /** A client of its own with the same settings, for commands that block. */
  duplicate(): OwnedRedis;
}

/** A client that was made here, and so is ended here. */
export interface OwnedRedis extends RedisCommands, RedisSubscriptions {
  /** Ends it, with whatever command is pending. */
  end(): void;
}

/** How a channel is subscribed to: SUBSCRIBE, PSUBSCRIBE or SSUBSCRIBE. */
export type SubscriptionKind = "channel" | "pattern" | "shard";

/** Gets each message: its bytes, and the channel it came on. */
export type ChannelListener = (payload: Buffer, channel: string) => void;

/**
 * A client that subscribes, over connections of its own, which are made like the client that the
 * program gave: so that one may send commands, and needs no option for sharded channels. It keeps a list of what is wanted and brings Redis in line with it,
 * whenever there is a connection; subscriptions of one turn of the event loop travel in one write.
 */
export interface RedisSubscriptions extends RedisConnection {
  /**
   * Subscribes. There is one listener for each channel or pattern, the last one given.
   *
   * @param isOptional whether nobody is told if Redis refuses it
   * @returns once Redis has confirmed it, also if that takes an outage. It does not reject; it
   * resolves too when it is unsubscribed before, or Redis refuses it, which is told as an error and
   * tried again.
   */
  subscribe(
    kind: SubscriptionKind,
    channel: string,
    listener: ChannelListener,
    isOptional?: boolean,
  ): Promise<void>;
  /** Unsubscribes: nothing is heard from now on. */
  unsubscribe(kind: SubscriptionKind, channel: string): void;
  /**
   * Called when messages may have been missed: a connection was lost, and now all that is wanted is
   * subscribed to again. In a cluster, also where this concerns one shard.
   */
  onResubscribed(listener: () => void): () => void;
  /** Called when messages may be missed from now on, until {@link onResubscribed}. */
  onInterrupted(listener: () => void): () => void;
}
