// The types, held against the reference's: one source is compiled once for each package.

import { describe, expect, test } from "bun:test";
import { Glob } from "bun";
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { compile, type PackageName, ROOT } from "./types/compile.ts";
import { DIFFERENCES, makeProbes } from "./types/probes.ts";

const PROGRAMS = join(ROOT, "test/types/programs/*.ts");

describe("programs written for the types of socket.io", () => {
  test("compile against the reference", async () => {
    using compiled = await compile("reference", [PROGRAMS]);
    expect(compiled.output).toBe("");
  }, 240_000);

  test("compile against this package", async () => {
    using compiled = await compile("own", [PROGRAMS]);
    expect(compiled.output).toBe("");
  }, 240_000);
});

/** What the compiler makes of each probe: the type of its result, or that it is refused. */
async function judge(name: PackageName): Promise<Map<string, string>> {
  const { source, probes } = makeProbes();
  using compiled = await compile(name, [], { declaration: true }, { "probes.ts": source });
  const refused = new Set<number>();
  for (const line of compiled.output.split("\n")) {
    const found = /^(\S+)\((\d+),\d+\): error TS/.exec(line);
    if (found !== null) {
      if (found[1] !== "probes.ts") throw new Error(line);
      refused.add(Number(found[2]));
    }
  }
  const declared = new Map<string, string>();
  const emitted = await Bun.file(
    join(compiled.folder, "out", compiled.folder, "probes.d.ts"),
  ).text();
  for (const [, index, type] of emitted.matchAll(/^export declare const p(\d+): ([^;]*);/gm)) {
    declared.set(`${index}`, `${type}`);
  }
  return new Map(
    probes.map(({ text, line }, index) => [
      text,
      refused.has(line) ? "refused" : (declared.get(`${index}`) ?? "accepted"),
    ]),
  );
}

test("the types accept and refuse what the reference's do, with the same results, but where it is meant", async () => {
  const [reference, own] = await Promise.all([judge("reference"), judge("own")]);
  const differences = [...reference]
    .filter(([text, verdict]) => own.get(text) !== verdict)
    .map(([text, verdict]) => `${text} // reference: ${verdict}, here: ${own.get(text)}`);
  expect(new Set(reference.values()).size).toBeGreaterThan(2);
  const unknown = differences.filter((line) => !DIFFERENCES.some(({ what }) => what.test(line)));
  expect(unknown).toEqual([]);
  const gone = DIFFERENCES.filter(({ what }) => !differences.some((line) => what.test(line)));
  expect(gone).toEqual([]);
}, 240_000);

/** Options that users' projects have beside `strict`; the package is compiled with theirs. */
const STRICTER = {
  noUnusedLocals: true,
  noUnusedParameters: true,
  noImplicitReturns: true,
  noImplicitOverride: true,
  noFallthroughCasesInSwitch: true,
  noUncheckedIndexedAccess: true,
  noPropertyAccessFromIndexSignature: true,
  exactOptionalPropertyTypes: true,
  allowUnreachableCode: false,
  allowUnusedLabels: false,
  verbatimModuleSyntax: true,
  isolatedModules: true,
  erasableSyntaxOnly: true,
};

const IMPORT = { "import.ts": 'export { Server } from "socket.io";' };

describe("the sources of the package compile in a project", () => {
  for (const [name, options] of Object.entries({
    "that is strict": {},
    "that has every option for strictness": STRICTER,
    "that is not strict": { strict: false },
    "that has the types of the browser": { lib: ["ESNext", "DOM", "DOM.Iterable"] },
    "for Node's resolution of modules": { module: "NodeNext", moduleResolution: "NodeNext" },
  })) {
    test(name, async () => {
      using compiled = await compile("own", [], options, IMPORT);
      expect(compiled.output).toBe("");
    }, 240_000);
  }
});

describe("the declarations of the package", () => {
  test("can be written, and compile where declarations are checked", async () => {
    const options = { declaration: true };
    using compiled = await compile("own", [], options, IMPORT);
    expect(compiled.output).toBe("");
    const out = join(compiled.folder, "out", ROOT);
    symlinkSync(join(ROOT, "node_modules"), join(out, "node_modules"));
    const entry = join(out, "lib/index.d.ts");
    using again = await compile("own", [entry], { paths: { "socket.io": [entry] } }, IMPORT);
    expect(again.output).toBe("");
  }, 240_000);

  test("say any in one place", async () => {
    using compiled = await compile("own", [], { declaration: true, removeComments: true }, IMPORT);
    expect(compiled.output).toBe("");
    const folder = join(compiled.folder, "out", ROOT);
    const places: string[] = [];
    for await (const path of new Glob("{lib,adapters}/**/*.d.ts").scan(folder)) {
      const lines = (await Bun.file(join(folder, path)).text()).split("\n");
      places.push(
        ...lines.filter((line) => /\bany\b/.test(line)).map((line) => `${path}: ${line}`),
      );
    }
    expect(places).toEqual(["lib/events.d.ts: export type Untyped = any;"]);
  }, 240_000);
});
