// What a process needs, by /proc (Linux).

import { readdirSync, readFileSync } from "node:fs";

/** The CPU time of all threads of a process so far, in seconds. Of threads that ended, none. */
export function cpuSeconds(pid: number): number {
  let nanoseconds = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const [running] = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ");
    nanoseconds += Number(running);
  }
  return nanoseconds / 1e9;
}

/** The resident memory of a process, in KiB. */
export function residentKib(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
}

/** A command that stays on one core, where the machine has more than one and a way to say so. */
export function onCore(core: number, command: readonly string[]): string[] {
  const canPin = navigator.hardwareConcurrency > 1 && Bun.which("taskset") !== null;
  return canPin ? ["taskset", "-c", `${core}`, ...command] : [...command];
}
