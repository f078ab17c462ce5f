/**
 * The codes with which clients are refused.
 *
 * - `TOKEN_MISSING`: none of the sources has a token.
 * - `TOKEN_INVALID`: `verify` has answered null.
 * - `TOKEN_EXPIRED`: the token has run out, and no fresh one came in time.
 * - `VERIFY_FAILED`: `verify`, or a source, threw: nothing is known of the token.
 */
export type AuthErrorCode = "TOKEN_MISSING" | "TOKEN_INVALID" | "TOKEN_EXPIRED" | "VERIFY_FAILED";

/**
 * Why a client is refused: its `connect_error` has the message, and the code as `data.code`.
 * `verify` may throw one with a code of its own.
 */
export class AuthError extends Error {
  /** One of {@link AuthErrorCode}, or that of the application. */
  readonly code: string;
  /** What the client gets besides the message. */
  readonly data: { readonly code: string };

  static {
    Object.defineProperty(AuthError.prototype, "name", { value: "AuthError" });
  }

  /**
   * @param code for programs
   * @param message for people; the client sees it
   */
  constructor(code: AuthErrorCode | (string & {}), message: string) {
    super(message);
    this.code = code;
    this.data = { code };
  }
}
