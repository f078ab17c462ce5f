import {
  type Check,
  isObject,
  numberFrom,
  timeFrom,
  validateOptions,
  withDefaults,
} from "../validate.ts";

/**
 * What the server bears, from one client or from all together: the option `limits`. Whatever goes
 * beyond is refused, and told of by the event `limit_exceeded` of the engine. `Infinity` is no limit.
 */
export interface Limits {
  /** Sessions open at a time. Further handshakes get the status 503. Default: no limit. */
  connections?: number;
  /**
   * Sessions open at a time from one address, the one that `handshake.address` tells; from one
   * network of 64 bits, where that is of IPv6. Further handshakes get the status 429. Default: no
   * limit.
   */
  connectionsPerAddress?: number;
  /** Handshakes a second, of all clients. Further ones get the status 503. Default: no limit. */
  handshakesPerSecond?: number;
  /**
   * How long middlewares, and then `allowRequest` and `generateId`, may take over a handshake, in ms.
   * It gets the status 503 then. Default: 45000.
   */
  handshakeMs?: number;
  /** Packets in the body of one polling request. More get the status 413. Default: no limit. */
  packetsPerPayload?: number;
  /** Attachments, that is binary values, of one packet. Default: 10, as in the reference. */
  attachments?: number;
  /** Namespaces that one client is in. Further ones get a `connect_error`. Default: no limit. */
  namespacesPerConnection?: number;
  /**
   * CONNECT packets a second of one client, each of which asks to be let into a namespace. Beyond it
   * the connection is closed. Default: no limit.
   */
  connectsPerSecond?: number;
  /** Events a second of one client, in all its namespaces together. Default: no limit. */
  eventsPerSecond?: number;
  /**
   * Acknowledgements that one client owes the server, in all its namespaces together. Default: no
   * limit.
   */
  pendingAcks?: number;
  /** Bytes that wait for one client which is slow to take them. Default: no limit. */
  queuedBytes?: number;
}

/** The name of a limit: of the option `limits`, or the option `connectTimeout`. */
export type LimitName = keyof Limits | "connectTimeout";

/** The limits with every default filled in. */
export type ResolvedLimits = Readonly<Required<Limits>>;

const NONE = Number.POSITIVE_INFINITY;

/** The default of the limit `attachments`, as in `socket.io-parser`. */
export const DEFAULT_ATTACHMENTS = 10;

const DEFAULTS: ResolvedLimits = {
  connections: NONE,
  connectionsPerAddress: NONE,
  handshakesPerSecond: NONE,
  handshakeMs: 45_000,
  packetsPerPayload: NONE,
  attachments: DEFAULT_ATTACHMENTS,
  namespacesPerConnection: NONE,
  connectsPerSecond: NONE,
  eventsPerSecond: NONE,
  pendingAcks: NONE,
  queuedBytes: NONE,
};

const isTime = timeFrom(1);

const TABLE: Readonly<Record<keyof Limits, Check>> = {
  connections: numberFrom(0, "sessions"),
  connectionsPerAddress: numberFrom(1, "sessions"),
  handshakesPerSecond: numberFrom(1, "handshakes"),
  handshakeMs: {
    expected: `${isTime.expected}, or Infinity`,
    accepts: (value) => value === NONE || isTime.accepts(value),
  },
  packetsPerPayload: numberFrom(1, "packets"),
  attachments: numberFrom(0, "attachments"),
  namespacesPerConnection: numberFrom(1, "namespaces"),
  connectsPerSecond: numberFrom(1, "CONNECT packets"),
  eventsPerSecond: numberFrom(1, "events"),
  pendingAcks: numberFrom(1, "acknowledgements"),
  queuedBytes: numberFrom(1, "bytes"),
};

/** The check of the option `limits`, whose own values {@link resolveLimits} checks. */
export const isLimits = isObject;

/**
 * Checks the limits and fills in the defaults.
 *
 * @param given as given
 * @throws SocketIOError with `ERR_INVALID_OPTION`, also for a limit that there is not
 */
export function resolveLimits(given: Limits = {}): ResolvedLimits {
  validateOptions(given, TABLE, "limits");
  return withDefaults(DEFAULTS, given);
}

/** How often each limit was exceeded. */
export function noRefusals(): Record<LimitName, number> {
  const names = [...Object.keys(DEFAULTS), "connectTimeout"] as LimitName[];
  return Object.fromEntries(names.map((name) => [name, 0])) as Record<LimitName, number>;
}
