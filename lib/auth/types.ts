import type { Untyped } from "../events.ts";
import type { Credentials, TokenSource } from "./sources.ts";

/** What `verify` gets beside the token. */
export interface VerifyContext<User> extends Credentials {
  /** Whom the socket belongs to so far, where the token is a fresh one; else null. */
  readonly previous: User | null;
}

type Answer<User> = User | null | undefined;

/** Options of `tokenAuth()`. */
export interface TokenAuthOptions<User> {
  /** Where a token is looked for, in this order; the first one counts. Default: `["auth", "header"]`. */
  from?: readonly TokenSource[];
  /**
   * Finds out whom a token belongs to.
   *
   * @param token the token, not empty
   * @param context the request, and what else the client has shown
   * @returns the user, which becomes `socket.data.user`; null where the token is no good. It may throw
   * an {@link AuthError} with a code of the application's own; anything else it throws is told in a
   * warning, and the client gets `VERIFY_FAILED`.
   */
  verify(token: string, context: VerifyContext<User>): Answer<User> | PromiseLike<Answer<User>>;
  /**
   * Says when that runs out, as a Date or in ms since 1970 (`payload.exp * 1000` of a JWT); nothing
   * means never. Default: never.
   */
  expiresAt?(user: User): Date | number | null | undefined;
  /**
   * What happens then to a socket: `disconnect`, or `refresh`, which asks its client for a fresh
   * token, and disconnects it if none comes that is good. Default: `disconnect`.
   */
  onExpired?: "disconnect" | "refresh";
  /**
   * How much sooner the client is asked, in ms: once for each token. One that it then gives, and that has
   * less left than this, is left to run out before it is asked again; and no client is asked more often
   * than once in a second. Default: 0.
   */
  refreshAheadMs?: number;
  /** How long the client may take to answer, in ms. Default: 10000. */
  refreshTimeoutMs?: number;
  /** The event that asks for a fresh token. Default: `auth:refresh`. */
  refreshEvent?: string;
  /** The event that is sent before the disconnection. Default: `auth:expired`. */
  expiredEvent?: string;
}

/** The events that clients get of `tokenAuth()`, for the types of what the server sends. */
export interface AuthEvents {
  /** Asks for a fresh token; a client that has none answers null. */
  "auth:refresh": (
    why: { code: string; timeoutMs: number },
    reply: (token: string | null) => void,
  ) => void;
  /** The server disconnects, as the token has run out. */
  "auth:expired": (why: { code: string }) => void;
}

/** The options with their defaults. */
export type ResolvedOptions<User> = TokenAuthOptions<User> &
  Required<Omit<TokenAuthOptions<User>, "expiresAt">>;

/** What a socket has to offer; that of any server whose data may hold the user. */
export interface AuthSocket<User> {
  readonly data: { user?: User };
  readonly request: object;
  readonly handshake: { readonly auth: { [key: string]: Untyped } };
  readonly recovered: boolean;
  readonly connected: boolean;
  readonly signal: AbortSignal;
  emit(event: string, ...args: Untyped[]): unknown;
  timeout(timeoutMs: number): { emit(event: string, ...args: Untyped[]): unknown };
  disconnect(): unknown;
}

/** Verifies the fresh token of a socket. */
export type Expiring<User> = (token: string, socket: AuthSocket<User>) => Promise<User>;

/** The data of sockets that have a user. */
export type WithUser<Data, User> = 0 extends 1 & Data
  ? { user: User }
  : Omit<Data, "user"> & { user: User };
