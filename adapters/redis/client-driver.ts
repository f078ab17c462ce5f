// What each client package supplies. Everything else about commands and subscriptions is written
// once, above this.

import type { ChannelMessage, RedisCommand, RedisReply, SubscriptionKind } from "./port.ts";

/** What a connection that only subscribes tells. */
export interface SubscriberEvents {
  /** Subscriptions can be sent. */
  onReady(): void;
  /** A message; `subscription` is the channel or the pattern that was subscribed to. */
  onMessage(kind: SubscriptionKind, subscription: string, payload: Buffer, channel: string): void;
  /** The slots of the cluster are elsewhere by now than this connection takes them to be. */
  onMoved(): void;
  onError(error: Error): void;
  /** It is gone for good, and nothing more is told. */
  onClosed(): void;
}

/** One connection that only subscribes. It does not reconnect: another one takes its place. */
export interface SubscriberConnection {
  /** To all of these channels, or to none if it rejects. */
  subscribe(kind: SubscriptionKind, channels: string[]): Promise<void>;
  unsubscribe(kind: SubscriptionKind, channels: string[]): void;
  /** Ends it. {@link SubscriberEvents.onClosed} is not called for it any more. */
  close(): void;
}

/** One node of Redis, as its client reaches it. */
export interface RedisNode {
  /** Tells it from the other nodes. */
  readonly address: string;
  readonly isReady: boolean;
  /** @returns for each message: null, or why it failed. It does not reject. */
  publish(messages: readonly ChannelMessage[], isSharded: boolean): Promise<(Error | null)[]>;
  /** @returns for each command its reply, or why it failed. It does not reject. */
  send(commands: readonly RedisCommand[]): Promise<(RedisReply | Error)[]>;
  /** Opens a connection to it, with the settings of the client. */
  openSubscriber(events: SubscriberEvents): SubscriberConnection;
}

/** One client of any package. */
export interface RedisDriver {
  readonly isCluster: boolean;
  readonly isReady: boolean;
  /** What the client puts before the keys of commands, if anything. */
  readonly keyPrefix: string;
  /** Whether the program has ended it. It may connect it again. */
  readonly isEnded: boolean;
  /** Calls it whenever one of these may have changed, or which node has which slot. */
  onChange(listener: () => void): void;
  onError(listener: (error: Error) => void): void;
  /** The node that serves a slot; without a cluster, the one there is. */
  nodeOf(slot: number): RedisNode | undefined;
  /** All nodes that are known, masters first. */
  nodes(): RedisNode[];
  /** Which all clients know of: of a replica that is new, some may not. */
  masters(): RedisNode[];
  /** Sends a command that a node said was for another one. */
  redirect(command: RedisCommand): Promise<RedisReply>;
  /** Sends a message on a sharded channel that a node said was for another one. */
  redirectMessage(message: ChannelMessage): Promise<RedisReply>;
  /** Has the client look again which node serves which slot, if it can. */
  refresh(): void;
  /** Another client with the same settings, for commands that block. It connects. */
  duplicate(): OwnedDriver;
}

/** A client that was made here. */
export interface OwnedDriver extends RedisDriver {
  end(): void;
}
