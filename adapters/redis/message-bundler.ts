import { type BundleRoute, bundleCommand, PROBE } from "./bundle.ts";
import { isRetriable } from "./outbox-errors.ts";
import { type Bundled, type Bundler, LONGEST_BUNDLED } from "./bundler.ts";
import type { Payload, RedisCommands, RedisReply } from "./port.ts";

/** For how long nothing is bundled when there are nodes that would not hear it. */
const MIXED_MS = 1_000;
/** The same where Redis does not run scripts. */
const REFUSED_MS = 60_000;

/**
 * Publishes messages of one node in one namespace as one, where all nodes there are of this package:
 * see `bundle.ts`.
 */
export class MessageBundler implements Bundler {
  readonly smallest = 4; // the script costs Redis as much as so many
  readonly #route: BundleRoute;
  /** Whether Redis runs scripts, as far as one knows. */
  #isAllowed = false;
  #isAsking = false;
  #pausedUntil = 0;

  constructor(route: BundleRoute) {
    this.#route = route;
  }

  /** Whether a message may be in a bundle. */
  takes(channel: string, payload: Payload): boolean {
    return channel.length + payload.length <= LONGEST_BUNDLED;
  }

  /** The first time, it is found out whether Redis runs scripts. */
  isReady(redis: RedisCommands): boolean {
    if (performance.now() < this.#pausedUntil) {
      return false;
    }
    if (!this.#isAllowed && !this.#isAsking) {
      void this.#ask(redis);
    }
    return this.#isAllowed;
  }

  async #ask(redis: RedisCommands): Promise<void> {
    this.#isAsking = true;
    const [reply] = await redis.send([PROBE]);
    this.#isAsking = false;
    this.#isAllowed = !(reply instanceof Error);
    if (reply instanceof Error) {
      this.#pause(isRetriable(reply) ? MIXED_MS : REFUSED_MS);
    }
  }

  async send(redis: RedisCommands, messages: readonly Bundled[]): Promise<(RedisReply | Error)[]> {
    const [reply = null] = await redis.send([bundleCommand(this.#route, messages)]);
    if (reply instanceof Error && !isRetriable(reply)) {
      this.#isAllowed = false; // it does not run scripts any more
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
