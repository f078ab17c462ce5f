// The CPU time of another process, exact: what /proc tells has steps of 10 ms.

import { dlopen, FFIType, ptr } from "bun:ffi";

const { symbols } = dlopen("libc.so.6", {
  clock_gettime: { args: [FFIType.i32, FFIType.ptr], returns: FFIType.i32 },
});

/** The kind of clock that counts what all threads of a process have run, ended ones too. */
const CPU_CLOCK_SCHED = 2;

/** In seconds; NaN when there is no such process (any more). */
export function cpuSecondsOf(pid: number): number {
  const time = new BigInt64Array(2);
  const clock = (~pid << 3) | CPU_CLOCK_SCHED;
  if (symbols.clock_gettime(clock, ptr(time)) !== 0) return Number.NaN;
  return Number(time[0]) + Number(time[1]) / 1e9;
}
