import { requireOptions } from "./arguments.ts";
import { SocketIOError } from "./errors.ts";
import { timeFrom, validateOptions, withDefaults } from "./validate.ts";
import { makeLog } from "./log.ts";

const log = makeLog("socket.io:server");

/** How a server is drained. */
export interface DrainOptions {
  /** After what time the sessions that are left are cut, in ms. Default: 10000. */
  timeoutMs?: number;
  /**
   * Over what time the sessions are asked to reconnect elsewhere, in ms, so that they do not all come
   * to the other servers at once. Default: half of `timeoutMs`.
   */
  spreadMs?: number;
}

/** What came of a drain: what was cut is all zero where nothing was lost. */
export interface DrainReport {
  /** How many sessions there were to be asked to reconnect elsewhere. */
  readonly sessions: number;
  /** How many of these were cut. */
  readonly cutSessions: number;
  /** How many acknowledgements were owed by their clients, or to them. */
  readonly cutAcks: number;
  /** How many packets still waited to be sent to them. */
  readonly cutPackets: number;
  /** How long it took until the sessions had ended, in ms. */
  readonly durationMs: number;
}

/** What `drain()` was told to do. */
export type DrainPlan = Required<DrainOptions>;

/** A client to be sent elsewhere. */
export interface DrainClient {
  readonly conn: {
    readonly readyState: string;
    readonly transport: { readonly name: string; readonly writable?: boolean };
    /** Missing with engines of others, as is the rest. */
    readonly upgrading?: boolean;
    readonly writeBuffer?: { readonly length: number };
  };
  /** How many acknowledgements are owed, by it or to it. */
  readonly owed: number;
  /** Ends its session, once what waits for it has been sent, so that it connects anew. */
  leave(): void;
}

const DEFAULT_TIMEOUT_MS = 10_000;
const TICK_MS = 20;
const TABLE = { timeoutMs: timeFrom(0), spreadMs: timeFrom(0) };

/**
 * Checks the options and fills in the defaults.
 *
 * @param given the user's
 * @throws SocketIOError with `ERR_INVALID_ARGUMENT`, `ERR_INVALID_OPTION`
 */
function planDrain(given: DrainOptions): DrainPlan {
  requireOptions(given, undefined);
  validateOptions(given, TABLE);
  const { timeoutMs } = withDefaults({ timeoutMs: DEFAULT_TIMEOUT_MS }, given);
  const plan = withDefaults({ timeoutMs, spreadMs: timeoutMs / 2 }, given);
  if (plan.spreadMs > timeoutMs) {
    throw new SocketIOError(
      "ERR_INVALID_OPTION",
      `option "spreadMs" (${plan.spreadMs}) must not be more than "timeoutMs" (${timeoutMs})`,
    );
  }
  return plan;
}

/** What draining needs of a server. */
export interface DrainPort {
  /** Those who are there. */
  clients(): Iterable<DrainClient>;
  /** New sessions are refused from now on. */
  refuseNew(): void;
  tell(event: "draining" | "drained", about: object): void;
  close(): Promise<void>;
}

/** Drains a server, when it is told to. */
export class Drainer {
  readonly #port: DrainPort;
  #drain: Drain | null = null;
  #drained: Promise<DrainReport> | null = null;

  constructor(port: DrainPort) {
    this.#port = port;
  }

  /** See `Server.drain()`. */
  run(options: DrainOptions): Promise<DrainReport> {
    this.#drained ??= this.#run(options).finally(() => {
      this.#drain = null;
      this.#drained = null;
    });
    return this.#drained;
  }

  /** The server is about to be closed: who is left will be cut. */
  stop(): void {
    this.#drain?.stop();
  }

  async #run(options: DrainOptions): Promise<DrainReport> {
    const port = this.#port;
    const plan = planDrain(options);
    port.refuseNew();
    this.#drain = new Drain(plan, () => port.clients());
    port.tell("draining", { sessions: this.#drain.sessions, ...plan });
    this.#drain.start();
    const report = await this.#drain.done;
    await port.close();
    port.tell("drained", report);
    return report;
  }
}

