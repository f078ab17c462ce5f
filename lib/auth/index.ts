export { AuthError, type AuthErrorCode } from "./errors.ts";
export type { Credentials, TokenSource } from "./sources.ts";
export { type TokenAuth, tokenAuth } from "./token-auth.ts";
export type {
  AuthEvents,
  AuthSocket,
  TokenAuthOptions,
  VerifyContext,
  WithUser,
} from "./types.ts";
