// The tables of a run: for the terminal, and as markdown.

import { MODES, type Outcome, type Result } from "./fault.ts";
import { summarize, time } from "./words.ts";

const HEADS = [
  "mode",
  "package",
  "lost",
  "twice",
  "disorder",
  "late: local",
  "across",
  "ended",
  "recovered",
  "memory",
  "CPU",
];

function cells({ case: { mode, package: name }, outcome, broken }: Result): string[] {
  const mark = broken.length > 0 ? `${name} !` : name;
  const head = [MODES[mode], mark];
  return [...head, ...(outcome ? numbers(outcome) : HEADS.slice(head.length).map(() => "?"))];
}

function numbers(it: Outcome): string[] {
  const usage = [`${Math.round(it.memoryBytes / 2 ** 20)} MiB`, `${(it.cpu * 100).toFixed(0)} %`];
  const ended = it.crashes.length === 0 ? "-" : `${it.crashes.length}`;
  if (it.sentAcross === 0) return ["-", "-", "-", "-", "-", ended, "-", ...usage];
  return [
    `${it.lostAcross + it.lostLocal} of ${it.sentAcross}`,
    `${it.duplicates}`,
    `${it.disorder}`,
    time(it.delayLocalMs),
    time(it.delayAcrossMs),
    ended,
    it.recoveredMs === null ? "never" : time(Math.max(0, it.recoveredMs)),
    ...usage,
  ];
}

function details({ outcome, problem, broken }: Result): string[] {
  const [crash] = outcome?.crashes ?? [];
  return [
    ...(problem === null ? [] : [`could not be run: ${problem.split("\n").slice(0, 3).join(" ")}`]),
    ...(crash ? [`ended after ${time(crash.afterMs)}: ${crash.reason}`] : []),
    ...(outcome?.answers ?? []).map(
      ({ question, ms, kind, detail }) => `${question}: ${kind} after ${time(ms)} (${detail})`,
    ),
    ...(outcome?.told ? [`told of ${outcome.told} messages that it dropped`] : []),
    ...(outcome?.notes ?? []),
    ...broken.map((text) => `PROMISED OTHERWISE: ${text}`),
  ];
}

function groups(results: readonly Result[]): Map<string, Result[]> {
  return Map.groupBy(results, ({ case: { fault } }) => fault.name);
}

/** The whole, for a terminal. */
export function table(results: readonly Result[]): string {
  const rows = results.map(cells);
  const widths = HEADS.map((head, i) =>
    Math.max(head.length, ...rows.map((row) => row[i]?.length ?? 0)),
  );
  const line = (row: readonly string[]) =>
    row.map((cell, i) => (i < 2 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)));
  const lines: string[] = [];
  for (const [name, group] of groups(results)) {
    lines.push("", name, `  ${line(HEADS).join("  ")}`);
    for (const result of group) {
      lines.push(`  ${line(cells(result)).join("  ")}`);
      lines.push(...details(result).map((text) => `      ${text}`));
    }
  }
  return lines.join("\n");
}

/** Two tables: in words, this package beside the reference, and the numbers. */
export function markdown(results: readonly Result[], facts: string): string {
  const words = ["| | mode | `socket.io` | `bun-socket.io` |", "|---|---|---|---|"];
  for (const [name, group] of groups(results)) {
    const modes = Map.groupBy(group, ({ case: { mode } }) => mode);
    let title = name;
    for (const [mode, pair] of modes) {
      const of = (wanted: string) => {
        const result = pair.find((each) => each.case.package === wanted);
        return result ? summarize(result) : "";
      };
      words.push(`| ${title} | ${MODES[mode]} | ${of("socket.io")} | ${of("bun-socket.io")} |`);
      title = "";
    }
  }
  const numbersTable = [
    `| fault | ${HEADS.join(" | ")} |`,
    `|---|${HEADS.map(() => "---|").join("")}`,
  ];
  for (const result of results) {
    numbersTable.push(`| ${result.case.fault.name} | ${cells(result).join(" | ")} |`);
  }
  return [facts, "", ...words, "", "In numbers:", "", ...numbersTable, ""].join("\n");
}
