// A redis-server of a test's own.

import { redisServerPath } from "./services.ts";

/** A running redis-server, without any file of its own. */
export interface RedisServer {
  readonly port: number;
  /** Of the process that runs now. */
  readonly pid: number;
  /** Ends it, in whatever state it is. */
  stop(): Promise<void>;
  /** Ends it with SIGKILL: no connection is told anything. */
  kill(): Promise<void>;
  /** Halts it (SIGSTOP): connections stay open, and nothing is answered. */
  pause(): void;
  /** Lets it go on after {@link pause}. */
  resume(): void;
  /** Starts it again on the same port, empty; stops it before, if it runs. */
  restart(): Promise<void>;
}

/** How a redis-server is started. */
export interface RedisSettings {
  /** A free one by default. */
  port?: number | undefined;
  /** More arguments, as `["--maxmemory", "1mb"]`. */
  args?: readonly string[] | undefined;
}

const TRIES = 10;

/** Starts a redis-server on a free port of the loopback, and returns when it takes connections. */
export async function startRedis(settings: RedisSettings = {}): Promise<RedisServer> {
  for (let tries = 1; ; tries++) {
    try {
      const server = new Server(settings.port ?? freePort(), settings.args ?? []);
      await server.restart();
      return server;
    } catch (error) {
      // The port may have been taken between the probe and the start, where much is going on.
      if (tries === TRIES || settings.port !== undefined || !/in use/i.test(String(error))) {
        throw error;
      }
    }
  }
}

/** A port of the loopback on which nothing listens now. */
export function freePort(): number {
  const probe = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  const { port } = probe;
  probe.stop(true);
  return port;
}

class Server implements RedisServer {
  readonly port: number;
  readonly #args: readonly string[];
  #process: Bun.Subprocess | undefined;

  constructor(port: number, args: readonly string[]) {
    this.port = port;
    this.#args = args;
  }

  get pid(): number {
    if (!this.#process) throw new Error("redis-server does not run");
    return this.#process.pid;
  }

  async restart(): Promise<void> {
    await this.stop();
    const child = Bun.spawn(
      [
        redisServerPath(),
        "--port",
        `${this.port}`,
        "--bind",
        "127.0.0.1",
        "--save",
        "",
        "--daemonize",
        "no",
        // A master would wait for its replicas, which may be gone.
        "--shutdown-timeout",
        "0",
        ...this.#args,
      ],
      { stdout: "pipe", stderr: "inherit", stdin: "ignore" },
    );
    this.#process = child;
    void child.exited.then(() => this.#onExit(child));
    let output = "";
    for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
      output += chunk;
      if (/ready to accept connections/i.test(output)) return;
    }
    throw new Error(`redis-server ended before it was ready:\n${output}`);
  }

  async stop(): Promise<void> {
    this.resume();
    await this.#end("SIGTERM");
  }

  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  pause(): void {
    this.#process?.kill("SIGSTOP");
  }

  resume(): void {
    this.#process?.kill("SIGCONT");
  }

  /**
   * Starts it again if nobody here has ended it: where a test takes too long, `bun test` ends all
   * processes, also those that the tests behind it share.
   */
  #onExit(child: Bun.Subprocess): void {
    if (this.#process === child && child.signalCode !== null) {
      this.restart().catch(() => {}); // what needs it fails, and says so
    }
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    child?.kill(signal);
    await child?.exited;
  }
}
