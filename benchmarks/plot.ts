// The results as pictures: for each scenario the cost on each server, and how long messages took.

import { latencyOf, type Results, type Row, type ScenarioResult } from "./results.ts";
import { median } from "./statistics.ts";

const WIDTH = 860;
const MARGIN = 24;
const GAP = 28;
const COLUMN = (WIDTH - 2 * MARGIN - GAP) / 2;
const NAME_WIDTH = 166;
const VALUE_WIDTH = 44;
const BAR_WIDTH = COLUMN - NAME_WIDTH - VALUE_WIDTH - 8;
const ROW = 21;
const BAR = 13;
const TOP = 78;
const HEAD = 36;
const SPACE = 24; // below a scenario

const STYLE = `
  text { font: 12px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #24292f; }
  .title { font-weight: 600; font-size: 18px; }
  .scenario { font-weight: 600; font-size: 13px; }
  .own { font-weight: 600; }
  .quiet { fill: #656d76; }
  .page { fill: #ffffff; stroke: #d8dee4; }
  .track { fill: #f2f4f6; }
  .ours { fill: #e0437a; }
  .ours-node-http { fill: #f29ab8; }
  .bar { fill: #9aa7b5; }
  .raw { fill: #d3d9df; }
  .spread { stroke: #24292f; stroke-opacity: 0.55; }
  .grid { stroke: #d8dee4; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    .quiet { fill: #9198a1; }
    .page { fill: #0d1117; stroke: #30363d; }
    .track { fill: #161b22; }
    .ours { fill: #f0558c; }
    .ours-node-http { fill: #8f3a5b; }
    .bar { fill: #566270; }
    .raw { fill: #343c46; }
    .spread { stroke: #e6edf3; }
    .grid { stroke: #30363d; }
  }`;

/**
 * Draws what scenarios cost, in two columns.
 *
 * @param ids which scenarios
 */
export function plotCosts(results: Results, ids: readonly string[]): string {
  const bottoms = [TOP, TOP];
  const parts: string[] = [];
  for (const scenario of results.scenarios.filter(({ id }) => ids.includes(id))) {
    const column = (bottoms[0] ?? 0) <= (bottoms[1] ?? 0) ? 0 : 1;
    const top = bottoms[column] ?? 0;
    parts.push(plotScenario(scenario, MARGIN + column * (COLUMN + GAP), top));
    bottoms[column] = top + HEAD + scenario.rows.length * ROW + SPACE;
  }
  const label = "What Socket.IO servers cost, in several scenarios";
  return page(results, { title: "What a server spends: shorter is better", label }, [
    parts.join("\n"),
    Math.max(...bottoms),
  ]);
}

function plotScenario({ title, unit, rows }: ScenarioResult, left: number, top: number): string {
  const longest = Math.max(...rows.map(({ values }) => Math.max(...values)));
  const scale = BAR_WIDTH / longest;
  const x = left + NAME_WIDTH + 8;
  const lines = rows.map((row, index) => {
    const y = top + HEAD + index * ROW;
    const middle = median(row.values);
    const [from, to] = [Math.min(...row.values), Math.max(...row.values)];
    return [
      nameOf(row, left + NAME_WIDTH, y + 11),
      `<rect class="track" x="${x}" y="${y}" width="${BAR_WIDTH}" height="${BAR}" rx="3"/>`,
      `<rect class="${kindOf(row)}" x="${x}" y="${y}" width="${px(middle * scale)}" height="${BAR}" rx="3"/>`,
      `<path class="spread" d="M${px(x + from * scale)} ${y + BAR / 2}H${px(x + to * scale)}"/>`,
      `<text x="${left + COLUMN}" y="${y + 11}" text-anchor="end">${shorten(middle)}</text>`,
    ].join("");
  });
  return [
    `<text class="scenario" x="${left}" y="${top + 12}">${escapeXml(title)}</text>`,
    `<text class="quiet" x="${left + COLUMN}" y="${top + 28}" text-anchor="end">${escapeXml(unit)}</text>`,
    ...lines,
  ].join("\n");
}

