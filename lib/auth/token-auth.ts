import type { AllowRequestCallback } from "../engine/options.ts";
import { type EngineRequest, parseQuery } from "../engine/request.ts";
import { warn } from "../errors.ts";
import type { EventsMap, Untyped } from "../events.ts";
import type { Namespace } from "../namespace.ts";
import type { PathNamespace } from "../path-namespace.ts";
import type { ExtendedError } from "../socket-types.ts";
import {
  type Check,
  isFunction,
  isString,
  requireFunction,
  timeFrom,
  validateOptions,
  withDefaults,
} from "../validate.ts";
import { AuthError } from "./errors.ts";
import { Expiry } from "./expiry.ts";
import { type Credentials, findToken, type Look, toLook } from "./sources.ts";
import type { AuthSocket, ResolvedOptions, TokenAuthOptions, WithUser } from "./types.ts";

const MODES: readonly unknown[] = ["disconnect", "refresh"];

const TABLE: Readonly<Record<string, Check>> = {
  from: {
    expected: "a list of sources, not empty",
    accepts: (value) => Array.isArray(value) && value.length > 0,
  },
  expiresAt: isFunction,
  onExpired: { expected: '"disconnect" or "refresh"', accepts: (value) => MODES.includes(value) },
  refreshAheadMs: timeFrom(0),
  refreshTimeoutMs: timeFrom(1),
  refreshEvent: isString,
  expiredEvent: isString,
};

const DEFAULTS = {
  from: ["auth", "header"] as const,
  onExpired: "disconnect" as const,
  refreshAheadMs: 0,
  refreshTimeoutMs: 10_000,
  refreshEvent: "auth:refresh",
  expiredEvent: "auth:expired",
};

/** Lets clients in by their token: a middleware of namespaces, made by {@link tokenAuth}. */
export interface TokenAuth<User> {
  /** The middleware: `io.use(auth)`. */
  (socket: AuthSocket<User>, next: (error?: ExtendedError) => void): void;
  /**
   * For the option `allowRequest`: refuses a request without a good token with 401, before there is a
   * session. It sees the headers, the query and the cookies; `auth` comes later.
   */
  readonly allowRequest: (request: EngineRequest, decided: AllowRequestCallback) => void;
  /**
   * Adds the middleware to a namespace, or to the server for `/`. Unlike `use()`, it watches over
   * sockets that take up their session again too, as these pass no middlewares.
   *
   * @returns the same, with the user in the type of `socket.data`
   */
  guard<P extends object, L extends EventsMap, E extends EventsMap, S extends EventsMap, Data>(
    namespace: PathNamespace<P, L, E, S, Data>,
  ): PathNamespace<P, L, E, S, WithUser<Data, User>>;
  guard<L extends EventsMap, E extends EventsMap, S extends EventsMap, Data>(
    namespace: Guarded<Namespace<L, E, S, Data>>,
  ): Namespace<L, E, S, WithUser<Data, User>>;
}

/** A namespace, or a server, whose `sockets` is the namespace `/`. */
export type Guarded<NamespaceType> = NamespaceType | { readonly sockets: NamespaceType };

/** What is known of the token of a request since `allowRequest`. */
interface Known<User> {
  readonly token: string;
  readonly user: User;
}

/**
 * Makes what lets clients in by their token.
 *
 * @param options see {@link TokenAuthOptions}
 * @throws SocketIOError with `ERR_INVALID_OPTION`, `ERR_INVALID_ARGUMENT`
 *
 * @example
 * const auth = tokenAuth({ from: ["auth", "cookie"], verify: (token) => users.findByToken(token) });
 * auth.guard(io).on("connection", (socket) => socket.emit("hello", socket.data.user.name));
 */
