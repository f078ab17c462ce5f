import { Adapter } from "../../adapters/memory.ts";
import type { Untyped } from "../events.ts";
import type { Server } from "../server.ts";

const LAG_EVENT = "bun-socket.io/metrics:lag";

/** Hears how long the other nodes took to answer. */
export interface LagListener {
  /** @param start when they were asked, by `performance.now()` */
  onAnswered(start: number): void;
  /** Not all of them have answered. */
  onFailed(): void;
}

/** Asks the other nodes for an answer from time to time, and answers those that ask. */
export class LagMeter {
  readonly #io: Server<Untyped, Untyped, Untyped, Untyped>;
  readonly #intervalMs: number;
  readonly #listener: LagListener;
  #timer: ReturnType<typeof setInterval> | undefined;
  #isStopped = false;

  /** @param intervalMs how often they are asked, in ms; 0 for never */
  constructor(
    io: Server<Untyped, Untyped, Untyped, Untyped>,
    intervalMs: number,
    listener: LagListener,
  ) {
    this.#io = io;
    this.#intervalMs = intervalMs;
    this.#listener = listener;
    io.on(LAG_EVENT, (reply: unknown) => typeof reply === "function" && reply());
    this.start();
  }

  /** Begins, or goes on with a server that has begun to listen again. */
  start(): void {
    if (this.#timer === undefined && this.#intervalMs > 0 && !this.#isStopped) {
      this.#timer = setInterval(() => this.#measure(), this.#intervalMs);
      this.#timer.unref();
    }
  }

  /** Ends for good. */
  stop(): void {
    this.#isStopped = true;
    this.#pause();
  }

  #pause(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #measure(): void {
    const { engine, sockets } = this.#io;
    const { isClosed }: Partial<typeof engine> = engine; // an engine of others may not know: see bind()
    if (isClosed?.call(engine) === true) {
      this.#pause();
      return;
    }
    if (sockets.adapter.serverSideEmit === Adapter.prototype.serverSideEmit) {
      return; // there are no other nodes, and it would say so each time
    }
    const start = performance.now();
    sockets.serverSideEmit(LAG_EVENT, (error: Error | null, responses: readonly unknown[]) => {
      if (error !== null && error !== undefined) {
        this.#listener.onFailed();
      } else if (responses.length > 0) {
        this.#listener.onAnswered(start);
      }
    });
  }
}
