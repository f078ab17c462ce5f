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

/** Lines of columns, the widest cell of each column deciding. */
function align(lines: readonly string[][], edge: string, between: string): string[] {
  const widths = lines[0]?.map((_, column) =>
    Math.max(...lines.map((line) => line[column]?.length ?? 0)),
  );
  return lines.map((line) => {
    const cells = line.map((cell, column) => cell.padEnd(widths?.[column] ?? 0));
    return `${edge}${cells.join(between)}${edge}`.trim();
  });
}

export function toText(rows: readonly Row[]): string {
  return align(
    rows.map((row) => [row.state, row.area, row.name, row.note]),
    "",
    "  ",
  ).join("\n");
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
    const [first = [], ...rest] = [head, ...body];
    const lines = align([first, first.map(() => "---"), ...rest], "", " | ");
    parts.push(`## ${area}\n\n${lines.map((line) => `| ${line} |`).join("\n")}\n`);
  }
  return parts.join("\n");
}
