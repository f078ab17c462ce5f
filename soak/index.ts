// `bun run soak`: clients come and go, and nothing may stay behind.
//   bun run soak                 10,000 cycles
//   bun run soak --minutes 10    as many as there are in ten minutes
//   bun run soak --cycles 200000
//   --node                       on a server of node:http, in place of one of Bun.serve
//   --write                      writes docs/soak.svg and docs/soak.json

import { resolve } from "node:path";
import { makeReport, sparkline, toSvg } from "./report.ts";
import { soak } from "./run.ts";
import { leaksOf } from "./sample.ts";

const CYCLES_PER_SAMPLE = 4_000;
const DEFAULT_CYCLES = 10_000;
const DOCS = resolve(import.meta.dir, "../docs");

function numberAfter(name: string): number | undefined {
  const index = process.argv.indexOf(name);
  const value = index === -1 ? undefined : Number(process.argv[index + 1]);
  if (value !== undefined && !(value > 0)) {
    console.error(`${name} needs a number above 0`);
    process.exit(2);
  }
  return value;
}

const minutes = numberAfter("--minutes");
const cycles = numberAfter("--cycles") ?? DEFAULT_CYCLES;
const heap: number[] = [];

const result = await soak({
  isNode: process.argv.includes("--node"),
  cyclesPerSample: Math.min(CYCLES_PER_SAMPLE, cycles),
  goesOn: (samples, elapsedMs) =>
    minutes === undefined ? samples * CYCLES_PER_SAMPLE < cycles : elapsedMs < minutes * 60_000,
  onSample(sample, count, elapsedMs) {
    heap.push(sample.heapBytes);
    const left = sample.sessions + sample.sockets + sample.rooms + sample.subscribers;
    const line = [
      `${count} cycles`,
      `${(count / (elapsedMs / 1000)).toFixed(0)}/s`,
      `${left} left behind`,
      `${sample.timers} timers`,
      `heap ${(sample.heapBytes / 1e6).toFixed(2)} MB`,
      `rss ${(sample.rssBytes / 1e6).toFixed(0)} MB`,
    ];
    console.log(`${line.join(", ")}  ${sparkline(heap.slice(-40))}`);
  },
});

const leaks = leaksOf(result.samples);
const report = makeReport(result);
console.log(JSON.stringify({ ...report, samples: undefined }, null, 2));
if (process.argv.includes("--write")) {
  await Bun.write(`${DOCS}/soak.json`, `${JSON.stringify(report, null, 2)}\n`);
  await Bun.write(`${DOCS}/soak.svg`, toSvg(report));
}
for (const leak of leaks) console.error(leak);
console.log(leaks.length === 0 ? "nothing is left behind" : "something is left behind");
process.exit(leaks.length === 0 ? 0 : 1);
