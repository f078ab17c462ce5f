import {
  type Check,
  isBoolean,
  isObject,
  isString,
  objectWith,
  validateOptions,
} from "../../lib/validate.ts";
import {
  type KeepOptions,
  type Parser,
  resolveClassicOptions,
  resolveShardedOptions,
  resolveStreamsOptions,
  type SubscriptionMode,
} from "./options.ts";

/** The options of an {@link Emitter}. They must fit those of the adapters it emits for. */
export interface EmitterOptions {
  /**
   * For which adapter it emits: `createAdapter()`, `createShardedAdapter()` or that of streams.
   * Default: "classic".
   */
  adapter?: "classic" | "sharded" | "streams" | undefined;
  /** Classic: what the names of all channels begin with. Default: "socket.io". */
  key?: string | undefined;
  /** Classic: encodes messages. Default: MessagePack, as notepack.io does it. */
  parser?: Pick<Parser, "encode"> | undefined;
  /** Sharded: what the names of all channels begin with. Default: "socket.io". */
  channelPrefix?: string | undefined;
  /** Classic and sharded: the mode of the adapters. Default: theirs, "static" and "dynamic". */
  subscriptionMode?: SubscriptionMode | undefined;
  /** Streams: the name of the stream. Default: "socket.io". */
  streamName?: string | undefined;
  /** Streams: over how many streams the namespaces are spread. Default: 1. */
  streamCount?: number | undefined;
  /** Streams: how many entries a stream keeps, about. Default: 10000. */
  maxLen?: number | undefined;
  /** Streams: whether messages are never looked through for binary data. Default: false. */
  onlyPlaintext?: boolean | undefined;
  /** What is kept to be sent while Redis is away; all of one Redis client share it. */
  outbox?: KeepOptions | undefined;
}

const KINDS: readonly unknown[] = ["classic", "sharded", "streams"];
const isKind: Check = {
  expected: `one of ${KINDS.map((kind) => JSON.stringify(kind)).join(", ")}`,
  accepts: (kind) => KINDS.includes(kind),
};

const TABLE = {
  adapter: isKind,
  key: isString,
  parser: objectWith("encode"),
  channelPrefix: isString,
  streamName: isString,
  onlyPlaintext: isBoolean,
  outbox: isObject,
};

/**
 * Checks the options of an emitter, and fills in the defaults of the adapter it emits for.
 *
 * @param given the user's options
 * @throws SocketIOError with `ERR_INVALID_OPTION`
 */
export function resolveEmitterOptions(given: EmitterOptions) {
  validateOptions(given, TABLE);
  const { key, parser, channelPrefix, subscriptionMode, outbox, ...rest } = given;
  const { streamName, streamCount, maxLen, onlyPlaintext } = rest;
  switch (given.adapter) {
    case "sharded":
      return {
        adapter: "sharded",
        ...resolveShardedOptions({ channelPrefix, subscriptionMode, outbox }),
      } as const;
    case "streams":
      return {
        adapter: "streams",
        ...resolveStreamsOptions({ streamName, streamCount, maxLen, onlyPlaintext, outbox }),
      } as const;
  }
  // An emitter decodes nothing.
  const codec = parser && { encode: parser.encode.bind(parser), decode: () => undefined };
  return {
    adapter: "classic",
    ...resolveClassicOptions({ key, parser: codec, subscriptionMode, outbox }),
  } as const;
}

/** The options of an emitter with every default filled in. */
export type ResolvedEmitterOptions = ReturnType<typeof resolveEmitterOptions>;
