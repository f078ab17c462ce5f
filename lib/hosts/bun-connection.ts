import { LazyEmitter } from "../lazy-emitter.ts";

/** The owner of a connection that has ended. */
export const NOBODY: ConnectionOwner = { destroyConnection() {} };

/** Who can end a connection: a request under way, or a WebSocket. */
export interface ConnectionOwner {
  /** Ends it. */
  destroyConnection(): void;
}

/**
 * The connection that a request came over, under the names of node:net's `Socket`. Bun does not
 * hand out the socket itself: there is nothing to read from or to write to.
 *
 * It emits `close` when the client goes away during a request, or when its WebSocket closes.
 */
export class BunConnection extends LazyEmitter {
  /** The address of the other end; undefined on a unix socket. */
  readonly remoteAddress: string | undefined;
  /** The port of the other end; undefined on a unix socket. */
  readonly remotePort: number | undefined;
  /** Whether it is TLS. */
  readonly encrypted: boolean;
  /** Whether it is known to have ended. */
  destroyed = false;
  /** Null when no request is under way. */
  owner: ConnectionOwner | null = null;

  /**
   * @param address the address of the other end; undefined on a unix socket
   * @param port its port
   * @param encrypted whether it is TLS
   */
  constructor(address: string | undefined, port: number | undefined, encrypted: boolean) {
    super();
    this.remoteAddress = address;
    this.remotePort = port;
    this.encrypted = encrypted;
  }

  get remoteFamily(): "IPv4" | "IPv6" | undefined {
    const { remoteAddress } = this;
    return remoteAddress === undefined ? undefined : remoteAddress.includes(":") ? "IPv6" : "IPv4";
  }

  get readable(): boolean {
    return !this.destroyed;
  }

  get writable(): boolean {
    return !this.destroyed;
  }

  get closed(): boolean {
    return this.destroyed;
  }

  /**
   * Ends the connection. Bun can cut a WebSocket, but not the connection of a request: that is
   * answered with the status 400, and closed behind it.
   *
   * @param error told to the listeners of `error`, if there are any
   */
  destroy(error?: Error): this {
    const { owner } = this;
    // Without a listener it would end the process; a server of node:http listens to its sockets itself.
    if (!this.destroyed && error !== undefined && this.listenerCount("error") > 0) {
      this.emitLater("error", error);
    }
    this.onClose();
    owner?.destroyConnection();
    return this;
  }

  /** The connection has ended. */
  onClose(): void {
    this.owner = null;
    if (!this.destroyed) {
      this.destroyed = true;
      this.emitLater("close", false);
    }
  }

  // Bun sees to these by itself.
  setTimeout(): this {
    return this;
  }

  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }
}
