import { throwLater } from "../errors.ts";
import type { AnyFunction } from "../events.ts";
import { LONGEST_TIMER_MS } from "../timer.ts";
import { AuthError } from "./errors.ts";
import type { AuthSocket, Expiring, ResolvedOptions } from "./types.ts";

/** A socket that other middlewares still decide on can be told nothing: so often it is looked again. */
const ENTRY_MS = 50;

/** A client is asked for a token no sooner than this after it was asked before, whatever it answers. */
const ASK_INTERVAL_MS = 1_000;

/** Ends what a token has let in when that has run out, or asks the client for a fresh one. */
export class Expiry<User> {
  readonly #options: ResolvedOptions<User>;
  readonly #check: Expiring<User>;

  /**
   * @param options see {@link TokenAuthOptions}
   * @param check verifies the fresh token of a socket; throws what the client is to be told
   */
  constructor(options: ResolvedOptions<User>, check: Expiring<User>) {
    this.#options = options;
    this.#check = check;
  }

  /** When what lets a user in runs out, in ms since 1970; Infinity if never. */
  of(user: User): number {
    const at = this.#options.expiresAt?.(user);
    if (at === undefined || at === null) {
      return Number.POSITIVE_INFINITY;
    }
    const ms = Number(at); // a Date too
    if (Number.isNaN(ms)) {
      throw new TypeError("expiresAt() must return a date, a number of milliseconds, or nothing");
    }
    return ms;
  }

  /** Waits for the time of a socket that is let in, as long as it is there. */
  watch(socket: AuthSocket<User>, user: User): void {
    const at = this.of(user);
    if (at !== Number.POSITIVE_INFINITY) {
      this.#waitUntil(socket, at - this.#aheadMs);
    }
  }

  // Asked ahead, a client may give the token that it has, or one as short: that is left to run out.
  #watchAfterRefresh(socket: AuthSocket<User>, user: User, askedAt: number): void {
    const at = this.of(user);
    if (at !== Number.POSITIVE_INFINITY) {
      const ahead = at - this.#aheadMs;
      this.#waitUntil(socket, Math.max(ahead > Date.now() ? ahead : at, askedAt + ASK_INTERVAL_MS));
    }
  }

  get #aheadMs(): number {
    return this.#options.onExpired === "refresh" ? this.#options.refreshAheadMs : 0;
  }

  #waitUntil(socket: AuthSocket<User>, at: number): void {
    const { signal } = socket;
    if (signal.aborted) {
      return; // the client went away while its token was verified
    }
    const stop = (): void => clearTimeout(timer);
    const timer = setTimeout(
      () => {
        signal.removeEventListener("abort", stop);
        if (Date.now() < at) {
          this.#waitUntil(socket, at); // a timer cannot wait for longer than 24 days
        } else if (!socket.connected) {
          this.#waitUntil(socket, Date.now() + ENTRY_MS);
        } else {
          this.#onTime(socket);
        }
      },
      Math.min(Math.max(at - Date.now(), 0), LONGEST_TIMER_MS),
    );
    signal.addEventListener("abort", stop, { once: true });
  }

  #onTime(socket: AuthSocket<User>): void {
    if (this.#options.onExpired === "disconnect") {
      this.#end(socket, "TOKEN_EXPIRED");
    } else {
      this.#refresh(socket).catch(throwLater);
    }
  }

  async #refresh(socket: AuthSocket<User>): Promise<void> {
    const askedAt = Date.now();
    const token = await this.#ask(socket);
    if (socket.signal.aborted) {
      return;
    }
    if (token === null) {
      this.#end(socket, "TOKEN_EXPIRED");
      return;
    }
    let user: User;
    try {
      user = await this.#check(token, socket);
    } catch (error) {
      this.#end(socket, error instanceof AuthError ? error.code : "VERIFY_FAILED");
      return;
    }
    if (!socket.signal.aborted) {
      socket.data.user = user;
      this.#watchAfterRefresh(socket, user, askedAt);
    }
  }

  /** Asks the client for a token; null where it gives none in time. */
  #ask(socket: AuthSocket<User>): Promise<string | null> {
    const { refreshEvent, refreshTimeoutMs } = this.#options;
    return new Promise((resolve) => {
      const onAnswer: AnyFunction = (error: unknown, token: unknown) =>
        resolve(!error && typeof token === "string" && token !== "" ? token : null);
      const why = { code: "TOKEN_EXPIRED", timeoutMs: refreshTimeoutMs };
      socket.timeout(refreshTimeoutMs).emit(refreshEvent, why, onAnswer);
    });
  }

  #end(socket: AuthSocket<User>, code: string): void {
    socket.emit(this.#options.expiredEvent, { code });
    socket.disconnect();
  }
}
