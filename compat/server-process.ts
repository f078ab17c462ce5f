// The runner's end of a server's process: starts it, asks it, and starts it again after a crash.

import type { Subprocess } from "bun";
import { linesOf } from "../scripts/lines.ts";
import type { Implementation } from "./implementations.ts";
import { REPORT_MARK, type Report, type Request } from "./server/protocol.ts";

type Asked = Request extends infer Each ? (Each extends Request ? Omit<Each, "id"> : never) : never;
type Child = Subprocess<"pipe", "pipe", "pipe">;

const STDERR_KEPT = 4000;

/** The process of one implementation. */
export class ServerProcess {
  readonly implementation: Implementation;
  /** Gets every line and offset that the process reports. */
  onReport: (report: Report) => void = () => {};
  /** Is told when the process ends by itself. */
  onCrash: (error: Error) => void = () => {};
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  #child: Child | null = null;
  #lastId = 0;
  #stderr = "";

  constructor(implementation: Implementation) {
    this.implementation = implementation;
  }

  /** Asks for something; rejects when that fails, or the process ends before. */
  ask(request: Asked): Promise<unknown> {
    const child = this.#child ?? this.#start();
    const id = ++this.#lastId;
    const answered = Promise.withResolvers<unknown>();
    this.#waiting.set(id, answered);
    child.stdin.write(`${JSON.stringify({ id, ...request })}\n`);
    child.stdin.flush();
    return answered.promise;
  }

  /** Ends the process, whatever it does; the next request starts another. */
  async kill(): Promise<void> {
    const child = this.#child;
    child?.kill("SIGKILL");
    await child?.exited;
  }

  #start(): Child {
    const child = Bun.spawn([...this.implementation.command], {
      cwd: `${import.meta.dir}/..`,
      env: process.env, // as it is now: without this, Bun passes on that of its own start
      stdio: ["pipe", "pipe", "pipe"],
    });
    this.#child = child;
    this.#stderr = "";
    const output = this.#read(child.stdout, (line) => this.#onLine(line));
    const errors = this.#read(child.stderr, (line) => {
      this.#stderr = `${this.#stderr}${line}\n`.slice(-STDERR_KEPT);
    });
    void Promise.all([child.exited, output, errors]).then(([code]) => this.#onExit(child, code));
    return child;
  }

  async #read(stream: ReadableStream<Uint8Array>, onLine: (line: string) => void): Promise<void> {
    for await (const line of linesOf(stream)) {
      onLine(line);
    }
  }

  #onLine(line: string): void {
    if (!line.startsWith(REPORT_MARK)) {
      return; // what a package prints is not part of a transcript
    }
    const report = JSON.parse(line.slice(REPORT_MARK.length)) as Report;
    if (report.say === "done") {
      this.#take(report.id)?.resolve(report.result);
    } else if (report.say === "failed") {
      this.#take(report.id)?.reject(new Error(report.message));
    } else {
      this.onReport(report);
    }
  }

  #take(id: number): PromiseWithResolvers<unknown> | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    return waiting;
  }

  #onExit(child: Child, code: number): void {
    if (this.#child === child) {
      this.#child = null;
    }
    // Only the first line is compared: Node and Bun tell of the same error in other words.
    const error = new Error(
      `the server's process ended\nexit code ${code}\n${this.#stderr.trim()}`,
    );
    for (const waiting of this.#waiting.values()) {
      waiting.reject(error);
    }
    this.#waiting.clear();
    this.onCrash(error);
  }
}
