import { type BundleRoute, bundleCommand, PROBE } from "./bundle.ts";
import { isRetriable } from "./outbox-errors.ts";
import type { ChannelMessage, Payload, RedisCommands, RedisReply } from "./port.ts";

/** Fewer messages are published one by one: a script costs Redis as much as some of them. */
export const SMALLEST_BUNDLE = 4;
/** What is longer gains nothing in a bundle, and its channel may have too many bytes to count. */
const LONGEST_MESSAGE = 8 * 1024;
/** For how long nothing is bundled when there are nodes that would not hear it. */
const MIXED_MS = 1_000;
/** The same where Redis does not run scripts. */
const REFUSED_MS = 60_000;

/**
 * Publishes messages of one node in one namespace as one, where all nodes there are of this package:
 * see `bundle.ts`.
 */
export class Bundler {
  readonly #route: BundleRoute;
  /** Whether Redis knows the script, as far as one knows. */
  #isKnown = false;
  #isAsking = false;
  #pausedUntil = 0;

  constructor(route: BundleRoute) {
    this.#route = route;
  }

  /** Whether a message may be in a bundle. */
  takes(channel: string, payload: Payload): boolean {
    return channel.length + payload.length <= LONGEST_MESSAGE;
  }

  /** Whether messages are to be bundled now; the first time, it is found out whether they can be. */
  isReady(redis: RedisCommands): boolean {
    if (performance.now() < this.#pausedUntil) {
      return false;
    }
    if (!this.#isKnown && !this.#isAsking) {
      void this.#ask(redis);
    }
    return this.#isKnown;
  }

  async #ask(redis: RedisCommands): Promise<void> {
    this.#isAsking = true;
    const [reply] = await redis.send([PROBE]);
    this.#isAsking = false;
    this.#isKnown = !(reply instanceof Error);
    if (reply instanceof Error) {
      this.#pause(isRetriable(reply) ? MIXED_MS : REFUSED_MS);
    }
  }

  /**
   * Publishes messages, in their order.
   *
   * @returns for each: null, or why it failed. It does not reject.
   */
  async publish(
    redis: RedisCommands,
    messages: readonly ChannelMessage[],
  ): Promise<(Error | null)[]> {
    const [reply = null] = await redis.send([bundleCommand(this.#route, messages)]);
    if (reply instanceof Error && !isRetriable(reply)) {
      this.#isKnown = false; // Redis has forgotten the script, or may not run it any more
      return redis.publish(messages, this.#route.isSharded);
    }
    if (isNone(reply)) {
      this.#pause(MIXED_MS);
    }
    const result = reply instanceof Error ? reply : null;
    return messages.map(() => result);
  }

  #pause(ms: number): void {
    this.#pausedUntil = performance.now() + ms;
  }
}

function isNone(reply: RedisReply | Error): boolean {
  return !(reply instanceof Error) && Number(reply) === 0;
}
