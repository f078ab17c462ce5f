import type { RecoveryOptions } from "../adapters/adapter.ts";
import type { EngineOptions } from "./engine/options.ts";
import { SocketIOError } from "./errors.ts";
import type { Untyped } from "./events.ts";
import { ATTACH_OPTIONS, type AttachOptions } from "./hosts/attach-options.ts";
import type { ListenSettings } from "./hosts/bun-listener.ts";
import {
  isBoolean,
  isFunction,
  isObject,
  isString,
  numberFrom,
  objectWith,
  oneOf,
  timeFrom,
  validateOptions,
  withDefaults,
} from "./validate.ts";

/** The options of a Socket.IO server, with those of its engine. */
export interface ServerOptions<AdapterType = Untyped>
  extends EngineOptions,
    AttachOptions,
    ListenSettings {
  /** Whether the browser client is served below the path. Default: true. */
  serveClient?: boolean;
  /** Makes the adapter of each namespace. Default: rooms in memory. */
  adapter?: AdapterType;
  /** Encodes and decodes packets: `{ Encoder, Decoder }`. Default: the package `socket.io-parser`. */
  parser?: Untyped;
  /** How long a client may take to join its first namespace, in ms. Default: 45000. */
  connectTimeout?: number;
  /**
   * Lets clients that lost their connection take their session up again, with id, rooms and `data`,
   * and sends them what they missed. `{}` means it with its defaults. Default: off.
   */
  connectionStateRecovery?: RecoveryOptions;
  /**
   * Whether a namespace made on demand (by a regular expression or a function) is removed when the
   * last of its sockets is gone. Default: false.
   */
  cleanupEmptyChildNamespaces?: boolean;
  /**
   * How long to wait for acknowledgements where `timeout()` is not called, in ms. As after `timeout()`,
   * callbacks then get an error or null first. Default: for ever.
   */
  ackTimeout?: number;
}

const DEFAULTS = {
  path: "/socket.io",
  serveClient: true,
  connectTimeout: 45_000,
};

const TABLE = {
  ...ATTACH_OPTIONS,
  serveClient: isBoolean,
  adapter: isFunction,
  parser: objectWith("Encoder", "Decoder"),
  connectTimeout: timeFrom(0),
  connectionStateRecovery: oneOf(isObject, isBoolean),
  cleanupEmptyChildNamespaces: isBoolean,
  ackTimeout: timeFrom(0),
  hostname: isString,
  tls: isObject,
  reusePort: isBoolean,
  ipv6Only: isBoolean,
};

const RECOVERY_DEFAULTS = {
  maxDisconnectionDuration: 120_000,
  skipMiddlewares: true,
  maxPackets: Number.POSITIVE_INFINITY,
  maxBytes: Number.POSITIVE_INFINITY,
};
const RECOVERY_TABLE = {
  maxDisconnectionDuration: timeFrom(0),
  skipMiddlewares: isBoolean,
  maxPackets: numberFrom(0, "packets"),
  maxBytes: numberFrom(0, "bytes"),
};

/** A server's options with every default filled in. */
export type ResolvedServerOptions<AdapterType> = Omit<
  ServerOptions<AdapterType>,
  "connectionStateRecovery"
> &
  typeof DEFAULTS & { connectionStateRecovery?: Required<RecoveryOptions> | undefined };

/**
 * Checks the user's options and fills in the defaults; the engine does the same for its own.
 *
 * @param given the user's options
 * @throws SocketIOError with `ERR_INVALID_OPTION`
 */
export function resolveServerOptions<AdapterType>(
  given: ServerOptions<AdapterType>,
): ResolvedServerOptions<AdapterType> {
  validateOptions(given, TABLE);
  if ("port" in given) {
    throw new SocketIOError(
      "ERR_INVALID_OPTION",
      "a port is not an option: new Server(port, options), or io.listen(port)",
    );
  }
  // As in the reference, an empty path and no time at all mean the defaults.
  const { path, connectTimeout, connectionStateRecovery: recovery, ...rest } = given;
  return {
    ...withDefaults(DEFAULTS, {
      ...rest,
      path: path || DEFAULTS.path,
      connectTimeout: connectTimeout || DEFAULTS.connectTimeout,
    }),
    connectionStateRecovery: recovery ? resolveRecovery(recovery) : undefined,
  };
}

function resolveRecovery(given: RecoveryOptions): Required<RecoveryOptions> {
  validateOptions(given, RECOVERY_TABLE);
  return withDefaults(RECOVERY_DEFAULTS, given);
}
