// The declarations that the package is published with, under the settings that users have.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { Project, ROOT } from "../support/project.ts";

const STRICT = {
  strict: true,
  exactOptionalPropertyTypes: true,
  isolatedModules: true,
  noFallthroughCasesInSwitch: true,
  noImplicitOverride: true,
  noImplicitReturns: true,
  noPropertyAccessFromIndexSignature: true,
  noUncheckedIndexedAccess: true,
  noUnusedLocals: true,
  noUnusedParameters: true,
};
const LOOSE = { strict: false };
const BUNDLER = { module: "ESNext", moduleResolution: "bundler" };
const NODE16 = { module: "Node16", moduleResolution: "Node16" };
const NODENEXT = { module: "NodeNext", moduleResolution: "NodeNext" };
const NODE10 = { module: "CommonJS", moduleResolution: "node10", esModuleInterop: true };
const DOM = { lib: ["ESNext", "DOM", "DOM.Iterable"] };
const NO_DOM = { lib: ["ESNext"] };
// The declarations name types of Bun, which are then unknown to the compiler, and count as any.
const NO_BUN = { types: ["node"], skipLibCheck: true };

const NEW = "typescript";
const OLD = "typescript-5";
const BOTH_KINDS = ["module.ts", "required.cts"];
// With a bundler, require() is written in ES modules or not at all.
const MODULE = ["module.ts"];

let project: Project;
beforeAll(async () => {
  project = await Project.make(["bun-socket.io", "socket.io"], ["bun-types"], "copies");
  project.copy(join(import.meta.dir, "types"), "types");
  project.copy(join(import.meta.dir, "../samples"), "samples");
  await project.write("package.json", JSON.stringify({ private: true, type: "module" }));
}, 60_000);
afterAll(() => project.remove(), 30_000);

async function check(compiler: string, files: readonly string[], options: object): Promise<string> {
  const settings = {
    compilerOptions: {
      target: "ESNext",
      types: ["bun-types"],
      noEmit: true,
      skipLibCheck: false,
      ...options,
    },
    files,
  };
  await project.write("types/tsconfig.json", JSON.stringify(settings));
  return project.bun(join(ROOT, "node_modules", compiler, "bin/tsc"), "-p", "types");
}

describe("the types of the package as published, with every declaration checked", () => {
  test.each([
    ["strict, bundler", NEW, MODULE, { ...STRICT, ...BUNDLER, ...NO_DOM }],
    ["loose, bundler, DOM", NEW, MODULE, { ...LOOSE, ...BUNDLER, ...DOM }],
    ["strict, NodeNext, DOM", NEW, BOTH_KINDS, { ...STRICT, ...NODENEXT, ...DOM }],
    ["loose, Node16", NEW, BOTH_KINDS, { ...LOOSE, ...NODE16, ...NO_DOM }],
    ["no types of Bun", NEW, MODULE, { ...STRICT, ...NODENEXT, ...NO_DOM, ...NO_BUN }],
    ["TypeScript 5, strict, Node16", OLD, BOTH_KINDS, { ...STRICT, ...NODE16, ...DOM }],
    ["TypeScript 5, strict, node10", OLD, ["classic.ts"], { ...STRICT, ...NODE10, ...NO_DOM }],
  ] as const)(
    "hold in a project with %s",
    async (_name, compiler, files, options) => {
      expect(await check(compiler, files, options)).toBe("");
    },
    60_000,
  );

  // For the name socket.io this tree has the reference, so that ./run check compiles them with that.
  test("hold in programs written for socket.io, by the alias", async () => {
    const programs = ["../samples/private-messaging/server.ts", "../samples/todos/server.ts"];
    const settings = { ...NODENEXT, strict: true, ...NO_DOM, allowImportingTsExtensions: true };
    expect(await check(NEW, programs, settings)).toBe("");
  }, 120_000);
});
