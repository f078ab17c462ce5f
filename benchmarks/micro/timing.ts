// The time of small things, one beside the other, in one process.

import { cpus } from "node:os";
import { median } from "../statistics.ts";

/** One of those who do the same. */
export interface Candidate {
  name: string;
  /** Does it so many times; what it returns keeps the compiler from leaving it out. */
  run(times: number): unknown;
}

/** What is compared, this package first. */
export interface Comparison {
  title: string;
  candidates: readonly Candidate[];
}

/** One candidate's times, in ns for one operation. */
export interface Timing {
  name: string;
  values: number[];
}

/** How long and how often: each round takes its turn with each candidate, the order turned round. */
export interface Effort {
  rounds: number;
  roundMs: number;
}

export const EFFORT: Effort = { rounds: 9, roundMs: 60 };

let sink: unknown;

/** Times the candidates. */
export function time({ candidates }: Comparison, { rounds, roundMs }: Effort): Timing[] {
  const all = candidates.map((candidate) => ({
    candidate,
    times: calibrate(candidate, roundMs),
    timing: { name: candidate.name, values: [] as number[] },
  }));
  for (let round = 0; round < rounds; round++) {
    for (const { candidate, times, timing } of round % 2 === 0 ? all : all.toReversed()) {
      Bun.gc(true); // each pays for what it leaves behind, and not for the others
      const start = Bun.nanoseconds();
      sink = candidate.run(times);
      timing.values.push((Bun.nanoseconds() - start) / times);
    }
  }
  return all.map(({ timing }) => timing);
}

/** How many operations fill a round; this compiles them, too. */
function calibrate({ run }: Candidate, roundMs: number): number {
  let times = 64;
  for (;;) {
    const start = Bun.nanoseconds();
    sink = run(times);
    const ms = (Bun.nanoseconds() - start) / 1e6;
    if (ms > roundMs / 4) return Math.max(1, Math.round((times * roundMs) / ms));
    times *= 2;
  }
}

/** The times as lines of text; the ratios are those of the first candidate. */
export function describe(title: string, timings: readonly Timing[]): string {
  const width = Math.max(...timings.map(({ name }) => name.length));
  const own = median(timings[0]?.values ?? []);
  const lines = timings.map(({ name, values }) => {
    const spread = `(${Math.min(...values).toFixed(0)} to ${Math.max(...values).toFixed(0)})`;
    const middle = median(values);
    return `  ${name.padEnd(width)} ${middle.toFixed(0).padStart(8)} ns ${spread.padEnd(20)} ratio ${(own / middle).toFixed(2)}`;
  });
  return `\n${title}\n${lines.join("\n")}`;
}

/** Times comparisons one by one and prints them; words choose those whose title has one of them. */
export function timeAll(comparisons: readonly Comparison[], words: readonly string[]): void {
  console.log(
    `${cpus().length} x ${cpus()[0]?.model.trim()}, Bun ${Bun.version}, ${EFFORT.rounds} rounds`,
  );
  for (const comparison of comparisons) {
    if (words.length > 0 && !words.some((word) => comparison.title.includes(word))) continue;
    console.log(describe(comparison.title, time(comparison, EFFORT)));
  }
  if (sink === comparisons) console.log(sink); // it is read
}
