import type { ResolvedStreamsOptions } from "./options.ts";
import type { RedisCommands } from "./port.ts";
import { CheckedBundler, EntryBundler } from "./stream-bundler.ts";
import type { StreamLength } from "./stream-length.ts";
import { bundleChannelOf, MAIN, publicChannelOf } from "./streams-wire.ts";

/** How often it is looked who is there. */
const LOOK_INTERVAL_MS = 2_000;

/** Makes what puts messages together, and has those that need it look who is there. */
export class StreamBundling {
  readonly #redis: RedisCommands;
  readonly #options: ResolvedStreamsOptions;
  readonly #looking = new Set<CheckedBundler>();
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(redis: RedisCommands, options: ResolvedStreamsOptions) {
    this.#redis = redis;
    this.#options = options;
  }

  /**
   * What is to write the messages for a stream that are sent together; undefined where each is to be an entry.
   *
   * @param length what is counted of the stream
   */
  start(stream: string, length: StreamLength): EntryBundler | undefined {
    const { bundle, channelPrefix, useShardedPubSub: isSharded } = this.#options;
    if (bundle === true) {
      return new EntryBundler(length);
    }
    if (bundle === false || this.#redis.isCluster) {
      return undefined; // in a cluster, no node of Redis knows who listens on the others
    }
    const countChannel = publicChannelOf(MAIN, channelPrefix);
    const bundleChannel = bundleChannelOf(channelPrefix);
    const route = { stream, isSharded, countChannel, bundleChannel };
    const bundler = new CheckedBundler(route, length);
    this.#looking.add(bundler);
    void bundler.look(this.#redis);
    this.#timer ??= setInterval(() => this.look(), LOOK_INTERVAL_MS).unref();
    return bundler;
  }

  /** Looks at once, as Redis is there. */
  look(): void {
    for (const bundler of this.#looking) {
      void bundler.look(this.#redis);
    }
  }

  /** Ends what {@link start} began. */
  end(bundler: EntryBundler | undefined): void {
    if (bundler instanceof CheckedBundler && this.#looking.delete(bundler)) {
      if (this.#looking.size === 0) {
        clearInterval(this.#timer);
        this.#timer = undefined;
      }
    }
  }
}
