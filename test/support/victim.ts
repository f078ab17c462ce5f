// The parent's end of a server under attack: see victim-process.ts.

import { fileURLToPath } from "node:url";
import type { ServerOptions } from "bun-socket.io";

/** What to start. */
export interface VictimSettings {
  /** The name of one of `HOSTS`. */
  host: string;
  options?: ServerOptions;
  /** Whether it speaks MessagePack. */
  msgpack?: boolean;
  /** Whether `allowRequest` takes its time, and refuses what has `refused` in its query. */
  isHesitant?: boolean;
  /** Whether its sockets have no `error` listeners. */
  isDeaf?: boolean;
}

/** What a server says of itself. Its own session is not counted. */
export interface VictimState {
  sessions: number;
  sockets: number;
  namespaces: number;
  rooms: number;
  /** The `error` events of sockets since the last time it was asked. */
  errors: string[];
  /** The reasons of `disconnect` events, likewise. */
  reasons: string[];
  /** Code and `context.name` of `connection_error` events, likewise. */
  refusals: string[];
  /** The types and names of the events that came, likewise. */
  events: string[];
  /** Whether `Object.prototype` has changed. */
  isPolluted: boolean;
  rssBytes: number;
  heapBytes: number;
}

type Report = { port: number; url: string } | { failure: string } | { state: VictimState };

const PROGRAM = fileURLToPath(new URL("victim-process.ts", import.meta.url));

/** A server in a process of its own. */
export class Victim {
  readonly port: number;
  readonly url: string;
  /** What it did not catch: exceptions and rejections. */
  readonly failures: string[];
  readonly #child: Bun.Subprocess;
  readonly #reports: AsyncIterator<Report>;

  private constructor(
    child: Bun.Subprocess,
    reports: AsyncIterator<Report>,
    failures: string[],
    address: { port: number; url: string },
  ) {
    this.#child = child;
    this.#reports = reports;
    this.failures = failures;
    this.port = address.port;
    this.url = address.url;
  }

  /** Starts one, and waits for its address. */
  static async start(settings: VictimSettings): Promise<Victim> {
    const failures: string[] = [];
    const waiting: ((result: IteratorResult<Report>) => void)[] = [];
    const ready: Report[] = [];
    let isOver = false;
    const child = Bun.spawn([process.execPath, PROGRAM, JSON.stringify(settings)], {
      stdio: ["ignore", "inherit", "pipe"],
      ipc: (report: Report) => {
        if ("failure" in report) {
          failures.push(report.failure);
        } else if (waiting.length > 0) {
          waiting.shift()?.({ value: report, done: false });
        } else {
          ready.push(report);
        }
      },
      onExit: () => {
        isOver = true;
        for (const resolve of waiting.splice(0)) {
          resolve({ value: undefined, done: true });
        }
      },
    });
    const reports: AsyncIterator<Report> = {
      next: () =>
        new Promise((resolve) => {
          const value = ready.shift();
          if (value !== undefined) {
            resolve({ value, done: false });
          } else if (isOver) {
            resolve({ value: undefined, done: true });
          } else {
            waiting.push(resolve);
          }
        }),
    };
    const printed = new Response(child.stderr).text(); // or it would wait for somebody to read it
    const first = await reports.next();
    if (first.done === true || !("url" in first.value)) {
      throw new Error(`the server did not start: ${await printed}`);
    }
    return new Victim(child, reports, failures, first.value);
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** Asks it about itself; rejects if it has died. */
  async state(): Promise<VictimState> {
    this.#child.send("state");
    const { value, done } = await this.#reports.next();
    if (done === true || !("state" in value)) {
      throw new Error(`the server has died: ${this.#child.signalCode ?? this.#child.exitCode}`);
    }
    return value.state;
  }

  /** Asks it until it is as it should be; the time limit of the test ends a vain wait. */
  async until(holds: (state: VictimState) => boolean): Promise<VictimState> {
    const sum = { errors: [], reasons: [], refusals: [], events: [] } as Pick<
      VictimState,
      "errors" | "reasons" | "refusals" | "events"
    >;
    for (;;) {
      const state = await this.state();
      for (const list of ["errors", "reasons", "refusals", "events"] as const) {
        sum[list].push(...state[list]);
      }
      const all = { ...state, ...sum };
      if (holds(all)) {
        return all;
      }
      await Bun.sleep(5);
    }
  }

  async stop(): Promise<void> {
    this.#child.kill();
    await this.#child.exited;
  }
}
