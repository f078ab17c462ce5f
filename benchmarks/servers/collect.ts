import { createInterface } from "node:readline";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Answers each line of the standard input once garbage has been collected, of which both runtimes have their own. */
export function collectOnDemand(): void {
  if (process.env.BENCH_COLLECT !== "1") return;
  const collect = process.versions.bun === undefined ? collectorOfNode() : () => Bun.gc(true);
  createInterface({ input: process.stdin }).on("line", () => {
    collect();
    console.log("collected");
  });
}

function collectorOfNode(): () => void {
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc");
}
