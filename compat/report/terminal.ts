// What a run prints: a line for each scenario while it goes, then the table, the differences, totals.

import type { Implementation } from "../implementations.ts";
import type { Judged } from "../known.ts";
import type { Outcome, Result, Verdict } from "../results.ts";

const MARKS: Record<Verdict, string> = {
  yardstick: "=",
  same: "=",
  known: "k",
  differs: "X",
  "not applicable": "-",
};

/** The line of a scenario, as soon as it is done. */
export function progressLine(result: Result, index: number, total: number): string {
  const number = String(index + 1).padStart(String(total).length);
  const marks = result.outcomes.map(({ verdict }) => MARKS[verdict]).join(" ");
  const ms = Math.max(...result.outcomes.map(({ took }) => took)).toFixed(0);
  return `${number}/${total}  ${marks}  ${result.scenario}  (${ms} ms)`;
}

/** What the columns of marks are. */
export function legend(implementations: readonly Implementation[]): string {
  const columns = implementations.map(({ id }, index) => `  ${index + 1}. ${id}`);
  return [
    `columns:`,
    ...columns,
    "marks: = same, k known difference, X differs, - not applicable",
  ].join("\n");
}

export function table(
  implementations: readonly Implementation[],
  results: readonly Result[],
): string {
  const verdicts: Verdict[] = ["same", "known", "differs", "not applicable"];
  const width = Math.max(...implementations.map(({ id }) => id.length)) + 2;
  const head = "".padEnd(width) + verdicts.map((it) => it.padStart(16)).join("");
  const rows = implementations.map(({ id }, index) => {
    const outcomes = results.flatMap(({ outcomes: all }) => all[index] ?? []);
    const isYardstick = index === 0;
    const counts = verdicts.map((verdict) => {
      const count = outcomes.filter((it) => it.verdict === verdict).length;
      return String(isYardstick && verdict === "same" ? "(yardstick)" : count).padStart(16);
    });
    return id.padEnd(width) + counts.join("");
  });
  return [head, ...rows].join("\n");
}

/** The differences of an outcome as a small diff, by section. */
export function diffOf(differences: readonly Judged[], indent: string): string {
  const lines: string[] = [];
  let section = "";
  for (const difference of differences) {
    if (difference.section !== section) {
      section = difference.section;
      lines.push(`${indent}${section}`);
    }
    const why = difference.reason === null ? "" : `   (known: ${difference.reason})`;
    lines.push(`${indent}  ${difference.sign} ${difference.text}${why}`);
  }
  return lines.join("\n");
}

/** All differences of some kind, by scenario. */
export function differences(
  results: readonly Result[],
  wanted: (outcome: Outcome) => boolean,
): string {
  return results
    .flatMap(({ scenario, outcomes }) =>
      outcomes
        .filter((it) => it.differences.length > 0 && wanted(it))
        .map((it) => `${scenario}\n  ${it.id}\n${diffOf(it.differences, "    ")}`),
    )
    .join("\n");
}
