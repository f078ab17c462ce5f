// Runs `bun test` and reads its closing lines. (Its JUnit report leaves out the files that fail
// while loading, and says nothing at all when a test ends the process; the closing lines do not.)

export interface TestTotals {
  passed: number;
  failed: number;
  skipped: number;
}

export interface TestResult {
  totals: TestTotals;
  /** What is wrong with the run, one sentence each; empty when every test passed. */
  problems: string[];
}

/** The options of `bun test` whose value may be the argument that follows. */
const OPTIONS_WITH_VALUE = new Set([
  "-t",
  "--test-name-pattern",
  "--timeout",
  "--rerun-each",
  "--retry",
  "--seed",
  "--max-concurrency",
  "--preload",
  "--path-ignore-patterns",
  "--shard",
  "--parallel",
]);

/** Most tests wait for clocks and for other processes: two files at a time take little more than half as long. */
const WORKERS = 2;

/** The arguments for `bun test`: all of test/, unless they name files. */
export function testArguments(args: readonly string[]): string[] {
  const namesFiles = args.some(
    (arg, index) => !arg.startsWith("-") && !OPTIONS_WITH_VALUE.has(args[index - 1] ?? ""),
  );
  return namesFiles ? [...args] : [`--parallel=${WORKERS}`, "./test/", ...args];
}

/** Reads the closing lines (" 3 pass", " 1 fail", ..., "Ran 4 tests across 1 file."). */
export function readTotals(output: string): TestTotals | undefined {
  const lines = Bun.stripANSI(output).trimEnd().split("\n");
  const end = lines.findLastIndex((line) => /^Ran \d+ tests? across \d+ files?\./.test(line));
  if (end < 0) return undefined;
  const counts = new Map<string, number>();
  for (let index = end - 1; index >= 0; index--) {
    const [, count, word] =
      /^ *(\d+) (pass|fail|skip|todo|filtered out|errors?|expect\(\) calls?|snapshots?.*)$/.exec(
        lines[index] ?? "",
      ) ?? [];
    if (count === undefined || word === undefined) break;
    counts.set(word, Number(count));
  }
  return {
    passed: counts.get("pass") ?? 0,
    failed: counts.get("fail") ?? 0,
    skipped: (counts.get("skip") ?? 0) + (counts.get("todo") ?? 0),
  };
}

export async function runTests(root: string, args: readonly string[]): Promise<TestResult> {
  const colour = process.stderr.isTTY && !process.env.NO_COLOR ? { FORCE_COLOR: "1" } : {};
  const child = Bun.spawn([process.execPath, "test", ...testArguments(args)], {
    cwd: root,
    env: { ...process.env, ...colour },
    stdio: ["ignore", "inherit", "pipe"],
  });

  // Pass everything on, and keep the end, where the totals are.
  const decoder = new TextDecoder();
  let tail = "";
  const copied = (async () => {
    for await (const chunk of child.stderr) {
      process.stderr.write(chunk);
      tail = (tail + decoder.decode(chunk, { stream: true })).slice(-16_384);
    }
  })();
  const code = await child.exited;
  // A process that a test left behind may hold the pipe open; do not wait for it.
  await Promise.race([copied, Bun.sleep(2_000)]);

  const totals = readTotals(tail);
  const problems: string[] = [];
  if (totals === undefined) {
    const how = child.signalCode ? `signal ${child.signalCode}` : `code ${code}`;
    problems.push(`bun test ended (${how}) without its closing lines, so nothing is known to pass`);
  } else if (totals.passed + totals.failed === 0) {
    problems.push("no test ran");
  } else if (totals.failed > 0) {
    problems.push(`${totals.failed} failed`);
  } else if (code !== 0) {
    problems.push(`bun test ended with code ${code}, though no test is counted as failed`);
  }
  return { totals: totals ?? { passed: 0, failed: 0, skipped: 0 }, problems };
}
