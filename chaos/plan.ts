// Which cases a run has, and running them side by side.

import { availableParallelism } from "node:os";
import { type Case, type Fault, MODES, type Result } from "./fault.ts";
import type { Mode, Package } from "./server/protocol.ts";
import { findBroken } from "./verdict.ts";
import { type RunSettings, World } from "./world.ts";

/** What the command line leaves of all cases. */
export interface Choice {
  /** Each has to occur in the name of the fault, the mode or the package; `a,b` is either. */
  words: readonly string[];
  /** Those that take a minute and more, too. */
  long: boolean;
  packages: readonly Package[];
}

/** How a case is called, where it is printed. */
export function nameOf({ fault, mode, package: name }: Case): string {
  return `${fault.name} / ${MODES[mode]} / ${name}`;
}

/** Those chosen, in order: this package and the reference next to each other. */
export function chooseCases(faults: readonly Fault[], choice: Choice): Case[] {
  const cases = faults.flatMap((fault) =>
    fault.modes.flatMap((mode: Mode) =>
      choice.packages.map((each): Case => ({ fault, mode, package: each })),
    ),
  );
  return cases.filter((it) => {
    const name = `${nameOf(it)} ${it.mode}`.toLowerCase();
    // A package is named whole: "socket.io" is in the name of both.
    const isNamed = (part: string) =>
      part === "socket.io" ? it.package === part : name.includes(part.toLowerCase());
    return (
      (choice.long || !it.fault.isLong) &&
      choice.words.every((word) => word.split(",").some((part) => isNamed(part)))
    );
  });
}

/** Runs them, several at a time; those that keep the machine busy come last, one by one. */
export async function runCases(
  cases: readonly Case[],
  settings: RunSettings,
  onResult: (result: Result) => void,
): Promise<Result[]> {
  const results = new Map<Case, Result>();
  const drain = async (queue: Case[]): Promise<void> => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      const result = await runCase(next, settings);
      results.set(next, result);
      onResult(result);
    }
  };
  const light = cases.filter(({ fault }) => !fault.isHeavy);
  const lanes = settings.lanes ?? 3 * availableParallelism();
  await Promise.all(Array.from({ length: lanes }, () => drain(light)));
  await drain(cases.filter(({ fault }) => fault.isHeavy));
  return cases.flatMap((it) => results.get(it) ?? []);
}

const running = new Set<World>();

/** Ends all that runs, when the run is given up. */
export async function stopAll(): Promise<void> {
  await Promise.all([...running].map((world) => world.stop()));
}

async function runCase(run: Case, settings: RunSettings): Promise<Result> {
  const world = new World(settings, run);
  running.add(world);
  try {
    await world.start();
    await run.fault.run(world);
    const outcome = world.outcome();
    const broken = run.package === "bun-socket.io" ? findBroken(run, outcome) : [];
    return { case: run, outcome, problem: null, broken };
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    // That it cannot be run is the fault of what is run: the reference runs in the same way.
    const broken = run.package === "bun-socket.io" ? ["could not be run"] : [];
    return { case: run, outcome: null, problem, broken };
  } finally {
    running.delete(world);
    await world.stop();
  }
}