export function tokenAuth<User>(options: TokenAuthOptions<User>): TokenAuth<User> {
  validateOptions(options, TABLE);
  requireFunction(options.verify, "verify");
  const gate = new Gate(withDefaults(DEFAULTS, options) as ResolvedOptions<User>);
  const middleware: TokenAuth<User> = Object.assign(
    (socket: AuthSocket<User>, next: (error?: ExtendedError) => void): void => {
      gate.admit(socket).then(() => next(), next);
    },
    {
      allowRequest(request: EngineRequest, decided: AllowRequestCallback): void {
        gate.check(request).then(
          () => decided(null, true),
          ({ code }: AuthError) =>
            decided({ message: code, status: code === "VERIFY_FAILED" ? 503 : 401 }, false),
        );
      },
      guard<L extends EventsMap, E extends EventsMap, S extends EventsMap, Data>(
        target: Guarded<Namespace<L, E, S, Data>>,
      ): Untyped {
        const namespace =
          "sockets" in target && !(target.sockets instanceof Map) ? target.sockets : target;
        // What the middleware puts into its sockets' data is what the type says from here on.
        const guarded = namespace as unknown as Namespace<L, E, S, { user?: User }>;
        guarded.use(middleware);
        guarded.on("connection", (socket) => gate.onConnection(socket));
        return namespace; // as the declaration of it says
      },
    },
  );
  return middleware;
}

/** Decides on clients. */
class Gate<User> {
  readonly #verify: ResolvedOptions<User>["verify"];
  readonly #looks: readonly Look[];
  readonly #expiry: Expiry<User>;
  /** By request: what `allowRequest` has verified need not be verified again. */
  readonly #known = new WeakMap<object, Known<User>>();

  constructor(options: ResolvedOptions<User>) {
    this.#verify = options.verify.bind(options);
    this.#looks = options.from.map(toLook);
    this.#expiry = new Expiry(options, async (token, socket) => {
      const credentials = credentialsOf(socket.request as EngineRequest, socket.handshake.auth);
      return this.#identify(token, credentials, socket.data.user ?? null);
    });
  }

  /** Lets a socket in, with its user; rejects with an {@link AuthError}. */
  async admit(socket: AuthSocket<User>): Promise<void> {
    const request = socket.request as EngineRequest;
    const user = await this.#decide(credentialsOf(request, socket.handshake.auth));
    socket.data.user = user;
    this.#expiry.watch(socket, user);
  }

  /** Checks a request on its own; rejects with an {@link AuthError}. */
  async check(request: EngineRequest): Promise<void> {
    await this.#decide(credentialsOf(request, null));
  }

  /** Watches over a socket that has passed no middleware, as it has taken its session up again. */
  onConnection(socket: AuthSocket<User>): void {
    const { user } = socket.data;
    if (socket.recovered && user !== undefined) {
      this.#expiry.watch(socket, user);
    }
  }

  async #decide(credentials: Credentials): Promise<User> {
    const token = await findToken(this.#looks, credentials).catch(failed);
    if (token === null) {
      throw new AuthError("TOKEN_MISSING", "a token is needed");
    }
    const known = this.#known.get(credentials.request);
    if (known?.token === token && this.#expiry.of(known.user) > Date.now()) {
      return known.user;
    }
    const user = await this.#identify(token, credentials, null);
    if (credentials.auth === null) {
      this.#known.set(credentials.request, { token, user });
    }
    return user;
  }

  async #identify(token: string, credentials: Credentials, previous: User | null): Promise<User> {
    let user: User | null | undefined;
    let expiresAt = Number.POSITIVE_INFINITY;
    try {
      user = await this.#verify(token, { ...credentials, previous });
      if (user !== null && user !== undefined) {
        expiresAt = this.#expiry.of(user);
      }
    } catch (error) {
      return failed(error);
    }
    if (user === null || user === undefined) {
      throw new AuthError("TOKEN_INVALID", "the token is not valid");
    }
    if (expiresAt <= Date.now()) {
      throw new AuthError("TOKEN_EXPIRED", "the token has expired");
    }
    return user;
  }
}

/** Throws what the client is to be told of an error of the application. */
function failed(error: unknown): never {
  if (error instanceof AuthError) {
    throw error;
  }
  warn("a token could not be verified: the client is refused with VERIFY_FAILED", error);
  throw new AuthError("VERIFY_FAILED", "the token could not be verified");
}

function credentialsOf(request: EngineRequest, auth: Credentials["auth"]): Credentials {
  return {
    request,
    headers: request.headers,
    query: request._query ?? parseQuery(request.url),
    auth,
  };
}
