import type { Socket } from "socket.io-client";

type Auth = Socket["auth"];

/**
 * Which components give the `auth` of a shared connection. The one whose it is may change it, for when
 * the connection is lost; of others who give a different one, a warning tells.
 */
export class AuthUsers {
  readonly #url: string;
  readonly #socket: Socket;
  /** What each component that is there, and gives any, was last rendered with. */
  readonly #given = new Map<object, Auth>();
  /** Whose it is; null while nobody knows. */
  #owner: object | null = null;
  #isChecking = false;
  #hasWarned = false;
  #hasChanged = false;

  constructor(url: string, socket: Socket) {
    this.#url = url;
    this.#socket = socket;
  }

  /** The connection is opened anew. */
  reset(): void {
    this.#owner = null;
    this.#hasWarned = false;
    this.#hasChanged = false;
  }

  /** Whether it was opened with an `auth`, and that is still the one. */
  isOpenedWith(auth: Auth): boolean {
    return !this.#hasChanged && isSame(auth, this.#socket.auth);
  }

  /**
   * A component was rendered.
   *
   * @param user stands for the component
   * @returns to be called before it is rendered anew, and when it goes, if anything is
   */
  give(user: object, auth: Auth | undefined): (() => void) | undefined {
    if (auth === undefined) {
      return undefined; // most give none, and are rendered often
    }
    this.#given.set(user, auth);
    if (!this.#isChecking) {
      this.#isChecking = true;
      queueMicrotask(() => this.#check()); // when all have told that are rendered together
    }
    return () => this.#given.delete(user);
  }

  #check(): void {
    this.#isChecking = false;
    const latest = this.#owner === null ? undefined : this.#given.get(this.#owner);
    if (latest !== undefined) {
      this.#hasChanged ||= !isSame(latest, this.#socket.auth);
      this.#socket.auth = latest; // such as a fresh token: it is sent when it connects again
    } else {
      const found = [...this.#given].find(([, auth]) => isSame(auth, this.#socket.auth));
      this.#owner = found?.[0] ?? null;
    }
    const isOdd = (auth: Auth): boolean => !isSame(auth, this.#socket.auth);
    if (!this.#hasWarned && [...this.#given.values()].some(isOdd)) {
      this.#hasWarned = true;
      console.warn(
        `useSocket(${JSON.stringify(this.#url)}): a component gives an \`auth\` that is not used, as it ` +
          "shares a connection that was opened with another one. Give it to one of the components " +
          "alone, or the same to all (of functions, the same function).",
      );
    }
  }
}

/** Whether two components give the same `auth`: mostly each render makes a new object of it. */
function isSame(one: Auth | undefined, other: Auth | undefined): boolean {
  const isFunction = typeof one === "function" || typeof other === "function";
  return one === other || (!isFunction && JSON.stringify(one) === JSON.stringify(other));
}
