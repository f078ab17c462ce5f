import type { Payload, RedisCommand, RedisCommands, RedisReply } from "./port.ts";

/** What is longer gains nothing in a bundle. */
export const LONGEST_BUNDLED = 8 * 1024;

/** What may be in a bundle: a message for a channel, or a command. */
export interface Bundled {
  readonly channel: string;
  readonly payload: Payload;
  readonly command: RedisCommand | undefined;
}

/** Sends several messages as one. */
export interface Bundler {
  /** Fewer messages are sent one by one; two at least. */
  readonly smallest: number;
  /** Whether messages are to be bundled now. */
  isReady(redis: RedisCommands): boolean;
  /**
   * Sends messages, in their order.
   *
   * @returns for each what Redis answered, or why it failed. It does not reject.
   */
  send(redis: RedisCommands, messages: readonly Bundled[]): Promise<(RedisReply | Error)[]>;
}
