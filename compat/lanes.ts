// Runs scenarios on all implementations at once: each has a lane of its own, in which one scenario
// follows the other, so that a slow one does not hold up the rest.

import type { Implementation } from "./implementations.ts";
import type { KnownDifferences } from "./known.ts";
import { judge, type Ran, type Result } from "./results.ts";
import { runScenario } from "./run.ts";
import type { Scenario } from "./scenario.ts";
import { ServerProcess } from "./server-process.ts";

/**
 * Runs all, and compares.
 *
 * @param onResult is told of each scenario, in order, as soon as it and those before it are done
 */
export async function runAll(
  scenarios: readonly Scenario[],
  implementations: readonly Implementation[],
  known: KnownDifferences,
  onResult: (result: Result) => void,
): Promise<Result[]> {
  const ran = scenarios.map(() => new Array<Ran | undefined>(implementations.length));
  const results: Result[] = [];
  const settle = (): void => {
    for (let next = results.length; next < scenarios.length; next++) {
      const [scenario, row] = [scenarios[next], ran[next]];
      const all = implementations.flatMap((_, lane) => row?.[lane] ?? []);
      if (scenario === undefined || all.length < implementations.length) {
        return;
      }
      const result = judge(scenario, implementations, all, known);
      results.push(result);
      onResult(result);
    }
  };
  await Promise.all(
    implementations.map(async (implementation, lane) => {
      const server = new ServerProcess(implementation);
      for (const [index, scenario] of scenarios.entries()) {
        const row = ran[index];
        if (row !== undefined) {
          row[lane] = await runOne(scenario, implementation, server);
          settle();
        }
      }
      await server.kill();
    }),
  );
  return results;
}

async function runOne(
  scenario: Scenario,
  { id }: Implementation,
  server: ServerProcess,
): Promise<Ran> {
  if (scenario.not?.[id] !== undefined) {
    return { transcript: null, took: 0 };
  }
  const start = performance.now();
  const transcript = await runScenario(scenario, server);
  return { transcript, took: performance.now() - start };
}
