// What is taken for an import of a file.

import { describe, expect, test } from "bun:test";
import { scanImports } from "../scripts/imports.ts";

describe("the scanner of imports", () => {
  const scan = (source: string) =>
    scanImports(source).map(({ specifier, typeOnly }) =>
      typeOnly ? `type ${specifier}` : specifier,
    );

  test.each([
    ["a default import", 'import a from "x";', ["x"]],
    ["a named import over lines", 'import {\n  a,\n  b as c,\n} from "x";', ["x"]],
    ["a namespace import", "import * as a from 'x'", ["x"]],
    ["a default and named import", 'import a, { b } from "x";', ["x"]],
    ["an import for its effect", 'import "x";', ["x"]],
    ["an import with attributes", 'import a from "x" with { type: "json" };', ["x"]],
    ["an import without spaces", 'import{a}from"x";import*as b from"y";', ["x", "y"]],
    ["an import type", 'import type { A } from "x";', ["type x"]],
    ["a default import type", 'import type A from "x";', ["type x"]],
    ["a namespace import type", 'import type * as A from "x";', ["type x"]],
    ["an import type of a type named from", 'import type from from "x";', ["type x"]],
    ["a value that is named type", 'import type from "x";', ["x"]],
    ["a value named from", 'import { from } from "x";', ["x"]],
    ["an inline type import, which stays at run time", 'import { type A } from "x";', ["x"]],
    [
      "an export from",
      'export { a } from "x"; export * from "y"; export * as z from "z";',
      ["x", "y", "z"],
    ],
    [
      "an export type from",
      'export type { A } from "x"; export type * from "y";',
      ["type x", "type y"],
    ],
    ["a dynamic import", 'const a = await import("x");', ["x"]],
    ["a dynamic import of a template", "import(`x`);", ["x"]],
    [
      "a type reference",
      'let a: import("x").A; type B = typeof import("y");',
      ["type x", "type y"],
    ],
    ["a type in a type alias", 'type A = import("x").A<string>;', ["type x"]],
    ["a require", 'const a = require("x"); import b = require("y");', ["x", "y"]],
    ["an import inside a template", "const a = `$\\{\u0024{`\u0024{await import('x')}`}`;", ["x"]],
    ["an import after a division", 'const a = b / c; import("x"); const d = 1 / 2;', ["x"]],
    ["an import after a regular expression", "const a = /['\"`]/; import('x');", ["x"]],
    ["an import after a slash in a class", "a(/[/'`]/g); import('x');", ["x"]],
  ] as const)("finds %s", (_name, source, expected) => {
    expect(scan(source)).toEqual([...expected]);
  });

  test.each([
    ["a line comment", '// import a from "x";'],
    ["a block comment", '/* import a from "x";\n export * from "y" */'],
    ["a string", `const a = 'import b from "x"'; const c = "import('y')";`],
    ["a template", 'const a = `import b from "x"`;'],
    ["a method", 'loader.import("x"); loader?.require("y");'],
    ["import.meta", "const a = import.meta.url;"],
    ["an export of its own", 'export { a }; export const from = "x"; export type B = "y";'],
    ["a regular expression", `const a = /import "x"/;`],
  ])("finds no import in %s", (_name, source) => {
    expect(scan(source)).toEqual([]);
  });

  test("tells the line of an import", () => {
    const source = 'const a = `\n`;\n/*\n*/\nimport type {\n  B,\n} from "x";\n';
    expect(scanImports(source)).toEqual([{ specifier: "x", typeOnly: true, line: 7 }]);
  });
});
