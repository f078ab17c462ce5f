// The rows as text for a terminal, and as the page docs/surface.md.

import type { Row, State } from "./compare.ts";

const HEAD = `# The surface of the reference, and its state here

Written by \`./run surface --write\`, by reflection on \`socket.io\`, \`engine.io\` and \`socket.io-adapter\`
and on this package, and by reading their declarations. What the reference marks as private is left
out, except what published adapters reach for.

- **same**: there at run time and in the types
- **differs**: there, with a difference; see [differences.md](differences.md)
- **planned**: not there yet
- **left out**: not there, on purpose
- **missing**: not there; the tests fail
`;

const MARKS: Record<State, string> = {
  same: "same",
  differs: "[differs](differences.md)",
  planned: "planned",
  "left out": "left out",
  missing: "**missing**",
};

function areas(rows: readonly Row[]): Map<string, Row[]> {
  return Map.groupBy(rows, (row) => row.area);
}

/** The width of each column: that of its widest cell. */
function widthsOf(lines: readonly string[][]): number[] {
  const columns = lines[0]?.map((_, index) => index) ?? [];
  return columns.map((index) => Math.max(3, ...lines.map((line) => line[index]?.length ?? 0)));
}

function padded(line: readonly string[], widths: readonly number[]): string[] {
  return line.map((cell, index) => cell.padEnd(widths[index] ?? 0));
}

export function toText(rows: readonly Row[]): string {
  const lines = rows.map((row) => [row.state, row.area, row.name, row.note]);
  const widths = widthsOf(lines);
  return lines.map((line) => padded(line, widths).join("  ").trimEnd()).join("\n");
}

export function toMarkdown(rows: readonly Row[]): string {
  const cell = (text: string) => text.replaceAll("|", "\\|");
  const parts = [HEAD];
  for (const [area, members] of areas(rows)) {
    const head = ["name", "", "state", "note"];
    const body = members.map((row) => [
      `\`${row.name}\``,
      row.kind,
      MARKS[row.state],
      cell(row.note),
    ]);
    const widths = widthsOf([head, ...body]);
    const dashes = widths.map((width) => "-".repeat(width));
    const lines = [head, dashes, ...body].map((line) => `| ${padded(line, widths).join(" | ")} |`);
    parts.push(`## ${area}\n\n${lines.join("\n")}\n`);
  }
  return parts.join("\n");
}
