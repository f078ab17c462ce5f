import type { AdapterApi, RestoredSession, SessionToPersist } from "../adapters/adapter.ts";
import { warn } from "./errors.ts";
import { isPromiseLike } from "./middleware.ts";
import { makeLog } from "./log.ts";

const log = makeLog("socket.io:namespace");

/** What recovery needs of a namespace. */
export interface RecoveryNamespace {
  readonly adapter: AdapterApi;
  readonly server: { readonly opts: { readonly connectionStateRecovery?: unknown } };
}

/** What it needs of a socket. */
export interface RecoverableSocket {
  /** The private id of its session, where that can be recovered. */
  readonly pid: string | undefined;
  readonly conn: { close(discard: boolean): unknown };
  _onClose(reason: "transport close"): void;
}

/** The sessions of a namespace that clients may take up again. */
export class SessionRecovery {
  readonly #namespace: RecoveryNamespace;
  /** The connected sockets by the private id of their session. */
  #sockets: Map<string, RecoverableSocket> | null = null;

  constructor(namespace: RecoveryNamespace) {
    this.#namespace = namespace;
  }

  /** A socket is connected. */
  onConnect(socket: RecoverableSocket): void {
    if (socket.pid !== undefined) {
      this.#sockets ??= new Map();
      this.#sockets.set(socket.pid, socket);
    }
  }

  /** A socket is gone. */
  onGone({ pid }: RecoverableSocket): void {
    if (pid !== undefined) {
      this.#sockets?.delete(pid);
    }
  }

  /** Keeps the session of a client that may come back, if the adapter can. */
  persist({ sid, pid, rooms, data }: SessionToPersist): void {
    const fail = (error: unknown): void => {
      const detail = error instanceof Error ? error.stack : String(error);
      warn("the adapter could not keep a session: the client cannot take it up again", detail);
    };
    try {
      const session = { sid, pid, rooms, data };
      const kept: unknown = this.#namespace.adapter.persistSession(session); // may take time there
      if (isPromiseLike(kept)) {
        kept.then(undefined, fail);
      }
    } catch (error) {
      fail(error);
    }
  }

  /** Whether a client asks for the session that it had before it lost its connection, and may have it. */
  isAskedFor(auth: Record<string, unknown>): auth is { pid: string; offset: unknown } {
    const { adapter, server } = this.#namespace;
    const { pid, offset } = auth;
    // Adapters published for the reference cannot do without an offset; they do not know hasSessions.
    const hasOffset = typeof offset === "string" || adapter.hasSessions !== undefined;
    return Boolean(server.opts.connectionStateRecovery) && typeof pid === "string" && hasOffset;
  }

  /** Finds that session; null where there is none. */
  restore(
    { pid, offset }: { readonly pid: string; readonly offset: unknown },
    restored: (session: RestoredSession | null) => void,
  ): void {
    const { adapter } = this.#namespace;
    this.endUnnoticed(pid);
    const finish = (session: RestoredSession | null): void => {
      if (session) {
        log("connection state recovered for sid %s", session.sid);
      }
      restored(session);
    };
    const fail = (error: unknown): void => {
      log("error while restoring session: %s", error);
      warn("the adapter could not restore a session: the client starts a new one", error);
      restored(null);
    };
    let session: ReturnType<AdapterApi["restoreSession"]>;
    try {
      session = adapter.restoreSession(pid, typeof offset === "string" ? offset : undefined);
    } catch (error) {
      fail(error);
      return;
    }
    // Outside of the above: what goes wrong from here on is not the adapter's, nor a reason to start anew.
    if (isPromiseLike(session)) {
      session.then(finish, fail);
    } else {
      finish(session);
    }
  }

  /** A client can be back before the server has noticed that its connection was lost. */
  endUnnoticed(pid: string): void {
    const socket = this.#sockets?.get(pid);
    if (socket !== undefined) {
      socket._onClose("transport close");
      socket.conn.close(true);
    }
  }
}