/**
 * Sends clients elsewhere, one after the other: each when its turn has come, and nothing is under way.
 * Those who are there when the time is up are left for the caller to cut.
 *
 * It looks at them every so often: nothing has to be told of a session while no server is drained.
 */
class Drain {
  /** Resolves when all have gone, when the time is up, or at {@link stop}. */
  readonly done: Promise<DrainReport>;
  readonly #plan: DrainPlan;
  /** Those who are there. */
  readonly #clients: () => Iterable<DrainClient>;
  /** Those whose turn has not come, the next one last. */
  readonly #queue: DrainClient[];
  /** Those whose turn has come, and who have not gone. */
  readonly #called = new Set<DrainClient>();
  readonly #count: number;
  #calledCount = 0;
  #startedAt = performance.now(); // whatever becomes of the clock
  #timer: ReturnType<typeof setInterval> | undefined;
  #isOver = false;
  readonly #finish: (report: DrainReport) => void;

  constructor(plan: DrainPlan, clients: () => Iterable<DrainClient>) {
    const { promise, resolve } = Promise.withResolvers<DrainReport>();
    this.done = promise;
    this.#finish = resolve;
    this.#plan = plan;
    this.#clients = clients;
    this.#queue = [...clients()].reverse();
    this.#count = this.#queue.length;
  }

  start(): void {
    if (this.#isOver) {
      return;
    }
    log("draining %d sessions within %d ms", this.#count, this.#plan.timeoutMs);
    this.#startedAt = performance.now();
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
    this.#tick();
  }

  /** How many sessions there were at the beginning. */
  get sessions(): number {
    return this.#count;
  }

  /** Ends it now. */
  stop(): void {
    if (this.#isOver) {
      return;
    }
    this.#isOver = true;
    clearInterval(this.#timer);
    for (const client of this.#clients()) {
      this.#call(client);
    }
    let cutSessions = 0;
    let cutAcks = 0;
    let cutPackets = 0;
    for (const { conn, owed } of this.#called) {
      if (conn.readyState !== "closed") {
        cutSessions++;
        cutAcks += owed;
        cutPackets += conn.writeBuffer?.length ?? 0;
      }
    }
    this.#finish({
      sessions: this.#calledCount,
      cutSessions,
      cutAcks,
      cutPackets,
      durationMs: performance.now() - this.#startedAt,
    });
  }

  #tick(): void {
    const elapsedMs = performance.now() - this.#startedAt;
    const { timeoutMs, spreadMs } = this.#plan;
    if (elapsedMs >= timeoutMs) {
      log("the time is up");
      this.stop();
      return;
    }
    const due =
      elapsedMs < spreadMs ? 1 + Math.floor((this.#count * elapsedMs) / spreadMs) : this.#count;
    while (this.#calledCount < due && this.#queue.length > 0) {
      this.#call(this.#queue.pop() as DrainClient);
    }
    this.#sendAway();
    if (this.#queue.length === 0 && this.#called.size === 0) {
      // Those who were let in before, and have come only now.
      for (const client of this.#clients()) {
        this.#call(client);
      }
      if (this.#called.size === 0) {
        this.stop();
      }
    }
  }

  #call(client: DrainClient): void {
    if (!this.#called.has(client)) {
      this.#called.add(client);
      this.#calledCount++;
    }
  }

  #sendAway(): void {
    for (const client of this.#called) {
      const { readyState } = client.conn;
      if (readyState === "closed") {
        this.#called.delete(client);
      } else if (readyState === "open" && !isBusy(client)) {
        client.leave();
      }
    }
  }
}

/** Whether something is under way that leaving would cut short. */
function isBusy({ conn, owed }: DrainClient): boolean {
  return owed > 0 || conn.upgrading === true || isBehind(conn);
}

// A WebSocket is closed at once, whatever the host still holds for a client that is slow to read;
// polling waits for the poll that takes the rest.
function isBehind({ transport, writeBuffer }: DrainClient["conn"]): boolean {
  const isIdle = transport.writable !== false && (writeBuffer?.length ?? 0) === 0;
  return transport.name !== "polling" && !isIdle;
}
