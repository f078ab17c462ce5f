// The whole check: services, formatting, linter, types, tests. Every step runs, also after one has
// failed; the last line printed is the count of tests. With arguments, which go to `bun test`, only
// the services and the tests that they name.

import { ensureServices } from "./services.ts";
import { runTests, type TestTotals } from "./test-runner.ts";

interface Step {
  name: string;
  /** Printed when the step fails: what to do about it. */
  hint?: string;
  /** Answers whether the step passed. */
  run: () => Promise<boolean>;
}

/** Runs a command in the root of the repository, with its output straight to the terminal. */
function command(...argv: string[]): () => Promise<boolean> {
  return async () => {
    const child = Bun.spawn([process.execPath, ...argv], {
      cwd: root,
      stdio: ["ignore", "inherit", "inherit"],
    });
    return (await child.exited) === 0;
  };
}

const root = `${import.meta.dir}/..`;
const args = process.argv.slice(2);
const biome = "node_modules/@biomejs/biome/bin/biome";
const tsc = "node_modules/typescript/bin/tsc";
let totals: TestTotals = { passed: 0, failed: 0, skipped: 0 };

const services: Step = {
  name: "services (redis-server, PostgreSQL, Chromium, nginx)",
  run: ensureServices,
};
const tests: Step = {
  name: args.length > 0 ? `tests (${args.join(" ")})` : "tests",
  run: async () => {
    const result = await runTests(root, args);
    totals = result.totals;
    for (const problem of result.problems) console.error(`tests: ${problem}`);
    return result.problems.length === 0;
  },
};
const checks: Step[] = [
  {
    name: "formatting",
    hint: "./run fmt formats everything",
    run: command(biome, "format", "."),
  },
  {
    name: "linter",
    hint: "./run lint shows these lines alone",
    run: command(biome, "lint", "--error-on-warnings", "."),
  },
  {
    name: "types",
    hint: "./run check shows these lines alone",
    run: command(tsc, "--noEmit"),
  },
];

const compat: Step = {
  name: "the same as the reference (compat)",
  hint: "./run compat shows these lines alone",
  run: command("compat/index.ts"),
};

const steps = args.length > 0 ? [services, tests] : [services, ...checks, compat, tests];
const report: string[] = [];
let failures = 0;

for (const [index, step] of steps.entries()) {
  console.log(`-> [${index + 1}/${steps.length}] ${step.name}`);
  const start = performance.now();
  let passed = false;
  try {
    passed = await step.run();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
  }
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  const hint = !passed && step.hint ? `  (${step.hint})` : "";
  report.push(`   ${passed ? "ok    " : "FAILED"} ${seconds.padStart(7)} s  ${step.name}${hint}`);
  if (!passed) failures++;
}

console.log(`\n-> summary\n${report.join("\n")}`);
if (failures > 0) console.log(`-> ${failures} of ${steps.length} steps failed`);
const skipped = totals.skipped > 0 ? `, ${totals.skipped} skipped` : "";
console.log(`${totals.passed} passed, ${totals.failed} failed${skipped}`);
process.exit(failures > 0 ? 1 : 0);
