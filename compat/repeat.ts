// `--repeat n`: whether a scenario gives the same transcript each time, on each implementation.

import { asText, compare } from "./diff.ts";
import type { Implementation } from "./implementations.ts";
import { runScenario } from "./run.ts";
import type { Scenario } from "./scenario.ts";
import type { Transcript } from "./sections.ts";
import { ServerProcess } from "./server-process.ts";

/** Runs each scenario n times on each implementation; returns how many were not stable. */
export async function repeat(
  scenarios: readonly Scenario[],
  implementations: readonly Implementation[],
  times: number,
  print: (line: string) => void,
): Promise<number> {
  let unstable = 0;
  await Promise.all(
    implementations.map(async (implementation) => {
      const server = new ServerProcess(implementation);
      for (const scenario of scenarios) {
        const found = await repeatOne(scenario, server, times);
        if (found !== null) {
          unstable++;
          print(`UNSTABLE on ${implementation.id}: ${scenario.name}\n${found}`);
        }
      }
      await server.kill();
    }),
  );
  print(unstable === 0 ? `each the same, ${times} times out of ${times}` : `${unstable} unstable`);
  return unstable;
}

async function repeatOne(
  scenario: Scenario,
  server: ServerProcess,
  times: number,
): Promise<string | null> {
  if (scenario.not?.[server.implementation.id] !== undefined) {
    return null;
  }
  let first: Transcript | null = null;
  for (let run = 1; run <= times; run++) {
    const transcript = await runScenario(scenario, server);
    first ??= transcript;
    const found = compare(first, transcript);
    if (found.length > 0) {
      return [`  run ${run} of ${times}`, ...found.map((it) => `    ${asText(it)}`)].join("\n");
    }
  }
  return null;
}
