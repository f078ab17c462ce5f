import { createInterface } from "node:readline";

const LAG_MS = 5;

/** Answers each line of the standard input with how late the event loop has been since, in ms. */
export function watchEventLoop(): void {
  if (process.env.BENCH_LAG !== "1") return; // it is not for free
  let delays: number[] = [];
  let last = performance.now();
  setInterval(() => {
    const now = performance.now();
    delays.push(now - last - LAG_MS);
    last = now;
  }, LAG_MS);
  createInterface({ input: process.stdin }).on("line", () => {
    console.log(JSON.stringify(delays.map((delay) => Math.max(0, delay)).sort((a, b) => a - b)));
    delays = [];
  });
}
