import type { Untyped } from "../../lib/event-types.ts";
import { SocketIOError } from "../../lib/errors.ts";
import {
  type Check,
  isBoolean,
  isObject,
  isString,
  numberFrom,
  objectWith,
  oneOf,
  timeFrom,
  validateOptions,
  withDefaults,
} from "../../lib/validate.ts";

/** Encodes and decodes what classic pub/sub sends. */
export interface Parser {
  /** Returns bytes or text. */
  encode(message: Untyped): Untyped;
  /** Gets bytes. */
  decode(message: Untyped): Untyped;
}

/**
 * To which channels a node subscribes, and so which messages it gets that are for rooms it has not.
 *
 * - `"static"`: two channels of the namespace (or a pattern)
 * - `"dynamic"`: one more for each room, but for those that are named by the id of a socket
 * - `"dynamic-private"`: one more for each room, and so for each socket
 */
export type SubscriptionMode = "static" | "dynamic" | "dynamic-private";

/** Bounds of what is kept: what is older or beyond goes first. */
export interface KeepOptions {
  /** How long, in ms. Default: 120000. */
  maxDuration?: number | undefined;
  /** How much, in bytes. Default: 33554432 (32 MiB). */
  maxBytes?: number | undefined;
}

interface CommonOptions {
  /** How long to wait for the answers of the other nodes, in ms. Default: 5000. */
  requestsTimeout?: number | undefined;
  /** What is kept to be sent while Redis is away; all adapters of one Redis client share it. */
  outbox?: KeepOptions | undefined;
}

interface ReplayOptions {
  /**
   * What is kept of that which was sent, for nodes whose connection to Redis was interrupted. False:
   * nothing, and what is sent meanwhile is lost to them.
   */
  replay?: KeepOptions | false | undefined;
}

/** The options of `createAdapter()`. */
export interface RedisAdapterOptions extends CommonOptions, ReplayOptions {
  /** What the names of all channels begin with. Default: "socket.io". */
  key?: string | undefined;
  /**
   * Whether answers go to a channel that only the node that asked hears; nodes of the reference
   * before 7.1 do not hear it. Nodes of this package answer each other there in any case.
   * Default: false.
   */
  publishOnSpecificResponseChannel?: boolean | undefined;
  /** Encodes and decodes messages; the same on all nodes. Default: MessagePack, as notepack.io does it. */
  parser?: Parser | undefined;
  /**
   * To which channels a node subscribes. `"static"` and `"dynamic-private"` work beside nodes and
   * emitters of the reference; `"dynamic"` needs all nodes and emitters to be of this package, and in
   * this mode. Default: "static".
   */
  subscriptionMode?: SubscriptionMode | undefined;
}

/** The options of `createShardedAdapter()`. */
export interface ShardedRedisAdapterOptions extends CommonOptions, ReplayOptions {
  /** What the names of all channels begin with. Default: "socket.io". */
  channelPrefix?: string | undefined;
  /** To which channels a node subscribes; the same on all nodes. Default: "dynamic". */
  subscriptionMode?: SubscriptionMode | undefined;
}

