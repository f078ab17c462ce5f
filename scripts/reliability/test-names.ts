// Finds the tests by the names that stand in their files.

import { readFileSync } from "node:fs";
import ts from "typescript-5";

/** Where each name of a test stands: paths from the root, one a test. */
export type TestNames = ReadonlyMap<string, readonly string[]>;

/**
 * Reads the files of the tests and of their suites.
 *
 * @param root the root of the repository
 * @param wanted the names that are asked for; files with none of them are not parsed
 */
export function findTestNames(root: string, wanted: readonly string[]): TestNames {
  const found = new Map<string, string[]>();
  for (const file of Array.from(new Bun.Glob("test/**/*.ts").scanSync(root)).sort()) {
    const text = readFileSync(`${root}/${file}`, "utf8");
    if (!text.includes("test") || !wanted.some((name) => text.includes(name))) {
      continue;
    }
    for (const name of namesIn(text)) {
      found.set(name, [...(found.get(name) ?? []), file]);
    }
  }
  return found;
}

/** The names of the tests in a text: `test("name", …)`, `test.each(…)("name", …)`. */
export function namesIn(text: string): string[] {
  const names: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && rootOf(node.expression) === "test") {
      const [first] = node.arguments;
      if (first !== undefined && ts.isStringLiteralLike(first)) {
        names.push(first.text);
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile("a.ts", text, ts.ScriptTarget.ESNext));
  return names;
}

/** `test` for `test`, `test.each(rows)` and the like; null where a skipped or unknown one is called. */
function rootOf(callee: ts.Expression): string | null {
  if (ts.isIdentifier(callee)) {
    return callee.text;
  }
  if (ts.isCallExpression(callee)) {
    return rootOf(callee.expression);
  }
  const isSkipped = ts.isPropertyAccessExpression(callee) && callee.name.text !== "each";
  return ts.isPropertyAccessExpression(callee) && !isSkipped ? rootOf(callee.expression) : null;
}
