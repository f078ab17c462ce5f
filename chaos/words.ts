// Outcomes in few words.

import type { Outcome, Result } from "./fault.ts";
import { AT_ONCE_MS, SPINNING } from "./verdict.ts";

/** 17 ms, or 3.4 s. */
export function time(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** What a reader has to know of a result, in one phrase. */
export function summarize({ outcome, problem, case: { fault } }: Result): string {
  if (!outcome) return `could not be run: ${problem?.split("\n")[0]}`;
  const parts = [...crashes(outcome), ...outcome.notes.filter((note) => COUNTED.test(note))];
  if (outcome.answers.length > 0) {
    parts.push(...answers(outcome));
  } else {
    parts.push(...traffic(outcome));
    if (!fault.isHeavy && outcome.cpu > SPINNING)
      parts.push(`${outcome.cpu.toFixed(2)} core spent`);
  }
  return parts.join(", ");
}

/** Notes that sum up what the other notes tell. */
const COUNTED = /^\d+ of \d+ kinds|^after \d+ of/;

function crashes({ crashes, notes }: Outcome): string[] {
  const [first] = crashes;
  if (!first) return [];
  if (notes.some((note) => COUNTED.test(note))) return [];
  const who = crashes.length === 1 ? "a process ended" : `${crashes.length} processes ended`;
  return [`${who} after ${time(first.afterMs)}`];
}

function traffic(outcome: Outcome): string[] {
  const parts: string[] = [];
  const { lostAcross, lostLocal, sentAcross, duplicates, disorder } = outcome;
  parts.push(lostAcross === 0 ? "nothing lost" : `${lostAcross} of ${sentAcross} lost`);
  if (lostLocal > 0) parts.push(`${lostLocal} lost locally`);
  if (duplicates > 0) parts.push(`${duplicates} twice`);
  if (disorder > 0) parts.push(`${disorder} out of order`);
  if (outcome.delayLocalMs > AT_ONCE_MS) {
    parts.push(`local clients ${time(outcome.delayLocalMs)} late`);
  }
  if (outcome.recoveredMs === null && outcome.crashes.length === 0) parts.push("deaf at the end");
  return parts;
}

function answers({ answers }: Outcome): string[] {
  return answers.map(({ question, ms, kind, detail }) => {
    const how = {
      whole: "whole",
      partial: "part, said so",
      silent: `**as if whole: ${detail}**`,
      error: "error",
    }[kind];
    return `${question}: ${how} after ${time(ms)}`;
  });
}
