import type { ZlibOptions } from "node:zlib";
import { stringifySetCookie } from "cookie";
import type { CorsOptions, CorsOptionsDelegate } from "cors";
import {
  type Check,
  isBoolean,
  isFunction,
  isObject,
  isString,
  listOf,
  numberFrom,
  oneOf,
  timeFrom,
  validateOptions,
  withDefaults,
} from "../validate.ts";
import { isLimits, type Limits, type ResolvedLimits, resolveLimits } from "./limits.ts";
import type { EngineRequest } from "./request.ts";
import { isTrustProxy, type TrustProxy } from "./trust-proxy.ts";

/** The transports of Engine.IO. */
export type TransportName = "polling" | "websocket" | "webtransport";

/** A refusal with a status of its own. */
export interface Refusal {
  /** What the client is told. */
  message: string;
  /** From 400 to 599. With 401, the answer asks for a `Bearer` token (RFC 6750). */
  status: number;
}

/** Says whether a handshake may go on: `fn(null, true)` lets it, `fn("why", false)` refuses it. */
export type AllowRequestCallback = (
  err: string | Refusal | null | undefined,
  success: boolean,
) => void;

/** The cookie set by the handshake of a polling session: its name and its attributes. */
// Written out, as the package `cookie` is ESM alone: its types cannot be named from CommonJS ones.
export interface CookieOptions {
  /** The name of the cookie. Default: `io`. */
  name?: string;
  /** Default: `/`. */
  path?: string;
  /** Default: true. */
  httpOnly?: boolean;
  /** Default: `lax`; `true` means `strict`. */
  sameSite?: boolean | "lax" | "strict" | "none";
  domain?: string;
  expires?: Date;
  /** How long the cookie lives, in seconds. Default: as long as the browser runs. */
  maxAge?: number;
  secure?: boolean;
  partitioned?: boolean;
  priority?: "low" | "medium" | "high";
  /** Encodes the value. Default: `encodeURIComponent`. */
  encode?: (value: string) => string;
}

/** HTTP compression of polling answers: a threshold, and the options of node:zlib. */
export interface HttpCompressionOptions extends ZlibOptions {
  /** Answers smaller than this many bytes are sent as they are. Default: 1024. */
  threshold?: number;
}

/**
 * An origin, or several; `true` is every origin. A function is no origin here: one that gets the
 * request is taken, as by the package `cors`.
 */
export type CorsOrigin = boolean | string | RegExp | (boolean | string | RegExp)[];

/** The permessage-deflate extension (RFC 7692). */
export interface PerMessageDeflateOptions {
  /** Messages smaller than this many bytes are sent as they are. Default: 1024. */
  threshold?: number;
  [option: string]: unknown;
}

/** The options of the engine. */
export interface EngineOptions {
  /** How long to wait for a pong before the session ends with `ping timeout`, in ms. Default: 20000. */
  pingTimeout?: number;
  /** The time between two pings, in ms. Default: 25000. */
  pingInterval?: number;
  /** How long an upgrade may take before it is given up, in ms. Default: 10000. */
  upgradeTimeout?: number;
  /** The largest message or polling body taken from a client, in bytes. Default: 1000000. */
  maxHttpBufferSize?: number;
  /** Decides on each handshake: through the callback, or by the promise of a boolean it returns. */
  allowRequest?: (req: EngineRequest, fn: AllowRequestCallback) => unknown;
  /** The transports a client may use. Default: `["polling", "websocket"]`. */
  transports?: readonly TransportName[];
  /** Whether a session may move to a better transport. Default: true. */
  allowUpgrades?: boolean;
  /** Whether clients of Socket.IO 1 and 2 (Engine.IO, revision 3) are served. Default: false. */
  allowEIO3?: boolean;
  /** Compression of WebSocket messages (RFC 7692). Default: false. */
  perMessageDeflate?: boolean | PerMessageDeflateOptions;
  /** Compression of polling answers. Default: `{ threshold: 1024 }`. */
  httpCompression?: boolean | HttpCompressionOptions;
  /** A first message, sent right behind the handshake. Default: none. */
  initialPacket?: string | Uint8Array;
  /** A cookie that holds the session id, for sticky load balancers. Default: none. */
  cookie?: boolean | CookieOptions;
  /**
   * Cross-origin rules: all that the `cors` package takes; `true` allows every origin, and an origin
   * (string, RegExp, or a list of them) is short for `{ origin }`. Default: no CORS headers.
   */
  cors?: CorsOrigin | CorsOptions | CorsOptionsDelegate;
  /**
   * Whether a browser may open a WebSocket only from a page of the server's own host, or of an origin
   * that the option `cors` allows: the others get the status 403. Default: false.
   */
  checkOrigin?: boolean;
  /** What the server bears, from one client or from all: see {@link Limits}. */
  limits?: Limits;
  /** Makes the id of a new session. Default: 20 random characters. */
  generateId?: (req: EngineRequest) => string | PromiseLike<string>;
  /**
   * Which proxies are believed what they say of the client's address: see {@link TrustProxy}.
   * Default: none.
   */
  trustProxy?: TrustProxy;
  /**
   * Makes the WebSockets of servers of node:http: a class with the constructor and the methods of
   * `WebSocketServer` of the package `ws`. Default: Bun's own.
   */
  wsEngine?: new (
    ...args: never[]
  ) => unknown;
}

