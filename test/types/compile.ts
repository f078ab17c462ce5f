// Runs the compiler over programs written for "socket.io", once for each package of that name.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

export const ROOT = resolve(import.meta.dir, "../..");

/** What "socket.io" means: the reference, or this package. */
export const PACKAGES = {
  reference: join(ROOT, "node_modules/socket.io/dist/index.d.ts"),
  own: join(ROOT, "lib/index.ts"),
} as const;

export type PackageName = keyof typeof PACKAGES;

/** The options of a user's project: strict, and nothing more. */
const STRICT = {
  strict: true,
  target: "ESNext",
  module: "Preserve",
  moduleResolution: "bundler",
  lib: ["ESNext"],
  types: [join(ROOT, "node_modules/@types/bun")],
  allowImportingTsExtensions: true,
  skipLibCheck: false,
};

export interface Compilation {
  /** What the compiler printed: nothing, where all is well. */
  output: string;
  /** The folder of the declarations, where they were asked for; gone after `using`. */
  folder: string;
  [Symbol.dispose](): void;
}

/**
 * Compiles files.
 *
 * @param name what "socket.io" means
 * @param include the files, absolute, or patterns of them
 * @param options laid over those of a plain strict project; `declaration` writes declarations below
 * the folder `out` of the compilation's, under the absolute paths of their sources
 * @param sources files to write into the folder first, by name; they are compiled as well
 */
export async function compile(
  name: PackageName,
  include: string[],
  options: Record<string, unknown> = {},
  sources: Record<string, string> = {},
): Promise<Compilation> {
  const folder = mkdtempSync(join(tmpdir(), "bun-socket-io-types-"));
  const compilation = {
    output: "",
    folder,
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
  const emits =
    options.declaration === true
      ? { emitDeclarationOnly: true, rootDir: "/", outDir: join(folder, "out") }
      : { noEmit: true };
  const compilerOptions = {
    ...STRICT,
    ...emits,
    paths: {
      "socket.io": [PACKAGES[name]],
      "socket.io-adapter": [join(ROOT, "node_modules/socket.io-adapter/dist/index.d.ts")],
    },
    ...options,
  };
  const written = Object.keys(sources).map((file) => join(folder, file));
  await Promise.all([
    ...Object.entries(sources).map(([file, text]) => Bun.write(join(folder, file), text)),
    Bun.write(
      join(folder, "tsconfig.json"),
      JSON.stringify({ compilerOptions, include: [...include, ...written] }),
    ),
  ]);
  const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
  const argv = [process.execPath, tsc, "-p", folder, "--pretty", "false"];
  const child = Bun.spawn(argv, { cwd: folder, stdout: "pipe", stderr: "pipe" });
  const [out, err] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  compilation.output = out + err;
  return compilation;
}
