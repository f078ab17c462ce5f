// The page docs/reliability.md, made of the rows beside the tests.

import { existsSync, readFileSync } from "node:fs";
import { WAYS } from "../../soak/cycles.ts";
import type { SoakReport } from "../../soak/report.ts";
import { findTestNames, type TestNames } from "./test-names.ts";

/** Where the page is. */
export const PAGE = "docs/reliability.md";

const ROWS = "test/support/reliability-rows";

/** A part of the page: a table of the rows of one file. */
interface Part {
  file: string;
  title: string;
  text: string;
  /** The columns: what stands above them, and the member of a row. */
  columns: readonly (readonly [title: string, member: string])[];
}

const PARTS: readonly Part[] = [
  {
    file: "attacks.ts",
    title: "Attacks",
    text:
      "What one client can try. In every case the process lives on and the sessions of others notice\n" +
      "nothing, which the tests see from outside of the server's process.",
    columns: [
      ["attack", "attack"],
      ["published as", "cve"],
      ["what happens", "outcome"],
    ],
  },
  {
    file: "limits.ts",
    title: "Limits",
    text: "What can be bounded; the options are those of [options.md](options.md).",
    columns: [
      ["option", "option"],
      ["default", "default"],
      ["what happens beyond it", "outcome"],
    ],
  },
  {
    file: "faults.ts",
    title: "Faults",
    text: "What goes wrong by itself: in networks, clients, adapters and the application.",
    columns: [
      ["fault", "fault"],
      ["what happens", "outcome"],
    ],
  },
];

const HEAD = `# Reliability

What attacks, limits and faults come to. Written by \`./run reliability --write\` from the tests: each row
names the one that holds it, and a test fails when there is none of that name. How to report an attack that
does more than it says here, and what to set on a server that faces the public: [SECURITY.md](../SECURITY.md).
`;

/** A row of any of the files: texts by name. */
type Row = Readonly<Record<string, string | undefined>>;

/** The page, and what is wrong with the rows. */
export interface Page {
  text: string;
  problems: string[];
}

/** Makes the page. */
export async function makePage(root: string): Promise<Page> {
  const parts: [Part, readonly Row[]][] = [];
  for (const part of PARTS) {
    const path = `${root}/${ROWS}/${part.file}`;
    if (existsSync(path)) {
      parts.push([part, await readRows(path)]);
    }
  }
  const rows = parts.flatMap(([, each]) => each);
  const names = findTestNames(
    root,
    rows.map(({ name }) => name ?? ""),
  );
  const problems = parts.flatMap(([part, each]) => problemsOf(part, each, names));
  const sections = parts.map(([part, each]) => toSection(part, each, names));
  return { text: [HEAD, ...sections, leaks(root)].join("\n"), problems };
}

/** What the last long run of soak came to. */
function leaks(root: string): string {
  const report: SoakReport = JSON.parse(readFileSync(`${root}/docs/soak.json`, "utf8"));
  const { cycles, seconds, growth, most, machine, versions } = report;
  const left = most.sessions + most.webSockets + most.sockets + most.rooms + most.subscribers;
  return `## Leaks

\`./run soak --minutes 10\` has clients come, join, emit and leave, by ${WAYS.length} ways (polling, WebSocket, the
upgrade, Engine.IO 3, the stock client; they say goodbye, are cut, are thrown out, send garbage, owe
acknowledgements, vanish), and counts in between what is left; \`--node\` does so on a server of \`node:http\`. The tests run both short.

Of the last long run, ${cycles.toLocaleString("en")} cycles in ${seconds} seconds (${machine}, Bun ${versions.bun}):

- sessions, WebSockets, sockets, rooms and subscriptions to topics that were left: ${left}
- timers: ${most.timers} at most, which are the program's own
- sockets, sessions and callbacks of acknowledgements that could not be collected: ${most.uncollected} at most
- growth of the heap: ${growth.objectsPerCycle.toFixed(4)} objects and ${growth.heapBytesPerCycle.toFixed(2)} bytes a cycle

![Heap and resident memory over the cycles: flat](soak.svg)
`;
}

/** The rows that a file exports: the one list of it. */
async function readRows(path: string): Promise<readonly Row[]> {
  const exported: Record<string, unknown> = await import(path);
  const [rows, ...others] = Object.values(exported).filter((value) => Array.isArray(value));
  if (rows === undefined || others.length > 0) {
    throw new Error(`${path} has to export one list of rows`);
  }
  return rows;
}

function problemsOf(part: Part, rows: readonly Row[], names: TestNames): string[] {
  return rows.flatMap((row, index) => {
    const missing = part.columns
      .filter(([, member]) => member !== "cve" && !row[member])
      .map(([, member]) => `row ${index} of ${part.file} has no ${member}`);
    const isTested = names.has(row.name ?? "");
    return isTested ? missing : [...missing, `there is no test "${row.name}" (${part.file})`];
  });
}

function toSection(part: Part, rows: readonly Row[], names: TestNames): string {
  const head = [...part.columns.map(([title]) => title), "test"];
  const body = rows.map((row) => [
    ...part.columns.map(([, member]) => cell(row[member] ?? "")),
    linkTo(row.name ?? "", names),
  ]);
  const widths = head.map((title, index) =>
    Math.max(3, title.length, ...body.map((line) => line[index]?.length ?? 0)),
  );
  const lines = [head, widths.map((width) => "-".repeat(width)), ...body].map(
    (line) => `| ${line.map((text, index) => text.padEnd(widths[index] ?? 0)).join(" | ")} |`,
  );
  return `## ${part.title}\n\n${part.text}\n\n${lines.join("\n")}\n`;
}

function linkTo(name: string, names: TestNames): string {
  const [file] = names.get(name) ?? [];
  return file === undefined ? cell(name) : `[\`${cell(name)}\`](../${file})`;
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll(/\s+/g, " ");
}
