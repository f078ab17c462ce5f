// Runs cycles against a server in a process of its own, and samples what is left in between.

import { fileURLToPath } from "node:url";
import { cycle } from "./cycles.ts";
import type { Sample } from "./sample.ts";

/** What a run is to be. */
export interface SoakPlan {
  /** How many cycles there are between two samples. */
  cyclesPerSample: number;
  /** Whether to go on, after so many samples and so many ms. */
  goesOn(samples: number, elapsedMs: number): boolean;
  /** Whether a server of node:http serves them, in place of one of `Bun.serve`. */
  isNode?: boolean;
  /** Whether sockets and timers are kept on purpose, to see that it is found. */
  isFaulty?: boolean;
  /** Called with each sample. */
  onSample?(sample: Sample, cycles: number, elapsedMs: number): void;
}

/** What a run came to. */
export interface SoakResult {
  cycles: number;
  seconds: number;
  samples: Sample[];
}

type Report = { url: string } | { sample: Sample };

const PROGRAM = fileURLToPath(new URL("server.ts", import.meta.url));
const AT_ONCE = 40;

/** Runs one. */
export async function soak(plan: SoakPlan): Promise<SoakResult> {
  const waiting: ((report: Report) => void)[] = [];
  const exited = Promise.withResolvers<never>();
  exited.promise.catch(() => {}); // it is stopped in the end
  const nextReport = () =>
    Promise.race([
      new Promise<Report>((resolve) => {
        waiting.push(resolve);
      }),
      exited.promise,
    ]);
  const first = nextReport();
  const flags = [plan.isFaulty === true ? "--faulty" : "", plan.isNode === true ? "--node" : ""];
  const child = Bun.spawn([process.execPath, PROGRAM, ...flags], {
    stdio: ["ignore", "inherit", "inherit"],
    ipc: (report: Report) => waiting.shift()?.(report),
    onExit: (_child, code) => exited.reject(new Error(`the server has died: ${code}`)),
  });
  try {
    const ready = await first;
    const url = "url" in ready ? ready.url : "";
    const start = performance.now();
    const samples: Sample[] = [];
    let cycles = 0;
    do {
      await Promise.race([runMany(url, cycles, plan.cyclesPerSample), exited.promise]);
      cycles += plan.cyclesPerSample;
      const report = nextReport();
      child.send("sample");
      const answer = await report;
      if ("sample" in answer) {
        samples.push(answer.sample);
        plan.onSample?.(answer.sample, cycles, performance.now() - start);
      }
    } while (plan.goesOn(samples.length, performance.now() - start));
    return { cycles, seconds: (performance.now() - start) / 1000, samples };
  } finally {
    child.kill();
    await child.exited;
  }
}

/** Runs cycles, so many at once. */
async function runMany(url: string, first: number, count: number): Promise<void> {
  let next = first;
  const work = async (): Promise<void> => {
    while (next < first + count) {
      await cycle(url, next++);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}
