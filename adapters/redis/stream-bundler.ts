import { type Bundled, type Bundler, LONGEST_BUNDLED } from "./bundler.ts";
import { isRetriable } from "./outbox-errors.ts";
import type { RedisCommand, RedisCommands, RedisReply } from "./port.ts";
import { bundleEntries, isEntryCommand, LONGEST_BUNDLE } from "./stream-bundle.ts";
import { type BundleRoute, bundleCommand, lookCommand, repliesOf } from "./stream-bundle-script.ts";
import type { EntryCommand } from "./stream-command.ts";
import type { StreamLength } from "./stream-length.ts";

/** For how long nothing is bundled when there are nodes that would not read it. */
const MIXED_MS = 1_000;
/** The same where Redis does not run the script. */
const REFUSED_MS = 60_000;

/** Writes messages of all members of a stream that are sent together as one entry. */
export class EntryBundler implements Bundler {
  /** Each entry is read by itself where a reader waits for it. */
  readonly smallest = 2;
  readonly #length: StreamLength;

  /**
   * @param length what is counted of it
   */
  constructor(length: StreamLength) {
    this.#length = length;
  }

  isReady(_redis: RedisCommands): boolean {
    return true;
  }

  /** Whether a message may be in a bundle. */
  takes({ content: { event, data, nsp } }: EntryCommand): boolean {
    const text = event ?? data;
    return text !== undefined && text.length + nsp.length <= LONGEST_BUNDLED;
  }

  async send(redis: RedisCommands, messages: readonly Bundled[]): Promise<(RedisReply | Error)[]> {
    const all = messages.map(({ command }) => command).filter(isEntryCommand);
    const parts: EntryCommand[][] = [];
    for (let from = 0; from < all.length; from += LONGEST_BUNDLE) {
      parts.push(all.slice(from, from + LONGEST_BUNDLE));
    }
    const commands = parts.map((part) => this.commandOf(part));
    const trim = this.#length.takeTrim();
    if (trim !== undefined) {
      commands.push(trim); // where Redis refuses it, it keeps more
    }
    const replies = await redis.send(commands);
    return parts.flatMap((part, i) => {
      const reply = replies[i] ?? null;
      return reply instanceof Error ? part.map(() => reply) : this.onReply(reply, part.length);
    });
  }

  protected commandOf(part: readonly EntryCommand[]): RedisCommand {
    return bundleEntries(part);
  }

  protected onReply(reply: RedisReply, messages: number): (RedisReply | Error)[] {
    return new Array(messages).fill(reply);
  }
}

/** The same as long as no node is there, or may come back, that does not read bundles. */
export class CheckedBundler extends EntryBundler {
  readonly #route: BundleRoute;
  /** Whether Redis runs the script, as far as one knows. */
  #isAllowed = false;
  #pausedUntil = 0;
  #refusedUntil = 0;

  constructor(route: BundleRoute, length: StreamLength) {
    super(length);
    this.#route = route;
  }

  override isReady(_redis: RedisCommands): boolean {
    return this.#isAllowed && performance.now() >= this.#pausedUntil;
  }

  override takes(command: EntryCommand): boolean {
    return super.takes(command) && command.content.nsp.isWellFormed();
  }

  /** Looks who is there: so it is known of nodes that have come and gone, whether something is written or not. */
  async look(redis: RedisCommands): Promise<void> {
    if (!redis.isReady || performance.now() < this.#refusedUntil) {
      return;
    }
    const [reply] = await redis.send([lookCommand(this.#route)]);
    if (!(reply instanceof Error)) {
      this.#isAllowed = true;
    } else if (!isRetriable(reply)) {
      this.#onRefused();
    }
  }

  override async send(
    redis: RedisCommands,
    messages: readonly Bundled[],
  ): Promise<(RedisReply | Error)[]> {
    const replies = await super.send(redis, messages);
    const refused = messages.filter((_, i) => isRefusal(replies[i]));
    if (refused.length === 0) {
      return replies;
    }
    this.#onRefused(); // it does not run the script any more, or would not take them one by one either
    const again = await redis.send(refused.map(({ command }) => command).filter(isEntryCommand));
    let next = 0;
    return replies.map((reply) => (isRefusal(reply) ? (again[next++] ?? null) : reply));
  }

  protected override commandOf(part: readonly EntryCommand[]): RedisCommand {
    const [first, second] = part;
    const isOne = first !== undefined && second === undefined;
    return isOne ? first : bundleCommand(this.#route, part);
  }

  protected override onReply(reply: RedisReply, messages: number): (RedisReply | Error)[] {
    if (Array.isArray(reply)) {
      this.#pausedUntil = performance.now() + MIXED_MS;
    }
    return repliesOf(reply, messages);
  }

  #onRefused(): void {
    this.#isAllowed = false;
    this.#refusedUntil = performance.now() + REFUSED_MS;
  }
}

function isRefusal(reply: RedisReply | Error | undefined): boolean {
  return reply instanceof Error && !isRetriable(reply);
}
