// The documents of both protocols, and the page that says which rules hold a server to what.

import { RULES } from "../index.ts";
import type { Rule } from "../rule.ts";
import type { ProtocolDocument, Statement, SuiteTest } from "./document.ts";
import { ENGINE_3 } from "./engine-3.ts";
import { ENGINE_4 } from "./engine-4.ts";
import { SOCKET_4 } from "./socket-4.ts";
import { SOCKET_5 } from "./socket-5.ts";
import { ENGINE_SUITE, SOCKET_SUITE } from "./suites.ts";

/** All documents, current revisions first. */
export const DOCUMENTS: readonly ProtocolDocument[] = [ENGINE_4, SOCKET_5, ENGINE_3, SOCKET_4];

/** Where the page is. */
export const PAGE = `${import.meta.dir}/../../RULES.md`;

/** Where the demands are from. */
const SOURCES = [
  "The documents are `docs/engine.io-protocol` and `docs/socket.io-protocol` of",
  "[socketio/socket.io](https://github.com/socketio/socket.io). Their demands, in words of our own, were listed twice,",
  "independently, from knowledge of the documents, and the two lists compared. The texts of revision 1 of both",
  "protocols were read, as published in the packages engine.io-client 0.8.2 and socket.io-parser 1.0.1, and for the",
  "second list the published clients and parsers of both revisions; the texts of the later revisions were not at hand,",
  "so what both lists have wrong or leave out is wrong or missing here.",
  "",
  "The second list had 327 demands, of which the first had 245 with all that they ask for, 36 in part and 17 not at",
  "all; two contradicted it, and 27 were introductions, history and demands on clients that it left out. Five titles",
  "of sections were corrected. What was missing or in part has rules now, or a reason to have none; what only the",
  "first list had is marked _Beyond the document_: it holds servers to what the others do where the document is silent.",
];

/** The page, in Markdown. */
export function renderDocuments(): string {
  const isOfStandard = ({ source }: Rule): boolean =>
    !DOCUMENTS.some(({ name }) => source.startsWith(`${name}, `));
  const standards = Map.groupBy(RULES.filter(isOfStandard), ({ source }) => source);
  return [
    "# What the protocols demand, and the rules that assert it",
    "",
    "Made by `bun compat/rules/write.ts` from [rules/documents](rules/documents); a test holds that it is up to",
    "date, that each rule stands below the section it names as its source, and that each demand has a rule, or",
    "a reason to have none. `bun run compat rule` runs the rules against all servers, `./run test",
    "test/compat/rules.test.ts` against ours.",
    "",
    ...SOURCES,
    ...DOCUMENTS.flatMap(renderDocument),
    ...renderSuites(),
    "",
    "## What HTTP, WebSocket and CORS owe them",
    ...[...standards]
      .sort(([a], [b]) => collator.compare(a, b))
      .flatMap(([source, rules]) => [
        "",
        `### ${source}`,
        "",
        ...rules.map(({ name, ways }) => `- ${name}${overWays(ways)}`),
      ]),
    "",
  ].join("\n");
}

const collator = new Intl.Collator("en", { numeric: true });

function renderDocument({ name, sections }: ProtocolDocument): string[] {
  return [
    "",
    `## ${name}`,
    ...sections.flatMap(({ title, statements }) => [
      "",
      `### ${title}`,
      "",
      ...statements.flatMap(renderStatement),
    ]),
  ];
}

function renderStatement({ says, rules, why, isBeyond }: Statement): string[] {
  if (why !== undefined) {
    return [`- ${says}. _No rule: ${why}._`];
  }
  return [
    `- ${says}.${isBeyond === true ? " _Beyond the document._" : ""}`,
    ...rules.map(
      (name) => `  - ${name}${overWays(RULES.find((rule) => rule.name === name)?.ways)}`,
    ),
  ];
}

function renderSuites(): string[] {
  return [
    "",
    "## The tests that the documents bring along",
    "",
    "They try a server that echoes what it gets: messages of Engine.IO, or the event `message` of Socket.IO. The rules",
    "speak to a server of the latter kind, and ask for no less, unless it is said.",
    "",
    "### Engine.IO protocol 4",
    "",
    ...renderSuite(ENGINE_SUITE),
    "",
    "### Socket.IO protocol 5",
    "",
    "Those of its Engine.IO protocol are the ones above, without messages, on the path `/socket.io/`.",
    "",
    ...renderSuite(SOCKET_SUITE),
  ];
}

function renderSuite(suite: readonly SuiteTest[]): string[] {
  const rows = suite.map(({ name, rules, note }) => [
    name,
    rules.join("; ") + (note === undefined ? "" : ` (${note})`),
  ]);
  const all = [["test", "rules"], ...rows];
  const widths = [0, 1].map((column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  // As the formatter has it.
  const [head, ...rest] = all.map(
    (row) => `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`,
  );
  const line = `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`;
  return [head ?? "", line, ...rest];
}

function overWays(ways: Rule["ways"] = []): string {
  return ways.length < 2 ? "" : ` (${ways.length} ways)`;
}
