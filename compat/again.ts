// What differed is run again, alone: a transcript may depend on the moment, on a machine that is busy.

import type { Implementation } from "./implementations.ts";
import type { KnownDifferences } from "./known.ts";
import { runAll } from "./lanes.ts";
import { isFailure, type Result } from "./results.ts";
import type { Scenario } from "./scenario.ts";

/** How often a scenario has to come out without a failure, one time after the other. */
const TIMES = 3;

/** Of so many at most it is believed: more of them, and something else is wrong. */
const MOST = 5;

/** What is left of a run's failures when those scenarios have been run again. */
export interface Steadied {
  /** All results; those of scenarios that came out well are of their last time. */
  results: Result[];
  /** The first results of those scenarios, with the differences that did not come again. */
  unsteady: Result[];
}

/**
 * Runs the scenarios that failed again. A difference is believed to be of the moment only where it
 * does not come in any of three more runs.
 *
 * @param scenarios those that were run, in the order of `results`
 * @param print is told what is run, and how it came out
 */
export async function runAgain(
  scenarios: readonly Scenario[],
  implementations: readonly Implementation[],
  known: KnownDifferences,
  results: readonly Result[],
  print: (line: string) => void,
): Promise<Steadied> {
  const steadied: Steadied = { results: [...results], unsteady: [] };
  const failed = results.filter(({ outcomes }) => outcomes.some(isFailure));
  if (failed.length > MOST) {
    return steadied;
  }
  for (const first of failed) {
    const index = results.indexOf(first);
    const scenario = scenarios[index];
    const last = scenario && (await hold(scenario, implementations, known));
    print(`again, ${TIMES} times: ${first.scenario}: ${last ? "no difference" : "differs"}`);
    if (last) {
      steadied.results[index] = last;
      steadied.unsteady.push(first);
    }
  }
  return steadied;
}

/** The last result of a scenario that comes out well each time; null for one that does not. */
async function hold(
  scenario: Scenario,
  implementations: readonly Implementation[],
  known: KnownDifferences,
): Promise<Result | null> {
  const times = await runAll(Array(TIMES).fill(scenario), implementations, known, () => {});
  return times.some(({ outcomes }) => outcomes.some(isFailure)) ? null : (times.at(-1) ?? null);
}
