/** A server of Bun, whatever data the application's own WebSockets carry. */
export type BunServer<Data = unknown> = Bun.Server<Data>;

/** What `listen()` binds to, beside the port, and how it serves it. */
export interface ListenSettings {
  /** The address, `"127.0.0.1"` or `"::1"`, or a name. Default: all addresses. */
  hostname?: string;
  /** Serves TLS: `{ key, cert }` and more, as `Bun.serve` takes it. Default: no TLS. */
  tls?: Bun.TLSOptions | Bun.TLSOptions[];
  /** Whether other processes may listen on the port too, and share its clients. Default: false. */
  reusePort?: boolean;
  /** Whether an IPv6 address takes no IPv4 connections. Default: false. */
  ipv6Only?: boolean;
}

const STOP_GRACE_MS = 2_000;

/** A server that `listen()` started, with the names of node:http's `Server`. */
export class BunListener {
  readonly #server: BunServer;
  readonly #address: string;
  #stopped: Promise<void> | null = null;

  /**
   * @param server the server
   * @param address what it is bound to: an address, or the path of a unix socket
   */
  constructor(server: BunServer, address: string) {
    this.#server = server;
    this.#address = address;
  }

  /** Whether it takes connections. */
  get listening(): boolean {
    return this.#stopped === null;
  }

  /** The server of Bun itself. */
  get bun(): BunServer {
    return this.#server;
  }

  /** Where it listens: on a unix socket its path. Null once it is closed. */
  address(): { address: string; family: string; port: number } | string | null {
    const { port } = this.#server;
    const address = this.#address;
    if (!this.listening) {
      return null;
    }
    return port === undefined
      ? address
      : { address, family: address.includes(":") ? "IPv6" : "IPv4", port };
  }

  /** Where it listens, in words. */
  get whereabouts(): string {
    const address = this.address();
    return typeof address === "string" ? `on ${address}` : `on port ${address?.port}`;
  }

  /**
   * Stops listening. Requests under way are finished; what is still open after two seconds is cut.
   *
   * @param callback called when the port is free
   */
  close(callback?: (error?: Error) => void): this {
    this.stop().then(
      () => callback?.(),
      (error: unknown) => callback?.(error instanceof Error ? error : new Error(String(error))),
    );
    return this;
  }

  /** The same as {@link close}; resolves when the port is free. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    const graceful = this.#server.stop();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const grace = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, STOP_GRACE_MS);
    });
    await Promise.race([graceful, grace]);
    clearTimeout(timer);
    await this.#server.stop(true);
  }
}
