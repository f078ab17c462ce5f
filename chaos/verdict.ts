// Whether a case kept what this package promises.

import type { Case, Outcome } from "./fault.ts";

/** Later than this is not at once. The machine may be busy: an outage shows as seconds. */
export const AT_ONCE_MS = 1000;

/** The share of a core above which a node spins: what the traffic of a case costs is far less. */
export const SPINNING = 0.4;

/** What is broken, each in a few words. */
export function findBroken({ fault, mode }: Case, outcome: Outcome): string[] {
  const promised = fault.promised(mode);
  const broken: string[] = [];
  const { crashes, lostLocal, lostAcross, duplicates, disorder } = outcome;
  if (crashes.length > 0) broken.push(`${crashes.length} processes ended: ${crashes[0]?.reason}`);
  if (promised.isComplete) {
    if (lostAcross > 0) broken.push(`${lostAcross} lost across nodes`);
    if (duplicates > 0) broken.push(`${duplicates} arrived twice`);
    if (disorder > 0) broken.push(`${disorder} out of order`);
    if (outcome.recoveredMs === null) broken.push("the nodes did not hear each other again");
  }
  if (lostLocal > 0) broken.push(`${lostLocal} lost at the clients of the same node`);
  if (promised.isLocalAtOnce && outcome.delayLocalMs > AT_ONCE_MS) {
    broken.push(`${Math.round(outcome.delayLocalMs)} ms late at the clients of the same node`);
  }
  if (!fault.isHeavy && outcome.cpu > SPINNING)
    broken.push(`spins: ${outcome.cpu.toFixed(2)} cores`);
  for (const { question, ms, kind, detail } of outcome.answers) {
    if (kind === "silent") broken.push(`${question} was answered as if whole: ${detail}`);
    if (promised.wholeWithinMs === undefined) continue;
    // Whether the clients of the node that is gone would have answered, nobody can know.
    const isEnough =
      kind === "whole" ||
      kind === "silent" ||
      (kind === "partial" && question === "broadcast with ack");
    if (!isEnough) broken.push(`${question} was not whole: ${detail}`);
    if (ms > promised.wholeWithinMs) broken.push(`${question} took ${Math.round(ms)} ms`);
  }
  return broken;
}