const MARKS = [
  ["p50", "p50"],
  ["p99", "p99"],
  ["p999", "p99.9"],
] as const;

/** Draws how long messages took at a fixed rate, on a logarithmic scale. */
export function plotLatency(results: Results): string {
  const scenario = results.scenarios.find(({ rows }) => rows.some((row) => latencyOf(row)));
  const rows = scenario?.rows.filter((row) => latencyOf(row) !== null) ?? [];
  const values = rows.flatMap((row) => MARKS.map(([key]) => latencyOf(row)?.[key] ?? 1));
  const low = Math.floor(Math.log10(Math.min(...values, 0.1)));
  const high = Math.ceil(Math.log10(Math.max(...values, 1)));
  const left = MARGIN + NAME_WIDTH + 20;
  const width = WIDTH - MARGIN - left - 20;
  const xOf = (ms: number): number => left + ((Math.log10(ms) - low) / (high - low)) * width;
  const bottom = TOP + 26 + rows.length * 30;
  const grid = Array.from({ length: high - low + 1 }, (_, step) => {
    const ms = 10 ** (low + step);
    const x = px(xOf(ms));
    return (
      `<path class="grid" d="M${x} ${TOP + 8}V${bottom}"/>` +
      `<text class="quiet" x="${x}" y="${TOP}" text-anchor="middle">${ms} ms</text>`
    );
  });
  const lines = rows.map((row, index) => {
    const y = TOP + 34 + index * 30;
    const latency = latencyOf(row);
    const points = MARKS.map(([key, name]) => ({ name, ms: latency?.[key] ?? 1 }));
    const dots = points.map(
      ({ name, ms }) =>
        `<circle class="${kindOf(row)}" cx="${px(xOf(ms))}" cy="${y}" r="5"/>` +
        `<text class="quiet" x="${px(xOf(ms))}" y="${y + 17}" text-anchor="middle" font-size="10">${name}</text>`,
    );
    const [from, to] = [points[0]?.ms ?? 1, points.at(-1)?.ms ?? 1];
    return (
      nameOf(row, left - 20, y + 4) +
      `<path class="spread" d="M${px(xOf(from))} ${y}H${px(xOf(to))}"/>${dots.join("")}`
    );
  });
  const title = "How long messages take: left is better";
  return page(results, { title, label: title }, [[...grid, ...lines].join("\n"), bottom + 16]);
}

function page(
  { machine, versions, scenarios }: Results,
  { title, label }: { title: string; label: string },
  [content, height]: [string, number],
): string {
  const all = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const rounds = Math.min(...scenarios.map(({ rows }) => rows[0]?.values.length ?? 0));
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${escapeXml(label)}">
<style>${STYLE}
</style>
<rect class="page" x="0.5" y="0.5" width="${WIDTH - 1}" height="${height - 1}" rx="10"/>
<text class="title" x="${MARGIN}" y="34">${escapeXml(title)}</text>
<text class="quiet" x="${MARGIN}" y="54">${escapeXml(`${machine}, ${all.join(", ")}; medians of ${rounds} ${rounds === 1 ? "round" : "rounds"}, lines: lowest to highest`)}</text>
${content}
</svg>
`;
}

function nameOf(row: Row, right: number, y: number): string {
  const kind = row.peer === "ours" ? ' class="own"' : "";
  return `<text${kind} x="${right}" y="${y}" text-anchor="end">${escapeXml(row.name)}</text>`;
}

function kindOf({ peer }: Row): string {
  return ["ours", "ours-node-http", "raw"].includes(peer) ? peer : "bar";
}

function shorten(value: number): string {
  return value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0);
}

function px(value: number): string {
  return value.toFixed(1);
}

function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
