// Runs the compiler over programs written for "socket.io", once for each package of that name.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

export const ROOT = resolve(import.meta.dir, "../..");

/** The types that "socket.io" may mean. */
export const REFERENCE = join(ROOT, "node_modules/socket.io/dist/index.d.ts");
export const SOURCES = join(ROOT, "lib/index.ts");

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
 * @param types what "socket.io" means: the path of a module
 * @param include the files, absolute, or patterns of them
 * @param options laid over those of a plain strict project; `declaration` writes declarations below
 * the folder `out` of the compilation's, under the absolute paths of their sources
 * @param sources files to write into the folder first, by name; they are compiled as well
 * @param compiler the package of the compiler
 */
export async function compile(
  types: string,
  include: string[],
  options: Record<string, unknown> = {},
  sources: Record<string, string> = {},
  compiler: "typescript" | "typescript-5" = "typescript",
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
      "socket.io": [types],
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
  const tsc = join(ROOT, "node_modules", compiler, "bin/tsc");
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
