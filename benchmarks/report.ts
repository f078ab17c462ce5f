// What README.md and docs/performance.md show of benchmarks/results.json: `bun run bench report`
// writes it anew.

import { join } from "node:path";
import { plotCosts, plotLatency } from "./plot.ts";
import { latencyOf, ratio, type Results, type Row, rowOf } from "./results.ts";
import { median } from "./statistics.ts";
import { judge } from "./targets.ts";

const ROOT = join(import.meta.dir, "..");

/** The results that the texts show, from the root of the repository. */
export const PUBLISHED = "benchmarks/results.json";

/** The scenarios of the README's table and picture. */
const CHOSEN = ["echo", "echo-1k", "emit-4", "room-50", "connect", "memory"];

const NAMES: Readonly<Record<string, string>> = {
  ours: "`Bun.serve`",
  "ours-node-http": "`node:http`",
  bun: "`socket.io` on Bun",
  node: "`socket.io` on Node.js",
  "bun-engine": "`@socket.io/bun-engine`",
  raw: "raw Bun",
};

/** The files that show results, by their paths from the root of the repository. */
export async function render(results: Results): Promise<Map<string, string>> {
  const read = (path: string): Promise<string> => Bun.file(join(ROOT, path)).text();
  const readme = fill(await read("README.md"), "speed", speedSection(results));
  let page = await read("docs/performance.md");
  page = fill(page, "setting", setting(results));
  page = fill(page, "costs", costTable(results));
  page = fill(
    page,
    "ratios",
    ratioTable(
      results,
      results.scenarios.map(({ id }) => id),
    ),
  );
  page = fill(page, "latency", latencyTable(results));
  page = fill(page, "targets", targetTable(results));
  const all = results.scenarios.map(({ id }) => id);
  return new Map([
    ["README.md", readme],
    ["docs/performance.md", page],
    ["docs/performance/speed.svg", plotCosts(results, CHOSEN)],
    ["docs/performance/costs.svg", plotCosts(results, all)],
    ["docs/performance/latency.svg", plotLatency(results)],
  ]);
}

/** Writes the files that show results. */
export async function publish(): Promise<void> {
  const results: Results = await Bun.file(join(ROOT, PUBLISHED)).json();
  for (const [path, text] of await render(results)) {
    await Bun.write(join(ROOT, path), text);
    console.log(`written: ${path}`);
  }
}

/**
 * Replaces what stands between the two comments of a name.
 *
 * @throws where the text has no such comments
 */
export function fill(text: string, name: string, content: string): string {
  const begin = `<!-- bench: ${name} -->`;
  const end = `<!-- /bench: ${name} -->`;
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from === -1 || to < from)
    throw new Error(`there is no place for the ${name} of the benchmark`);
  return `${text.slice(0, from + begin.length)}\n\n${content}\n\n${text.slice(to)}`;
}

/** On what it was measured. */
export function setting({ machine, versions, scenarios }: Results): string {
  const list = Object.entries(versions).map(([name, version]) =>
    name.includes("socket.io") ? `\`${name}\` ${version}` : `${name} ${version}`,
  );
  const rounds = scenarios.map(({ rows }) => rows[0]?.values.length ?? 0);
  const least = Math.min(...rounds);
  const most = Math.max(...rounds);
  const dates = scenarios.map(({ date }) => date.slice(0, 10)).sort();
  const revisions = [...new Set(scenarios.map(({ revision }) => revision))];
  return (
    `Machine: ${machine}. ${list.join(", ")}. Medians of ` +
    `${least === most ? least : `${least} to ${most}`} ${most === 1 ? "round" : "rounds"}, ${dates.at(-1)}, ` +
    `commit ${revisions.join(", ")}.`
  );
}

function speedSection(results: Results): string {
  return [
    "![What each server spends on a message, a connection and a client](docs/performance/speed.svg)",
    "What this package on `Bun.serve` needs, as a part of what others need:",
    ratioTable(results, CHOSEN),
    setting(results),
  ].join("\n\n");
}

function ratioTable(results: Results, ids: readonly string[]): string {
  const cells = results.scenarios
    .filter(({ id }) => ids.includes(id))
    .map((result) => [
      `${result.title}, ${result.unit}`,
      ...["node", "bun", "bun-engine", "raw"].map((to) => digits(ratio(result, "ours", to))),
    ]);
  return table(["", ...["node", "bun", "bun-engine", "raw"].map((to) => `to ${NAMES[to]}`)], cells);
}

function costTable(results: Results): string {
  const peers = Object.keys(NAMES);
  const cells = results.scenarios.map((result) => [
    `${result.title}, ${result.unit}`,
    ...peers.map((peer) => cost(rowOf(result, peer))),
  ]);
  return table(["", ...peers.map((peer) => NAMES[peer] ?? peer)], cells);
}

/** The median, with the lowest and the highest. */
function cost(row: Row | undefined): string {
  if (row === undefined) return "";
  const places = median(row.values) < 10 ? 2 : 1;
  const [middle, lowest, highest] = [
    median(row.values),
    Math.min(...row.values),
    Math.max(...row.values),
  ].map((value) => value.toFixed(places));
  return `${middle} (${lowest} to ${highest})`;
}

function latencyTable(results: Results): string {
  const cells = results.scenarios.flatMap(({ rows }) =>
    rows.flatMap((row) => {
      const latency = latencyOf(row);
      if (latency === null) return [];
      const { p50, p99, p999, loopP99, loopMax } = latency;
      const figures = [p50, p99, p999, loopP99, loopMax].map((value) => value.toFixed(2));
      return [[NAMES[row.peer] ?? row.name, ...figures]];
    }),
  );
  return table(["ms", "p50", "p99", "p99.9", "event loop p99", "event loop max"], cells);
}

function targetTable(results: Results): string {
  const verdicts = judge(results);
  const cells = verdicts.map(({ title, peer, to, most, ratio: measured, isMet }) => [
    title,
    NAMES[peer] ?? peer,
    NAMES[to] ?? to,
    most.toFixed(2),
    measured.toFixed(2),
    isMet ? "met" : "**not met**",
  ]);
  const met = verdicts.filter(({ isMet }) => isMet).length;
  return [
    `${met} of ${verdicts.length} are met.`,
    table(["", "this package on", "to", "at most", "measured", ""], cells),
  ].join("\n\n");
}

function digits(value: number | undefined): string {
  return value === undefined ? "" : value.toFixed(2);
}

/** A table in Markdown, its columns in line. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((cell, column) =>
    Math.max(3, cell.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  const rule = `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`;
  return [line(head), rule, ...rows.map(line)].join("\n");
}
