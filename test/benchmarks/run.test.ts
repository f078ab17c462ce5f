// The benchmark itself, in short: each scenario on each server comes to its end, and says something.

import { describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { measure } from "../../benchmarks/measure.ts";
import { ADAPTER_COMPARISONS } from "../../benchmarks/micro/adapter-cases.ts";
import { CODEC_COMPARISONS } from "../../benchmarks/micro/codec-cases.ts";
import { time } from "../../benchmarks/micro/timing.ts";
import { findPeers } from "../../benchmarks/peers.ts";
import type { Results } from "../../benchmarks/results.ts";
import { SCENARIOS, type Scenario } from "../../benchmarks/scenarios.ts";

const ROOT = join(import.meta.dir, "../..");
const LONG = 60_000;

/** The same with few connections and messages. */
function shorten(scenario: Scenario): Scenario {
  const { count, load, warmUp } = scenario;
  const messages = load.kind === "idle" ? count : load.kind === "broadcast" ? 5_000 : 300;
  return { ...scenario, count: messages, ...(warmUp === undefined ? {} : { warmUp: 100 }) };
}

const peers = await findPeers();
const HUGE = ["memory", "small-rooms"]; // of 10,000 connections
const OF_EACH_KIND = ["emit-4", "binary", "polling", "connect"];
const BY_HAND = ["ack", "room-1", "except"]; // what the server of Bun alone has code of its own for

describe.each(peers.map((peer) => [peer.name, peer] as const))("%s", (_name, peer) => {
  const scenarios = SCENARIOS.filter(({ id }) =>
    peer.id === "ours"
      ? !HUGE.includes(id)
      : OF_EACH_KIND.includes(id) || (peer.id === "raw" && BY_HAND.includes(id)),
  );

  test.each(scenarios.map((each) => [each.title, each] as const))(
    "%s",
    async (_title, scenario) => {
      const { value, load, busy, latency } = await measure(peer, shorten(scenario));
      expect([value > 0, load > 0, busy > 0]).toEqual([true, true, true]);
      expect(latency === undefined).toBe(scenario.id !== "latency");
      if (latency !== undefined) {
        expect(latency.p50).toBeLessThanOrEqual(latency.p99);
        expect(latency.p99).toBeLessThanOrEqual(latency.p999);
        expect(latency.loopMax).toBeGreaterThanOrEqual(latency.loopP99);
      }
    },
    LONG,
  );
});

async function bench(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  const child = Bun.spawn([process.execPath, "benchmarks/index.ts", ...argv], {
    cwd: ROOT,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [out, err, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { code, out, err };
}

describe("bun run bench", () => {
  test(
    "prints medians, spreads, ratios and targets, and writes JSON and pictures",
    async () => {
      const directory = mkdtempSync(join(tmpdir(), "bench-test-"));
      try {
        const argv = ["--quick", "--out", directory, "--peers", "ours,bun"];
        const first = await bench("ack", ...argv, "--rounds", "2");
        expect([first.code, first.err]).toEqual([0, ""]);
        expect(first.out).toMatch(/^\d+ x .*, Bun \d.*socket\.io \d.*, 2 rounds/);
        expect(first.out).toMatch(
          /bun-socket\.io +[\d.]+ \([\d.]+ to [\d.]+\) +ratio 1\.00 +load [\d.]+/,
        );
        expect(first.out).toMatch(/(met|not met) +ours +ack +to bun +[\d.]+ \(at most 0\.80\)/);
        const second = await bench("ack", ...argv, "--add");
        expect(second.code).toBe(0);
        const results: Results = await Bun.file(join(directory, "results.json")).json();
        expect(
          results.scenarios.map(({ id, rows }) => [id, ...rows.map((row) => row.values.length)]),
        ).toEqual([["ack", 3, 3]]);
        expect(await Bun.file(join(directory, "costs.svg")).text()).toStartWith("<svg ");
      } finally {
        rmSync(directory, { recursive: true });
      }
    },
    LONG,
  );

  test(
    "compares with another revision, and leaves nothing of it behind",
    async () => {
      const directory = mkdtempSync(join(tmpdir(), "bench-test-"));
      const worktrees = (): string =>
        Bun.spawnSync(["git", "worktree", "list"], { cwd: ROOT }).stdout.toString();
      const before = worktrees();
      try {
        const { code, out } = await bench(
          "ack",
          "--quick",
          "--compare",
          "HEAD",
          "--out",
          directory,
        );
        expect(code).toBe(0);
        expect(out).toMatch(/this tree +[\d.]+ .*\n +HEAD +[\d.]+ .*ratio [\d.]+/);
        const wrong = await bench("ack", "--quick", "--compare", "no-such-revision");
        expect([wrong.code, wrong.err]).toEqual([
          1,
          expect.stringContaining("git worktree failed"),
        ]);
      } finally {
        rmSync(directory, { recursive: true });
      }
      expect(worktrees().includes("bench-") && !before.includes("bench-")).toBe(false);
    },
    LONG,
  );

  test("over Redis says how it is used, and measures nothing where a word is of no use", async () => {
    const asked = await bench("cross-node", "--help");
    expect([asked.code, asked.err]).toEqual([0, ""]);
    expect(asked.out).toStartWith("Usage: bun run bench cross-node");
    const wrong = await bench("cross-node", "relay", "bogus");
    expect([wrong.code, wrong.out]).toEqual([2, ""]);
    expect(wrong.err).toStartWith("there is no scenario or peer bogus\n\nUsage:");
  });

  test(
    "that is ended leaves no process behind",
    async () => {
      const child = Bun.spawn(
        [process.execPath, "benchmarks/index.ts", "echo", "--peers", "ours"],
        {
          cwd: ROOT,
          stdio: ["ignore", "pipe", "inherit"],
        },
      );
      let children: number[] = [];
      while (children.length < 2) {
        await Bun.sleep(20); // no event tells of them
        const of = await Bun.file(`/proc/${child.pid}/task/${child.pid}/children`).text();
        children = of.trim().split(" ").filter(Boolean).map(Number);
      }
      child.kill("SIGTERM");
      expect(await child.exited).toBe(1);
      for (const pid of children) {
        while (existsSync(`/proc/${pid}`)) await Bun.sleep(20);
      }
    },
    LONG,
  );

  test("says what it was not able to make of its arguments", async () => {
    for (const [argv, message] of [
      [["none"], "there is no scenario none"],
      [["echo", "--peers", "ours,nobody"], "there is no server nobody"],
      [["echo", "--rounds", "many"], "--rounds takes a number, got many"],
      [["echo", "--publish", "--quick"], "--publish is for whole runs"],
    ] as const) {
      const { code, err } = await bench(...argv);
      expect([code, err.split("\n")[0]]).toEqual([2, expect.stringContaining(message)]);
    }
  });
});

test.each(
  [...CODEC_COMPARISONS, ...ADAPTER_COMPARISONS].map((each) => [each.title, each] as const),
)("those who are timed do as much: %s", (_title, comparison) => {
  const [own, ...others] = comparison.candidates.map(({ run }) => run(50));
  expect(others).toEqual(others.map(() => own));
  for (const { values } of time(comparison, { rounds: 2, roundMs: 1 })) {
    expect(values.map((value) => value > 0)).toEqual([true, true]);
  }
});
