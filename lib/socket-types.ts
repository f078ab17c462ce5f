import type { IncomingHttpHeaders } from "node:http";
import type { ParsedUrlQuery } from "node:querystring";
import type { EventsMap, Untyped } from "./events.ts";

/** Why a socket was disconnected. */
export type DisconnectReason =
  | "transport error"
  | "transport close"
  | "forced close"
  | "ping timeout"
  | "parse error"
  | "server shutting down"
  | "forced server close"
  | "client namespace disconnect"
  | "server namespace disconnect";

/**
 * Why a socket was disconnected beside that: its client went beyond one of the option `limits`. No part
 * of {@link DisconnectReason}, so that programs written for the reference compile; a listener that
 * tells them apart takes both: `(reason: DisconnectReason | LimitReason)`.
 */
export type LimitReason = "limit exceeded" | "slow consumer";

/** All that `disconnect` and `disconnecting` may give as the reason. */
export type EndReason = DisconnectReason | LimitReason;

/** After which of these its client may take the session up again. */
export const RECOVERABLE_REASONS: ReadonlySet<EndReason> = new Set<EndReason>([
  "transport error",
  "transport close",
  "forced close",
  "ping timeout",
  "server shutting down",
  "forced server close",
  "slow consumer",
]);

/** How far a socket has come. */
export type SocketPhase =
  /** Until it ends. */
  | "open"
  /** The `disconnecting` listeners are called: it is not closed twice. */
  | "closing"
  /** Behind them: it joins no room any more. */
  | "closed"
  /** The same, and its session is kept for its client. */
  | "kept";

/** The events that a socket itself emits on the server. */
export interface SocketReservedEventsMap {
  disconnect: (reason: DisconnectReason, description?: Untyped) => void;
  disconnecting: (reason: DisconnectReason, description?: Untyped) => void;
  error: (err: Error) => void;
}

/** The events that node's emitters emit of themselves. */
export interface EventEmitterReservedEventsMap {
  newListener: (eventName: string | symbol, listener: (...args: Untyped[]) => void) => void;
  removeListener: (eventName: string | symbol, listener: (...args: Untyped[]) => void) => void;
}

/** How a client introduced itself. */
export interface Handshake {
  /** The headers of the request that opened the connection. */
  headers: IncomingHttpHeaders;
  /** When the socket was made, as text. */
  time: string;
  /** The client's address. */
  address: string;
  /** Whether the request came from a page of another origin. */
  xdomain: boolean;
  /** Whether the connection is encrypted. */
  secure: boolean;
  /** When the socket was made, in ms since 1970. */
  issued: number;
  /** Path and query of the request. */
  url: string;
  /** The parsed query. */
  query: ParsedUrlQuery;
  /** What the client gave as `auth`. */
  auth: { [key: string]: Untyped };
}

/** An event as a socket middleware sees it: its name and its arguments. */
export type Event = [event: string, ...args: Untyped[]];

/** An error whose `data` reaches the client with its `connect_error`. */
export interface ExtendedError extends Error {
  data?: Untyped;
}

/** Names that cannot be emitted: they mean something of their own on either side. */
export const RESERVED_EVENTS: ReadonlySet<string | symbol> = new Set([
  "connect",
  "connect_error",
  "disconnect",
  "disconnecting",
  "newListener",
  "removeListener",
]);

/**
 * The public classes of the layers above, by name. They add themselves here, so that `socket.nsp` and
 * `namespace.server` are those very classes to the user, while no file imports one above it.
 */
// biome-ignore lint/suspicious/noEmptyInterface: filled in by `declare module` in the files of the classes
export interface UpperClasses<
  // biome-ignore lint/correctness/noUnusedVariables: the same names in every part of an interface
  ListenEvents extends EventsMap,
  // biome-ignore lint/correctness/noUnusedVariables: as above
  EmitEvents extends EventsMap,
  // biome-ignore lint/correctness/noUnusedVariables: as above
  ServerSideEvents extends EventsMap,
  // biome-ignore lint/correctness/noUnusedVariables: as above
  SocketData,
> {}

/** The events that every emitter has, about its own listeners. */
export interface EventEmitterReservedEventsMap {
  newListener: (eventName: string | symbol, listener: (...args: Untyped[]) => void) => void;
  removeListener: (eventName: string | symbol, listener: (...args: Untyped[]) => void) => void;
}
