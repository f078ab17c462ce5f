// Copies an example to a directory of its own and installs what it asks for, this package from a
// tarball. Its bun.lock pins all but this package, which changes from one run to the next.

import { copyFileSync, cpSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { pack, ROOT, run } from "./project.ts";

const NAME = "bun-socket.io";

/** The directory of the examples. */
export const EXAMPLES = join(ROOT, "examples");

/** What is used of a package.json. */
export interface Manifest {
  type?: "module";
  scripts?: { start: string };
  dependencies: Record<string, string>;
  overrides?: Record<string, string>;
}

/** An example that is installed. */
export interface InstalledProject {
  directory: string;
  /** The file that `bun start` runs. */
  entry: string;
  /** What the compiler has to say; empty when all is well. */
  typeErrors(): Promise<string>;
  remove(): void;
}

interface Tarball {
  name: string;
  bytes: ArrayBuffer;
}

let packing: Promise<Tarball> | null = null;

/** The package as it would be published, made once. */
function packOnce(): Promise<Tarball> {
  packing ??= (async () => {
    const directory = mkdtempSync(join(tmpdir(), `${NAME}-tarball-`));
    try {
      const path = await pack(directory);
      return { name: basename(path), bytes: await Bun.file(path).arrayBuffer() };
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  })();
  return packing;
}

/** Copies an example; answers the new directory. */
function copyExample(name: string): string {
  const directory = mkdtempSync(join(tmpdir(), `${NAME}-${name}-`));
  const filter = (path: string) => basename(path) !== "node_modules";
  cpSync(join(EXAMPLES, name), directory, { recursive: true, filter });
  return directory;
}

function isThisPackage([key, version]: readonly [string, string]): boolean {
  return key === NAME || version.startsWith(`npm:${NAME}`);
}

/**
 * Installs a copy of `examples/<name>`.
 *
 * @param name of the directory below examples/
 */
export async function installExample(name: string): Promise<InstalledProject> {
  const directory = copyExample(name);
  return install(directory, await Bun.file(join(directory, "package.json")).json());
}

/**
 * Installs a project that is nothing but its dependencies.
 *
 * @param manifest what its package.json says
 * @param tsconfig the example whose tsconfig.json it has
 */
export async function installManifest(
  manifest: Manifest,
  tsconfig: string,
): Promise<InstalledProject> {
  const directory = mkdtempSync(join(tmpdir(), `${NAME}-project-`));
  copyFileSync(join(EXAMPLES, tsconfig, "tsconfig.json"), join(directory, "tsconfig.json"));
  return install(directory, manifest);
}

// In the place of this package: what the variable EXAMPLES_WITH says, as package.json would
// (`npm:socket.io@4.8.3` is the reference), or else a tarball of this tree.
async function install(directory: string, manifest: Manifest): Promise<InstalledProject> {
  const version = process.env.EXAMPLES_WITH || (await copyTarball(directory));
  for (const dependency of Object.entries(manifest.dependencies).filter(isThisPackage)) {
    manifest.dependencies[dependency[0]] = version;
  }
  await Bun.write(join(directory, "package.json"), JSON.stringify(manifest));
  await run(directory, process.execPath, "install");

  return {
    directory,
    entry: (manifest.scripts?.start ?? "").replace(/^bun /, ""),
    async typeErrors() {
      const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
      return run(directory, process.execPath, tsc, "-p", directory).catch(String);
    },
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}

async function copyTarball(directory: string): Promise<string> {
  const { name, bytes } = await packOnce();
  await Bun.write(join(directory, name), bytes);
  return `file:./${name}`;
}

/**
 * Writes `examples/<name>/bun.lock` anew where its package.json asks for something else by now.
 *
 * @returns whether the example has one: not if it needs this package alone
 */
export async function lockExample(name: string): Promise<boolean> {
  const directory = copyExample(name);
  const path = join(directory, "package.json");
  const { overrides: _, ...manifest }: Manifest = await Bun.file(path).json();
  const dependencies = Object.entries(manifest.dependencies).filter(
    (dependency) => !isThisPackage(dependency),
  );
  await Bun.write(
    path,
    JSON.stringify({ ...manifest, dependencies: Object.fromEntries(dependencies) }),
  );
  await run(directory, process.execPath, "install", "--lockfile-only");
  const lock = join(directory, "bun.lock");
  const locked = existsSync(lock);
  if (locked) copyFileSync(lock, join(EXAMPLES, name, "bun.lock"));
  rmSync(directory, { recursive: true, force: true });
  return locked;
}
