// The runner's end of a node: a server in a process of its own.

import type { Subprocess } from "bun";
import { linesOf } from "../scripts/lines.ts";
import { type Usage, usageOf } from "./process-usage.ts";
import {
  type Answer,
  type Command,
  NODE_SETTINGS,
  type NodeSettings,
  type Question,
  REPORT_MARK,
  type Report,
} from "./server/protocol.ts";

const STDERR_KEPT = 4000;
const SAMPLE_EVERY_MS = 200;
const PEAK_SAMPLES = 10;

type Child = Subprocess<"pipe", "pipe", "pipe">;

/** How a process that was not told to end has ended. */
export interface Crash {
  at: number;
  /** The first line of what it printed about an error. */
  reason: string;
}

/** A node that runs, or has run. */
export class NodeProcess {
  readonly name: string;
  /** Resolves when the process has ended, for whatever reason. */
  readonly exited: Promise<void>;
  /** How many broadcasts it has made, as far as it has told. */
  sent = 0;
  /** How many messages its adapter has told that it dropped. */
  dropped = 0;
  /** How it ended by itself, or null. */
  crash: Crash | null = null;
  /** What it used when that was last looked at. */
  usage: Usage = { cpuSeconds: 0, bytes: 0 };
  #peak = 0;
  #samples: { at: number; cpuSeconds: number }[] = [];
  readonly #child: Child;
  readonly #ready = Promise.withResolvers<number>();
  readonly #answers = new Map<number, (answer: Answer) => void>();
  readonly #sampler: Timer;
  #held = Promise.withResolvers<void>();
  #isEnding = false;
  #hasEnded = false;
  #lastId = 0;
  #stderr = "";

  constructor(settings: NodeSettings, command: readonly string[]) {
    this.name = settings.name;
    this.#child = Bun.spawn([...command], {
      cwd: `${import.meta.dir}/..`,
      env: { ...process.env, [NODE_SETTINGS]: JSON.stringify(settings) },
      stdio: ["pipe", "pipe", "pipe"],
    });
    const child = this.#child;
    const output = readLines(child.stdout, (line) => this.#onLine(line));
    const errors = readLines(child.stderr, (line) => {
      this.#stderr = `${this.#stderr}${line}\n`.slice(0, STDERR_KEPT);
    });
    this.exited = Promise.all([child.exited, output, errors]).then(([code]) => this.#onExit(code));
    this.#sampler = setInterval(() => this.#look(), SAMPLE_EVERY_MS);
    this.#ready.promise.catch(() => {}); // whoever waits for it is told; it may be nobody
  }

  /** Its port, once it listens. Rejects when it ends before. */
  get port(): Promise<number> {
    return this.#ready.promise;
  }

  /** Whether the process runs. */
  get isAlive(): boolean {
    return !this.#hasEnded;
  }

  /** Broadcasts steadily from now on. */
  send(everyMs: number): void {
    this.#command({ do: "send", everyMs });
  }

  /** Broadcasts no more; resolves when {@link sent} is exact, or the process has ended. */
  async hold(): Promise<void> {
    this.#held = Promise.withResolvers();
    this.#command({ do: "hold" });
    await Promise.race([this.#held.promise, this.exited]);
  }

  /** Makes many broadcasts; resolves when all are made, or the process has ended. */
  async burst(count: number, bytes: number, perTurn: number): Promise<void> {
    this.#held = Promise.withResolvers();
    this.#command({ do: "burst", count, bytes, perTurn });
    await Promise.race([this.#held.promise, this.exited]);
  }

  /** Asks the cluster for something. A process that ends answers nothing: that is an error. */
  ask(question: Question): Promise<Answer> {
    const id = ++this.#lastId;
    return new Promise((resolve) => {
      this.#answers.set(id, resolve);
      this.#command({ do: "ask", id, question });
    });
  }

  /** Looks at what it uses now. */
  sample(): Usage {
    if (!this.#hasEnded) this.usage = usageOf(this.#child.pid) ?? this.usage;
    return this.usage;
  }

  /** The largest share of a core that it used for 2 s on end, since {@link watch}. */
  get peak(): number {
    // It has not been watched for so long yet: what it used until now.
    return this.#peak || this.#share();
  }

  /** Forgets what it used so far. */
  watch(): void {
    this.#peak = 0;
    this.#samples = [];
  }

  /** Halts the process, and lets it go on. */
  pause(): void {
    this.#child.kill("SIGSTOP");
  }

  resume(): void {
    this.#child.kill("SIGCONT");
  }

  /** Ends the process at once, as a machine does that fails. */
  async kill(): Promise<void> {
    this.#isEnding = true;
    this.#child.kill("SIGKILL");
    await this.exited;
  }

  #look(): void {
    this.#samples.push({ at: performance.now(), cpuSeconds: this.sample().cpuSeconds });
    if (this.#samples.length > PEAK_SAMPLES) {
      this.#peak = Math.max(this.#peak, this.#share());
      this.#samples.shift();
    }
  }

  /** The share of a core that it has used since the first sample. */
  #share(): number {
    const [first, last] = [this.#samples[0], this.#samples.at(-1)];
    if (!first || !last || first === last) return 0;
    return (last.cpuSeconds - first.cpuSeconds) / ((last.at - first.at) / 1000);
  }

  #command(command: Command): void {
    if (this.#hasEnded) return;
    this.#child.stdin.write(`${JSON.stringify(command)}\n`);
    this.#child.stdin.flush();
  }

  #onLine(line: string): void {
    if (!line.startsWith(REPORT_MARK)) return;
    const report = JSON.parse(line.slice(REPORT_MARK.length)) as Report;
    if (report.say === "ready") this.#ready.resolve(report.port);
    else if (report.say === "sent") this.sent = report.count;
    else if (report.say === "dropped") this.dropped += report.messages;
    else if (report.say === "held") this.#held.resolve();
    else this.#answers.get(report.id)?.(report.answer);
  }

  #onExit(code: number): void {
    clearInterval(this.#sampler);
    this.#hasEnded = true;
    if (!this.#isEnding) {
      this.crash = { at: Date.now(), reason: reasonIn(this.#stderr) ?? `exit code ${code}` };
    }
    this.#ready.reject(new Error(`node ${this.name} ended at its start:\n${this.#stderr}`));
    for (const answer of this.#answers.values()) {
      answer({ count: 0, partial: 0, error: "the process has ended" });
    }
  }
}

/** The line that names the error, among lines of source and stack. */
function reasonIn(stderr: string): string | undefined {
  const lines = stderr.split("\n").map((line) => line.trim());
  return lines.find((line) => /^(\w*Error|error)\b.*:/.test(line)) ?? lines.find(Boolean);
}

async function readLines(
  stream: ReadableStream<Uint8Array>,
  onLine: (line: string) => void,
): Promise<void> {
  for await (const line of linesOf(stream, true)) onLine(line);
}
