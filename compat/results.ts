// The results of a run: for each scenario and implementation, what was compared and how it came out.

import { compare } from "./diff.ts";
import type { Implementation, ImplementationId } from "./implementations.ts";
import type { Judged, KnownDifferences } from "./known.ts";
import type { Scenario } from "./scenario.ts";
import type { Transcript } from "./sections.ts";
import { CHECKS } from "./tools.ts";

/** How a scenario came out on an implementation. */
export type Verdict = "yardstick" | "same" | "known" | "differs" | "not applicable";

export interface Outcome {
  id: ImplementationId;
  isOurs: boolean;
  verdict: Verdict;
  transcript: Transcript | null;
  differences: Judged[];
  /** Why the scenario does not apply. */
  note: string;
  /** Milliseconds. */
  took: number;
}

export interface Result {
  scenario: string;
  /** In the order of the implementations; the first is the yardstick's. */
  outcomes: Outcome[];
}

/** What one implementation has made of a scenario; null where it does not apply. */
export interface Ran {
  transcript: Transcript | null;
  took: number;
}

/** Compares what the implementations have made of a scenario. */
export function judge(
  scenario: Scenario,
  implementations: readonly Implementation[],
  ran: readonly Ran[],
  known: KnownDifferences,
): Result {
  const yardstick = implementations.findIndex((_, index) => ran[index]?.transcript);
  const expected = ran[yardstick]?.transcript;
  const outcomes = implementations.map(({ id, isOurs }, index): Outcome => {
    const { transcript = null, took = 0 } = ran[index] ?? {};
    const base = { id, isOurs, transcript, took, differences: [], note: "" };
    if (transcript === null || !expected) {
      return { ...base, verdict: "not applicable", note: scenario.not?.[id] ?? "" };
    }
    const found = index === yardstick ? [] : compare(expected, transcript);
    const differences = known.judge(
      scenario.name,
      id,
      isOurs ? [...found, ...broken(transcript, found)] : found,
    );
    const isFailed =
      index === yardstick && transcript.failure !== null && scenario.referenceFails === undefined;
    if (isFailed) {
      const text = transcript.failure ?? "";
      differences.push({ section: "scenario: failure", sign: "+", text, reason: null });
    }
    return { ...base, differences, verdict: verdictOf(differences, index === yardstick) };
  });
  return { scenario: scenario.name, outcomes };
}

function verdictOf(differences: readonly Judged[], isYardstick: boolean): Verdict {
  if (differences.some(({ reason }) => reason === null)) {
    return "differs";
  }
  return differences.length > 0 ? "known" : isYardstick ? "yardstick" : "same";
}

/** Rules that do not hold, also where the reference breaks them too. */
function broken({ sections }: Transcript, found: ReturnType<typeof compare>): typeof found {
  const lines = sections.find(({ title }) => title === CHECKS)?.lines ?? [];
  return lines
    .filter((line) => line.startsWith("BROKEN"))
    .filter(
      (line) =>
        !found.some(
          ({ section, sign, text }) => section === CHECKS && sign === "+" && text === line,
        ),
    )
    .map((text) => ({ section: CHECKS, sign: "+", text }));
}

/** Whether an outcome fails the run: one of ours that differs, or a scenario that does not work. */
export function isFailure({ verdict, isOurs, transcript }: Outcome, index: number): boolean {
  return verdict === "differs" && (isOurs || (index === 0 && transcript?.failure !== null));
}
