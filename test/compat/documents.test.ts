// Which demands of the protocols' documents have a rule: compat/rules/documents.

import { expect, test } from "bun:test";
import { DOCUMENTS, PAGE, renderDocuments } from "../../compat/rules/documents/index.ts";
import { ENGINE_SUITE, SOCKET_SUITE } from "../../compat/rules/documents/suites.ts";
import { RULES } from "../../compat/rules/index.ts";

const SECTIONS = DOCUMENTS.flatMap(({ name, sections }) =>
  sections.map((section) => ({ ...section, source: `${name}, ${section.title}` })),
);
const BY_NAME = new Map(RULES.map((rule) => [rule.name, rule]));

test("each demand of a protocol has a rule, or a reason to have none", () => {
  const bare = SECTIONS.flatMap(({ statements }) => statements).filter(
    ({ rules, why = "" }) => (rules.length === 0) === (why === ""),
  );
  expect(bare).toEqual([]);
});

test("each rule stands once, in the section that it names as its source", () => {
  const misplaced = SECTIONS.flatMap(({ source, statements }) =>
    statements
      .flatMap(({ rules }) => rules)
      .filter((name) => BY_NAME.get(name)?.source !== source)
      .map((name) => ({ name, source, is: BY_NAME.get(name)?.source ?? "no rule" })),
  );
  expect(misplaced).toEqual([]);
  const named = SECTIONS.flatMap(({ statements }) => statements.flatMap(({ rules }) => rules));
  expect(named.length).toBe(new Set(named).size);
});

test("each rule is of a section of the documents, or of a standard that they build on", () => {
  const named = new Set(
    SECTIONS.flatMap(({ statements }) => statements.flatMap(({ rules }) => rules)),
  );
  const loose = RULES.filter(
    ({ name, source }) =>
      !named.has(name) && !/^(RFC \d+, sections? |Fetch standard, )/.test(source),
  );
  expect(loose.map(({ name, source }) => ({ name, source }))).toEqual([]);
});

test("each test that a document brings along has rules that there are", () => {
  const unknown = [...ENGINE_SUITE, ...SOCKET_SUITE].flatMap(({ name, rules }) =>
    rules.filter((rule) => !BY_NAME.has(rule)).map((rule) => ({ name, rule })),
  );
  expect(unknown).toEqual([]);
});

test("compat/RULES.md is what they come to", async () => {
  expect(await Bun.file(PAGE).text()).toBe(renderDocuments());
});
