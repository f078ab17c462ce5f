// The documents of both protocols, and the page that says which rules hold a server to what.

import { RULES } from "../index.ts";
import type { Rule } from "../rule.ts";
import type { ProtocolDocument, Statement } from "./document.ts";
import { ENGINE_3 } from "./engine-3.ts";
import { ENGINE_4 } from "./engine-4.ts";
import { SOCKET_4 } from "./socket-4.ts";
import { SOCKET_5 } from "./socket-5.ts";

/** All documents, current revisions first. */
export const DOCUMENTS: readonly ProtocolDocument[] = [ENGINE_4, SOCKET_5, ENGINE_3, SOCKET_4];

/** Where the page is. */
export const PAGE = `${import.meta.dir}/../../RULES.md`;

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
    "a reason to have none. The demands are from memory, in words of our own, and still to be checked against the documents, `docs/engine.io-protocol` and",
    "`docs/socket.io-protocol` of [socketio/socket.io](https://github.com/socketio/socket.io). `bun run compat",
    "rule` runs the rules against all servers, `./run test test/compat/rules.test.ts` against ours.",
    ...DOCUMENTS.flatMap(renderDocument),
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

function renderStatement({ says, rules, why }: Statement): string[] {
  if (why !== undefined) {
    return [`- ${says}. _No rule: ${why}._`];
  }
  return [
    `- ${says}.`,
    ...rules.map(
      (name) => `  - ${name}${overWays(RULES.find((rule) => rule.name === name)?.ways)}`,
    ),
  ];
}

function overWays(ways: Rule["ways"] = []): string {
  return ways.length < 2 ? "" : ` (${ways.length} ways)`;
}
