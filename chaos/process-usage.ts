// What a process uses, as Linux tells it.

import { readFileSync } from "node:fs";

const CLOCK_TICKS_PER_SECOND = 100; // sysconf(_SC_CLK_TCK) on Linux
const PAGE_BYTES = 4096;

/** CPU time of all its threads, and resident memory. */
export interface Usage {
  cpuSeconds: number;
  bytes: number;
}

/** Undefined when there is no such process (any more). */
export function usageOf(pid: number): Usage | undefined {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ") ?? [];
    return {
      cpuSeconds: (Number(fields[11]) + Number(fields[12])) / CLOCK_TICKS_PER_SECOND,
      bytes: Number(fields[21]) * PAGE_BYTES,
    };
  } catch {
    return undefined; // it has ended
  }
}
