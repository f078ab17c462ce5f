// The results as one picture: for each scenario the cost on each server, this package's in colour.

import type { Results, ScenarioResult } from "./results.ts";

const WIDTH = 760;
const NAME_WIDTH = 190;
const BAR_WIDTH = 430;
const ROW = 20;
const HEAD = 34;
const GAP = 14;
const TOP = 64;

const STYLE = `
  text { font: 12px system-ui, sans-serif; fill: #24292f; }
  .title { font-weight: 600; font-size: 18px; }
  .scenario { font-weight: 600; font-size: 13px; }
  .quiet { fill: #656d76; }
  .bar { fill: #c4cbd3; }
  .ours { fill: #e5487a; }
  .raw { fill: #8c959f; }
  rect.page { fill: #ffffff; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    .quiet { fill: #9198a1; }
    .bar { fill: #3d444d; }
    .raw { fill: #656c76; }
    rect.page { fill: #0d1117; }
  }`;

/** Draws the results as an SVG. */
export function plot(results: Results): string {
  let y = TOP;
  const parts: string[] = [];
  for (const scenario of results.scenarios) {
    const { svg, height } = plotScenario(scenario, y);
    parts.push(svg);
    y += height + GAP;
  }
  const versions = Object.entries(results.versions).map(([name, version]) => `${name} ${version}`);
  const about = `${results.machine}, ${versions.join(", ")}; medians of ${results.rounds} rounds, lines: lowest to highest`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y}" width="${WIDTH}" height="${y}" role="img" aria-label="Server cost of Socket.IO servers">
<style>${STYLE}
</style>
<rect class="page" width="100%" height="100%" rx="8"/>
<text class="title" x="20" y="30">What a server spends: shorter is better</text>
<text class="quiet" x="20" y="50">${escapeXml(about)}</text>
${parts.join("\n")}
</svg>
`;
}

function plotScenario(scenario: ScenarioResult, top: number): { svg: string; height: number } {
  const longest = Math.max(...scenario.rows.map(({ highest }) => highest));
  const scale = BAR_WIDTH / longest;
  const rows = scenario.rows.map((row, index) => {
    const y = top + HEAD + index * ROW;
    const kind = row.peer === "ours" ? "ours" : row.peer === "raw" ? "raw" : "bar";
    const x = NAME_WIDTH + 20;
    const middle = y - 5;
    return `<text x="${NAME_WIDTH + 12}" y="${y}" text-anchor="end">${escapeXml(row.name)}</text>
<rect class="${kind}" x="${x}" y="${y - 12}" width="${(row.median * scale).toFixed(1)}" height="14" rx="2"/>
<line x1="${(x + row.lowest * scale).toFixed(1)}" x2="${(x + row.highest * scale).toFixed(1)}" y1="${middle}" y2="${middle}" stroke="currentColor" stroke-opacity="0.5"/>
<text x="${(x + Math.max(row.highest, row.median) * scale + 8).toFixed(1)}" y="${y}">${row.median.toFixed(row.median < 10 ? 2 : 1)}</text>`;
  });
  const title = `<text class="scenario" x="20" y="${top + 12}">${escapeXml(scenario.title)}</text>
<text class="quiet" x="${WIDTH - 20}" y="${top + 12}" text-anchor="end">${escapeXml(scenario.unit)}</text>`;
  return { svg: [title, ...rows].join("\n"), height: HEAD + scenario.rows.length * ROW };
}

function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