/** The options of the streams adapter. */
export interface RedisStreamsAdapterOptions extends CommonOptions {
  /** The name of the stream. Default: "socket.io". */
  streamName?: string | undefined;
  /** Over how many streams the namespaces are spread. Default: 1. */
  streamCount?: number | undefined;
  /** What the names of the pub/sub channels begin with: requests and answers go there. Default: "socket.io". */
  channelPrefix?: string | undefined;
  /** Whether pub/sub is sharded (Redis 7). Default: false. */
  useShardedPubSub?: boolean | undefined;
  /** How many messages a stream keeps, about: entries, or what bundles have in them. Default: 10000. */
  maxLen?: number | undefined;
  /** How many entries are read at once. Default: 100. */
  readCount?: number | undefined;
  /** How long a read waits for entries, in ms; 0: for ever. Default: 5000. */
  blockTimeInMs?: number | undefined;
  /** What the keys of sessions begin with, for connection state recovery. Default: "sio:session:". */
  sessionKeyPrefix?: string | undefined;
  /** Whether messages are never looked through for binary data: none has any. Default: false. */
  onlyPlaintext?: boolean | undefined;
  /**
   * Whether messages that are sent together are written as one entry, which costs all nodes and Redis
   * less. Nodes of the reference do not read such entries: undefined: as long as none is there, or may come
   * back to a stream that still has what it has not read (Redis 6.2, no cluster); true: always; false:
   * never. Without effect with `connectionStateRecovery`, where each event needs an id. Default: undefined.
   */
  bundle?: boolean | undefined;
  /**
   * With `connectionStateRecovery`: how long an event waits for its offset while Redis is away, in ms,
   * before the clients of this node are sent it without one. Default: 10000.
   */
  offsetTimeout?: number | undefined;
  /** As of the reference, and without effect: there are no heartbeats, as Redis knows who is there. */
  heartbeatInterval?: number | undefined;
  /** As {@link heartbeatInterval}. */
  heartbeatTimeout?: number | undefined;
}

const KEEP = { maxDuration: 120_000, maxBytes: 33_554_432 };

const COMMON_TABLE = { requestsTimeout: timeFrom(0), outbox: isObject };

/** Of a name that is none, where all names are of this package. */
const isNone: Check = {
  expected: "named maxDuration or maxBytes",
  accepts: (value) => value === undefined,
};
const isFalse: Check = { expected: "false", accepts: (value) => value === false };
const SUBSCRIPTION_MODES: readonly unknown[] = ["static", "dynamic", "dynamic-private"];
const isSubscriptionMode: Check = {
  expected: `one of ${SUBSCRIPTION_MODES.map((mode) => JSON.stringify(mode)).join(", ")}`,
  accepts: (mode) => SUBSCRIPTION_MODES.includes(mode),
};
const isCount: Check = {
  expected: "a whole number, 1 or more",
  accepts: (value) => typeof value === "number" && Number.isSafeInteger(value) && value >= 1,
};

const CLASSIC = {
  key: "socket.io",
  requestsTimeout: 5000,
  publishOnSpecificResponseChannel: false,
  subscriptionMode: "static" as SubscriptionMode,
};
const CLASSIC_TABLE = {
  ...COMMON_TABLE,
  key: isString,
  publishOnSpecificResponseChannel: isBoolean,
  parser: objectWith("encode", "decode"),
  subscriptionMode: isSubscriptionMode,
  replay: oneOf(isFalse, isObject),
};

const SHARDED = {
  channelPrefix: "socket.io",
  requestsTimeout: 5000,
  subscriptionMode: "dynamic" as SubscriptionMode,
};
const SHARDED_TABLE = {
  ...COMMON_TABLE,
  channelPrefix: isString,
  subscriptionMode: isSubscriptionMode,
  replay: oneOf(isFalse, isObject),
};

const STREAMS = {
  streamName: "socket.io",
  streamCount: 1,
  channelPrefix: "socket.io",
  useShardedPubSub: false,
  maxLen: 10_000,
  readCount: 100,
  blockTimeInMs: 5000,
  sessionKeyPrefix: "sio:session:",
  onlyPlaintext: false,
  bundle: undefined as boolean | undefined,
  offsetTimeout: 10_000,
  requestsTimeout: 5000,
};
const STREAMS_TABLE = {
  ...COMMON_TABLE,
  streamName: isString,
  streamCount: isCount,
  channelPrefix: isString,
  useShardedPubSub: isBoolean,
  maxLen: isCount,
  readCount: isCount,
  blockTimeInMs: timeFrom(0),
  sessionKeyPrefix: isString,
  onlyPlaintext: isBoolean,
  bundle: isBoolean,
  offsetTimeout: timeFrom(1),
  heartbeatInterval: timeFrom(1),
  heartbeatTimeout: timeFrom(1),
};

