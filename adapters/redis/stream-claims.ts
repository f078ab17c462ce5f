import { randomBytes } from "node:crypto";

/** Beside the types of `MessageType`: nodes of the reference ignore them, too. */
const CLAIM = 48;
const CLAIMED = 49;
/** An answer takes a few ms; a node that hangs, or is of the reference, gives none. */
export const CLAIM_TIMEOUT_MS = 500;

/** A question or an answer about a session, as it travels. */
export type ClaimMessage = {
  type: number;
  uid: string;
  nsp: string;
  data: { requestId: string; pid?: string };
};

/** What claims need of their adapter. */
export interface ClaimHost {
  readonly uid: string;
  readonly nsp: { readonly name: string; endSession?(pid: string): void };
  /** Sends to all other nodes, or to one. */
  send(message: ClaimMessage, uid: string | undefined): void;
  /** Whether a session is in Redis, once that is known; undefined if none was to be kept just now. */
  whenSaved(pid: string): Promise<boolean> | undefined;
}

/**
 * A client may come back to this node before the one that it was connected to has noticed that its
 * connection is lost: then its session is not kept yet. So that node is told, ends the socket, keeps
 * the session and says so.
 */
export class SessionClaims {
  readonly #host: ClaimHost;
  readonly #waiting = new Map<string, (isKept: boolean) => void>();

  constructor(host: ClaimHost) {
    this.#host = host;
  }

  /**
   * Asks the other nodes for a session.
   *
   * @returns whether it is kept by now
   */
  async claim(pid: string): Promise<boolean> {
    const requestId = randomBytes(8).toString("hex");
    const { uid, nsp } = this.#host;
    let timer: ReturnType<typeof setTimeout> | undefined;
    try {
      return await new Promise<boolean>((resolve) => {
        timer = setTimeout(() => resolve(false), CLAIM_TIMEOUT_MS);
        this.#waiting.set(requestId, resolve);
        this.#host.send({ type: CLAIM, uid, nsp: nsp.name, data: { requestId, pid } }, undefined);
      });
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(requestId);
    }
  }

  /**
   * Takes a message that came.
   *
   * @returns whether it was one about sessions
   */
  onMessage(message: { type?: unknown; uid?: unknown; nsp?: unknown; data?: unknown }): boolean {
    const { type, uid, data } = message;
    if (type !== CLAIM && type !== CLAIMED) {
      return false;
    }
    const { nsp } = this.#host;
    const isForUs = message.nsp === nsp.name && typeof uid === "string" && uid !== this.#host.uid;
    if (isForUs && typeof data === "object" && data !== null && "requestId" in data) {
      const { requestId } = data;
      const pid = "pid" in data ? data.pid : undefined;
      if (typeof requestId === "string" && type === CLAIMED) {
        this.#waiting.get(requestId)?.(true);
      } else if (typeof requestId === "string" && typeof pid === "string") {
        void this.#onClaim(pid, requestId, uid);
      }
    }
    return true;
  }

  /** Nobody waits any more. */
  close(): void {
    for (const resolve of this.#waiting.values()) {
      resolve(false);
    }
  }

  async #onClaim(pid: string, requestId: string, requester: string): Promise<void> {
    this.#host.nsp.endSession?.(pid);
    if ((await this.#host.whenSaved(pid)) === true) {
      const { uid, nsp } = this.#host;
      this.#host.send({ type: CLAIMED, uid, nsp: nsp.name, data: { requestId } }, requester);
    }
  }
}
