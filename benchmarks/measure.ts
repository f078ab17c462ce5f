// One measurement: a fresh server on one core, a fresh load on another.

import { LineReader } from "../scripts/lines.ts";
import type { RunReport } from "./load/index.ts";
import type { Peer } from "./peers.ts";
import { cpuSeconds, onCore, residentKib } from "./process.ts";
import type { Scenario } from "./scenarios.ts";

const SERVER_CORE = 0;
const LOAD_CORE = 1;
const WARM_UP = 0.4; // of the run, before it
const SETTLE_MS = 1_000;

/** What a measurement has shown. */
export interface Measurement {
  /** In the unit of the scenario. */
  value: number;
  /** The same of the load's own process. */
  load: number;
  /** What part of its time the load was busy: how near it is to being the bottleneck. */
  busy: number;
  latency?: Latency;
}

/** In ms: how long messages took, and how late the server's event loop was. */
export interface Latency {
  p50: number;
  p99: number;
  p999: number;
  loopP99: number;
  loopMax: number;
}

/** The processes that are running. */
const running = new Set<Bun.Subprocess>();

/** Ends them, where the benchmark itself is ended. */
export function endProcesses(): void {
  for (const child of running) child.kill("SIGKILL");
}

/** Measures one scenario on one server. */
export async function measure(peer: Peer, scenario: Scenario): Promise<Measurement> {
  const watches = scenario.load.kind === "rate";
  const collects = scenario.load.kind === "idle";
  const server = Bun.spawn(onCore(SERVER_CORE, peer.command), {
    cwd: peer.directory ?? `${import.meta.dir}/..`,
    env: {
      ...process.env,
      ...peer.env,
      BENCH_LAG: watches ? "1" : "",
      BENCH_COLLECT: collects ? "1" : "",
    },
    stdio: ["pipe", "pipe", "inherit"],
  });
  running.add(server);
  try {
    const lines = new LineReader(server.stdout);
    const port = /port (\d+)/.exec(await lines.next())?.[1];
    if (port === undefined) throw new Error(`${peer.name} did not say its port`);
    const script = `${import.meta.dir}/load/index.ts`;
    const load = Bun.spawn(onCore(LOAD_CORE, [process.execPath, script, scenario.id, port]), {
      stdio: ["pipe", "pipe", "inherit"],
    });
    running.add(load);
    try {
      return await drive({ server, lines }, new Driver(load.stdin, load.stdout), scenario);
    } finally {
      load.kill();
      await load.exited;
      running.delete(load);
    }
  } finally {
    server.kill("SIGKILL");
    await server.exited;
    running.delete(server);
  }
}

/** The load's process, as this one sees it. */
class Driver {
  readonly #input: Bun.FileSink;
  readonly #lines: LineReader;

  constructor(input: Bun.FileSink, output: ReadableStream<Uint8Array>) {
    this.#input = input;
    this.#lines = new LineReader(output);
  }

  async ready(): Promise<void> {
    await this.#lines.next();
  }

  async run(count: number): Promise<RunReport> {
    this.#input.write(`${count}\n`);
    await this.#input.flush();
    return JSON.parse(await this.#lines.next());
  }
}

interface RunningServer {
  server: Bun.Subprocess<"pipe", "pipe", "inherit">;
  lines: LineReader;
}

/** What a server keeps: without garbage, as it is chance how much of that lies about. */
async function keptKib({ server, lines }: RunningServer): Promise<number> {
  await Bun.sleep(SETTLE_MS);
  server.stdin.write("\n");
  await server.stdin.flush();
  await lines.next();
  await Bun.sleep(SETTLE_MS); // what is free goes back to the system a little later
  return residentKib(server.pid);
}

async function drive(
  { server, lines }: RunningServer,
  load: Driver,
  scenario: Scenario,
): Promise<Measurement> {
  await load.ready();
  const { count } = scenario;
  if (scenario.load.kind === "idle") {
    await load.run(scenario.warmUp ?? 0);
    const before = await keptKib({ server, lines });
    const { loadCpu, seconds } = await load.run(count);
    const value = ((await keptKib({ server, lines })) - before) / count;
    return { value, load: (loadCpu * 1e6) / count, busy: loadCpu / seconds };
  }
  await load.run(scenario.warmUp ?? Math.ceil(count * WARM_UP));
  const loopDelays = async (): Promise<number[]> => {
    server.stdin.write("\n");
    await server.stdin.flush();
    return JSON.parse(await lines.next());
  };
  const watches = scenario.load.kind === "rate";
  if (watches) await loopDelays(); // those of the warm-up
  const before = cpuSeconds(server.pid);
  const { loadCpu, seconds, latencies } = await load.run(count);
  const value = ((cpuSeconds(server.pid) - before) * 1e6) / count;
  const measurement = { value, load: (loadCpu * 1e6) / count, busy: loadCpu / seconds };
  if (latencies === undefined) return measurement;
  const loop = await loopDelays();
  return {
    ...measurement,
    latency: {
      p50: percentile(latencies, 0.5),
      p99: percentile(latencies, 0.99),
      p999: percentile(latencies, 0.999),
      loopP99: percentile(loop, 0.99),
      loopMax: loop.at(-1) ?? 0,
    },
  };
}

/** Of values in order of size. */
function percentile(values: readonly number[], part: number): number {
  return values[Math.min(values.length - 1, Math.floor(values.length * part))] ?? Number.NaN;
}
