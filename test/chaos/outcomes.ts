// Outcomes for the tests of what is made of them.

import type { Case, Fault, Outcome, Result } from "../../chaos/fault.ts";

/** A fault that promises all there is. */
export const fault: Fault = {
  name: "Redis is away",
  modes: ["classic", "streams"],
  promised: () => ({ isComplete: true, isLocalAtOnce: true, wholeWithinMs: 2000 }),
  async run() {},
};

/** All went well, but for what is given. */
export function outcome(but: Partial<Outcome> = {}): Outcome {
  return {
    sentAcross: 400,
    lostAcross: 0,
    sentLocal: 400,
    lostLocal: 0,
    duplicates: 0,
    disorder: 0,
    delayLocalMs: 5,
    delayAcrossMs: 3300,
    crashes: [],
    recoveredMs: 300,
    memoryBytes: 60 * 2 ** 20,
    cpu: 0.03,
    told: 0,
    answers: [],
    notes: [],
    ...but,
  };
}

/** A case of {@link fault}. */
export function caseOf(name: Case["package"]): Case {
  return { fault, mode: "classic", package: name };
}

/** A result of such a case. */
export function result(
  name: Case["package"],
  but: Partial<Outcome>,
  broken: string[] = [],
): Result {
  return { case: caseOf(name), outcome: outcome(but), problem: null, broken };
}