/** Bounds with nothing left open. */
export interface ResolvedKeepOptions {
  maxDuration: number;
  maxBytes: number;
}

/** The options of classic pub/sub with every default filled in. */
export type ResolvedClassicOptions = typeof CLASSIC & {
  /** Undefined: the codec of this package. */
  parser: Parser | undefined;
  outbox: ResolvedKeepOptions;
  replay: ResolvedKeepOptions | false;
};

/** The options of sharded pub/sub with every default filled in. */
export type ResolvedShardedOptions = typeof SHARDED & {
  outbox: ResolvedKeepOptions;
  replay: ResolvedKeepOptions | false;
};

/** The options of streams with every default filled in. */
export type ResolvedStreamsOptions = typeof STREAMS & { outbox: ResolvedKeepOptions };

/**
 * Checks the options of classic pub/sub and fills in the defaults.
 *
 * @param given the user's options
 * @throws SocketIOError with `ERR_INVALID_OPTION`
 */
export function resolveClassicOptions(given: RedisAdapterOptions = {}): ResolvedClassicOptions {
  validateOptions(given, CLASSIC_TABLE);
  const { key, requestsTimeout, publishOnSpecificResponseChannel, subscriptionMode } = given;
  return {
    ...withDefaults(CLASSIC, {
      key: key || undefined, // as in the reference, an empty one means the default
      requestsTimeout: requestsTimeout || undefined,
      publishOnSpecificResponseChannel,
      subscriptionMode,
    }),
    parser: given.parser ?? undefined,
    outbox: resolveKeep("outbox", given.outbox),
    replay: given.replay === false ? false : resolveKeep("replay", given.replay),
  };
}

/**
 * Checks the options of sharded pub/sub and fills in the defaults.
 *
 * @param given the user's options
 * @throws SocketIOError with `ERR_INVALID_OPTION`
 */
export function resolveShardedOptions(
  given: ShardedRedisAdapterOptions = {},
): ResolvedShardedOptions {
  validateOptions(given, SHARDED_TABLE);
  const { channelPrefix, requestsTimeout, subscriptionMode } = given;
  return {
    ...withDefaults(SHARDED, {
      channelPrefix,
      requestsTimeout: requestsTimeout || undefined,
      subscriptionMode,
    }),
    outbox: resolveKeep("outbox", given.outbox),
    replay: given.replay === false ? false : resolveKeep("replay", given.replay),
  };
}

/**
 * Checks the options of streams and fills in the defaults.
 *
 * @param given the user's options
 * @throws SocketIOError with `ERR_INVALID_OPTION`
 */
export function resolveStreamsOptions(
  given: RedisStreamsAdapterOptions = {},
): ResolvedStreamsOptions {
  if ("duplicate" in given) {
    throw new SocketIOError(
      "ERR_INVALID_ARGUMENT",
      "createStreamsAdapter(client, options) takes one Redis client; it makes the others that it needs",
    );
  }
  validateOptions(given, STREAMS_TABLE);
  const { outbox, requestsTimeout, ...rest } = given;
  return {
    ...withDefaults(STREAMS, { ...rest, requestsTimeout: requestsTimeout || undefined }),
    outbox: resolveKeep("outbox", outbox),
  };
}

function resolveKeep(name: string, given: KeepOptions | undefined): ResolvedKeepOptions {
  const named = Object.entries(given ?? {}).map(([key, value]) => [`${name}.${key}`, value]);
  const unknown = named.map(([key]) => [key, isNone]);
  validateOptions(Object.fromEntries(named), {
    ...Object.fromEntries(unknown),
    [`${name}.maxDuration`]: timeFrom(0),
    [`${name}.maxBytes`]: numberFrom(0, "bytes"),
  });
  return withDefaults(KEEP, given ?? {});
}
