import type { IncomingHttpHeaders } from "node:http";
import { parseCookie } from "cookie";
import type { EngineRequest } from "../engine/request.ts";
import { SocketIOError } from "../errors.ts";
import type { Untyped } from "../events.ts";
import { describe } from "../validate.ts";

/** What a client has shown. */
export interface Credentials {
  /** The request that opens, or has opened, the connection. */
  readonly request: EngineRequest;
  /** Its headers, the names in small letters. */
  readonly headers: IncomingHttpHeaders;
  /** Its query; where a name is repeated, the last value. */
  readonly query: Readonly<Record<string, string>>;
  /** What the client gave as `auth`; null before it is connected, in `allowRequest`. */
  readonly auth: Readonly<Record<string, Untyped>> | null;
}

type Found = string | null | undefined;

/**
 * Where a token is looked for:
 *
 * - `"auth"`: `auth.token` of the client's options; `{ auth: "name" }` another field
 * - `"header"`: `Authorization: Bearer ...`; `{ header: "x-name" }` another header, as it is
 * - `"query"`: the query's `token`; `{ query: "name" }` another parameter
 * - `"cookie"`: the cookie `token`; `{ cookie: "name" }` another cookie
 * - a function: what it returns, or the promise of it
 */
export type TokenSource =
  | "auth"
  | "header"
  | "query"
  | "cookie"
  | { readonly auth: string }
  | { readonly header: string }
  | { readonly query: string }
  | { readonly cookie: string }
  | ((credentials: Credentials) => Found | PromiseLike<Found>);

/** Looks for a token. */
export type Look = (credentials: Credentials) => Found | PromiseLike<Found>;

const LOOKS = {
  auth: (name: string): Look => {
    return ({ auth }) => (auth !== null && Object.hasOwn(auth, name) ? auth[name] : null);
  },
  header: (name: string): Look => {
    const key = name.toLowerCase();
    return ({ headers }) => headers[key]?.toString();
  },
  query: (name: string): Look => {
    return ({ query }) => (Object.hasOwn(query, name) ? query[name] : null);
  },
  cookie: (name: string): Look => {
    return ({ headers }) => parseCookie(headers.cookie ?? "")[name];
  },
} as const;

const BEARER = /^bearer +(\S+) *$/i;

const DEFAULT_LOOKS: Readonly<Record<keyof typeof LOOKS, Look>> = {
  auth: LOOKS.auth("token"),
  header: ({ headers }) => BEARER.exec(headers.authorization ?? "")?.[1],
  query: LOOKS.query("token"),
  cookie: LOOKS.cookie("token"),
};

/**
 * Makes of a source what looks there.
 *
 * @param source the source
 * @throws SocketIOError with `ERR_INVALID_OPTION`
 */
export function toLook(source: TokenSource): Look {
  if (typeof source === "function") {
    return source;
  }
  if (typeof source === "string" && Object.hasOwn(DEFAULT_LOOKS, source)) {
    return DEFAULT_LOOKS[source];
  }
  const [entry, ...others] = Object.entries(source ?? {});
  const [kind, name] = entry ?? [];
  if (others.length === 0 && typeof name === "string" && name !== "" && isKind(kind)) {
    return LOOKS[kind](name);
  }
  throw new SocketIOError(
    "ERR_INVALID_OPTION",
    `a source of tokens must be "auth", "header", "query", "cookie", one of these with a name, ` +
      `or a function, got ${describe(source)}`,
  );
}

function isKind(kind: string | undefined): kind is keyof typeof LOOKS {
  return kind !== undefined && Object.hasOwn(LOOKS, kind);
}

/**
 * Looks in one place after the other.
 *
 * @param looks the places
 * @param credentials what the client has shown
 * @returns the first token; null where there is none
 */
export async function findToken(
  looks: readonly Look[],
  credentials: Credentials,
): Promise<string | null> {
  for (const look of looks) {
    const token: unknown = await look(credentials); // of the client: of any type
    if (typeof token === "string" && token !== "") {
      return token;
    }
  }
  return null;
}
