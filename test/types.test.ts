// The types, held against the reference's: one source is compiled once for each package.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { Glob } from "bun";
import { type Compilation, compile, REFERENCE, ROOT, SOURCES } from "./types/compile.ts";
import { DIFFERENCES, makeProbes } from "./types/probes.ts";

const PROGRAMS = join(ROOT, "test/types/programs/*.ts");
const IMPORT = { "import.ts": 'export { Server } from "socket.io";' };
const TIMEOUT_MS = 240_000;

let declarations: Compilation;
/** Where the declarations lie, and their entry, with everything exported at one remove as published. */
let folder: string;
let entry: string;
beforeAll(async () => {
  declarations = await compile(SOURCES, [], { declaration: true, removeComments: true }, IMPORT);
  folder = join(declarations.folder, "out", ROOT);
  entry = join(folder, "index.d.mts");
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
  await Bun.write(entry, 'export * from "./lib/index.ts";');
}, TIMEOUT_MS);
afterAll(() => declarations[Symbol.dispose]());

describe("programs written for the types of socket.io compile against", () => {
  test.each([
    ["the reference", () => REFERENCE, "typescript"],
    ["the reference, with TypeScript 5", () => REFERENCE, "typescript-5"],
    ["the sources of this package", () => SOURCES, "typescript"],
    ["the declarations of this package", () => entry, "typescript"],
    ["the declarations of this package, with TypeScript 5", () => entry, "typescript-5"],
  ] as const)(
    "%s",
    async (_name, types, compiler) => {
      // The old compiler takes its time over declarations; the new one has checked them.
      const options = { skipLibCheck: compiler === "typescript-5" };
      using compiled = await compile(types(), [PROGRAMS], options, {}, compiler);
      expect(compiled.output).toBe("");
    },
    TIMEOUT_MS,
  );
});

/** What the compiler makes of each probe: the type of its result, or that it is refused. */
async function judge(types: string): Promise<Map<string, string>> {
  const { source, probes } = makeProbes();
  using compiled = await compile(types, [], { declaration: true }, { "probes.ts": source });
  const refused = new Set<number>();
  for (const line of compiled.output.split("\n")) {
    const found = /^(\S+)\((\d+),\d+\): error TS(\d+)/.exec(line);
    if (found !== null) {
      // Of a source that it cannot parse, the compiler tells no types.
      const isSyntax = found[3]?.length === 4 && found[3].startsWith("1");
      if (found[1] !== "probes.ts" || isSyntax) throw new Error(line);
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

test(
  "the types accept and refuse what the reference's do, with the same results, but where it is meant",
  async () => {
    const [reference, own] = await Promise.all([judge(REFERENCE), judge(entry)]);
    const differences = [...reference]
      .filter(([text, verdict]) => own.get(text) !== verdict)
      .map(([text, verdict]) => `${text} // reference: ${verdict}, here: ${own.get(text)}`);
    expect(new Set(reference.values()).size).toBeGreaterThan(2);
    const unknown = differences.filter((line) => !DIFFERENCES.some(({ what }) => what.test(line)));
    expect(unknown).toEqual([]);
    const gone = DIFFERENCES.filter(({ what }) => !differences.some((line) => what.test(line)));
    expect(gone).toEqual([]);
  },
  TIMEOUT_MS,
);

describe("the declarations of the package", () => {
  test("can be written", () => {
    expect(declarations.output).toBe("");
  });

  test("say any in one place", async () => {
    const places: string[] = [];
    for await (const path of new Glob("{lib,adapters}/**/*.d.ts").scan(folder)) {
      const lines = (await Bun.file(join(folder, path)).text()).split("\n");
      places.push(
        ...lines.filter((line) => /\bany\b/.test(line)).map((line) => `${path}: ${line}`),
      );
    }
    expect(places).toEqual(["lib/event-types.d.ts: export type Untyped = any;"]);
  });
});
