// Runs the test scenarios as `bun run compat` does, against servers with and without a fault.

import type { Implementation, ImplementationId } from "../../../compat/implementations.ts";
import { runAgain, type Steadied } from "../../../compat/again.ts";
import { type KnownDifference, KnownDifferences } from "../../../compat/known.ts";
import { runAll } from "../../../compat/lanes.ts";
import { asText } from "../../../compat/diff.ts";
import { isFailure, type Outcome, type Result } from "../../../compat/results.ts";
import type { Scenario } from "../../../compat/scenario.ts";
import { FAULTY, TEST_SCENARIOS } from "./scenarios.ts";

/** Runs scenarios against two servers without a fault, and those that failed again. */
export async function runTwice(scenarios: readonly Scenario[]): Promise<Steadied> {
  const known = new KnownDifferences([]);
  const implementations = [implementation("socket.io on Bun", ""), implementation(FAULTY, "")];
  const results = await runAll(scenarios, implementations, known, () => {});
  return runAgain(scenarios, implementations, known, results, () => {});
}

function implementation(id: ImplementationId, fault: string): Implementation {
  const command = [process.execPath, `${import.meta.dir}/server.ts`, fault];
  return { id, isOurs: id.startsWith("ours"), command };
}

/** What came of a run. */
export interface TestRun {
  result: Result;
  /** The outcome of the server with the fault. */
  outcome: Outcome;
  /** The lines that differ, as text. */
  lines: string[];
  failed: boolean;
  stale: string[];
}

/** Runs one scenario against the reference as it is, and with a fault. */
export async function runFaulty(
  name: string,
  fault: string,
  entries: readonly KnownDifference[] = [],
): Promise<TestRun> {
  const known = new KnownDifferences(entries);
  const implementations = [implementation("socket.io on Bun", ""), implementation(FAULTY, fault)];
  const scenarios = TEST_SCENARIOS.filter((scenario) => scenario.name === name);
  const [result] = await runAll(scenarios, implementations, known, () => {});
  const outcome = result?.outcomes[1];
  if (result === undefined || outcome === undefined) {
    throw new Error(`there is no scenario "${name}"`);
  }
  return {
    result,
    outcome,
    lines: outcome.differences.map(asText),
    failed: result.outcomes.some(isFailure),
    stale: known.stale(false),
  };
}
