import { afterAll, beforeAll, expect, test } from "bun:test";
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const ROOT = resolve(import.meta.dir, "../..");
const NAME = "bun-socket.io";

let project: string;

/** Runs a command in the project and answers what it printed; fails with that if it failed. */
async function run(cwd: string, ...argv: string[]): Promise<string> {
  const child = Bun.spawn(argv, { cwd, stdout: "pipe", stderr: "pipe" });
  const [out, err, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  if (code !== 0) {
    throw new Error(`${argv.join(" ")} exited with ${code}:\n${out}${err}`);
  }
  return out;
}

/** The packages named, and all that they depend on. */
async function closure(names: string[]): Promise<Set<string>> {
  const found = new Set<string>();
  const add = async (name: string): Promise<void> => {
    if (!found.has(name)) {
      found.add(name);
      const manifest = await Bun.file(join(ROOT, "node_modules", name, "package.json")).json();
      await Promise.all(Object.keys(manifest.dependencies ?? {}).map(add));
    }
  };
  await Promise.all(names.map(add));
  return found;
}

// The package as it would be published, in a project where nothing else of this tree is at hand.
beforeAll(async () => {
  project = mkdtempSync(join(tmpdir(), "bun-socket-io-package-"));
  const modules = join(project, "node_modules");
  mkdirSync(join(modules, NAME), { recursive: true });
  await run(ROOT, process.execPath, "pm", "pack", "--quiet", "--destination", project);
  const tarball = readdirSync(project).find((name) => name.endsWith(".tgz")) ?? "";
  await run(project, "tar", "-xzf", tarball, "--strip-components=1", "-C", `node_modules/${NAME}`);
  // What its manifest asks for, and what a project of `bun init` has: nothing else of this tree,
  // and no links into it, which the types would follow.
  const { dependencies } = await Bun.file(join(ROOT, "package.json")).json();
  for (const name of await closure([...Object.keys(dependencies), "bun-types"])) {
    cpSync(join(ROOT, "node_modules", name), join(modules, name), { recursive: true });
  }
  copyFileSync(join(import.meta.dir, "consumer.ts"), join(project, "consumer.ts"));
}, 30_000);
afterAll(() => rmSync(project, { recursive: true, force: true }));

test("the package as published runs a program that imports it", async () => {
  const out = await run(project, process.execPath, "consumer.ts");
  expect(JSON.parse(out)).toEqual({ doubled: 42, script: 200, engine: "Engine", protocol: 4 });
});

test("the package as published gives its types to a strict project", async () => {
  await Bun.write(
    join(project, "tsconfig.json"),
    JSON.stringify({
      compilerOptions: {
        strict: true,
        module: "Preserve",
        moduleResolution: "bundler",
        target: "ESNext",
        lib: ["ESNext", "DOM"],
        noPropertyAccessFromIndexSignature: true,
        noUncheckedIndexedAccess: true,
        noImplicitOverride: true,
        types: ["bun-types"],
        allowImportingTsExtensions: true,
        noEmit: true,
        skipLibCheck: true,
      },
      files: ["consumer.ts"],
    }),
  );
  const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
  expect(await run(project, process.execPath, tsc)).toBe("");
}, 30_000);

test("the package as published holds its sources, and neither tests nor examples", () => {
  const files = readdirSync(join(project, "node_modules", NAME));
  expect(files.sort()).toEqual([
    "CHANGELOG.md",
    "LICENSE",
    "README.md",
    "adapters",
    "docs",
    "lib",
    "package.json",
  ]);
});