const DEFAULTS = {
  pingTimeout: 20_000,
  pingInterval: 25_000,
  upgradeTimeout: 10_000,
  maxHttpBufferSize: 1_000_000,
  transports: ["polling", "websocket"] as readonly TransportName[],
  allowUpgrades: true,
  allowEIO3: false,
  checkOrigin: false,
};

const DEFAULT_THRESHOLD_BYTES = 1024;
const DEFAULT_COOKIE = { name: "io", path: "/", httpOnly: true, sameSite: "lax" } as const;

const isData: Check = {
  expected: "a string or bytes",
  accepts: (value) => typeof value === "string" || ArrayBuffer.isView(value),
};

const isCookie: Check = {
  expected: "an object with a name and the attributes of a cookie",
  accepts(value) {
    try {
      const attributes = withDefaults(DEFAULT_COOKIE, value as CookieOptions);
      return isObject.accepts(value) && stringifySetCookie({ ...attributes, value: "" }) !== "";
    } catch {
      return false; // the package `cookie` refuses a name or an attribute
    }
  },
};

const TABLE: Readonly<Record<string, Check>> = {
  pingTimeout: timeFrom(0),
  pingInterval: timeFrom(1),
  upgradeTimeout: timeFrom(0),
  maxHttpBufferSize: numberFrom(1, "bytes"),
  allowRequest: isFunction,
  transports: listOf(["polling", "websocket", "webtransport"]),
  allowUpgrades: isBoolean,
  allowEIO3: isBoolean,
  perMessageDeflate: oneOf(isBoolean, isObject),
  httpCompression: oneOf(isBoolean, isObject),
  initialPacket: isData,
  cookie: oneOf(isBoolean, isCookie),
  cors: oneOf(isBoolean, isString, isObject, isFunction),
  checkOrigin: isBoolean,
  limits: isLimits,
  generateId: isFunction,
  trustProxy: isTrustProxy,
  wsEngine: isFunction,
};

/** The engine's options with every default filled in. */
export interface ResolvedEngineOptions {
  pingTimeout: number;
  pingInterval: number;
  upgradeTimeout: number;
  maxHttpBufferSize: number;
  transports: readonly TransportName[];
  allowUpgrades: boolean;
  allowEIO3: boolean;
  checkOrigin: boolean;
  limits: ResolvedLimits;
  allowRequest?: EngineOptions["allowRequest"];
  initialPacket?: string | Uint8Array;
  cors?: EngineOptions["cors"];
  generateId?: EngineOptions["generateId"];
  trustProxy?: EngineOptions["trustProxy"];
  wsEngine?: EngineOptions["wsEngine"];
  perMessageDeflate: false | (PerMessageDeflateOptions & { threshold: number });
  httpCompression: false | (HttpCompressionOptions & { threshold: number });
  cookie: false | (CookieOptions & { name: string });
}

/**
 * Checks the user's options and fills in the defaults.
 *
 * @param given the user's options
 * @throws SocketIOError with `ERR_INVALID_OPTION`
 */
export function resolveEngineOptions(given: EngineOptions): ResolvedEngineOptions {
  validateOptions(given, TABLE);
  const threshold = { threshold: DEFAULT_THRESHOLD_BYTES };
  return {
    ...withDefaults(DEFAULTS, given),
    limits: resolveLimits(given.limits ?? {}),
    perMessageDeflate: switchable(given.perMessageDeflate ?? false, threshold),
    httpCompression: switchable(given.httpCompression ?? true, threshold),
    cookie: switchable(given.cookie ?? false, DEFAULT_COOKIE),
  };
}

/** An option that is off, on with its defaults, or on with some of them replaced. */
function switchable<Options extends object, Defaults extends object>(
  given: boolean | Options,
  defaults: Defaults,
): false | (Options & Defaults) {
  if (given === false) {
    return false;
  }
  return withDefaults(defaults, given === true ? ({} as Options) : given);
}
