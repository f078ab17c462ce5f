/** A server of Bun, whatever data the application's own WebSockets carry. */
export type BunServer<Data = unknown> = Bun.Server<Data>;

const STOP_GRACE_MS = 2_000;

/** A server that `listen()` started, with the names of node:http's `Server`. */
export class BunListener {
  readonly #server: BunServer;
  readonly #address: string;
  #stopped: Promise<void> | null = null;

  /**
   * @param server the server
   * @param address what it is bound to
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

  /** Where it listens; null once it is closed. */
  address(): { address: string; family: string; port: number } | null {
    const { port } = this.#server;
    if (!this.listening || port === undefined) {
      return null;
    }
    const address = this.#address;
    return { address, family: address.includes(":") ? "IPv6" : "IPv4", port };
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
