// Projects of users, outside of this tree, with the package in them as it would be published.

import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";

export const ROOT = resolve(import.meta.dir, "../..");

/** What the package is built from. */
const SOURCES = ["lib", "adapters", "docs", "scripts", "package.json", "tsconfig.json"];
const TEXTS = ["README.md", "CHANGELOG.md", "LICENSE"];

/** Runs a command and answers what it printed; fails with that if it failed. */
export async function run(cwd: string, ...argv: string[]): Promise<string> {
  const child = Bun.spawn(argv, { cwd, stdin: "ignore", stdout: "pipe", stderr: "pipe" });
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

/** The packages named, and all that they depend on, of those in this tree. */
async function closure(names: Iterable<string>): Promise<Set<string>> {
  const found = new Set<string>();
  const add = async (name: string): Promise<void> => {
    const manifest = Bun.file(join(ROOT, "node_modules", name, "package.json"));
    // What is not there lies below the package that needs it, and comes along with that.
    if (!found.has(name) && (await manifest.exists())) {
      found.add(name);
      const { dependencies = {} }: { dependencies?: object } = await manifest.json();
      await Promise.all(Object.keys(dependencies).map(add));
    }
  };
  await Promise.all([...names].map(add));
  return found;
}

/** Packs the package and answers the tarball. In a copy, so that this tree is left as it is. */
export async function pack(directory: string): Promise<string> {
  const copy = join(directory, "tree");
  for (const name of [...SOURCES, ...TEXTS]) {
    cpSync(join(ROOT, name), join(copy, name), { recursive: true });
  }
  symlinkSync(join(ROOT, "node_modules"), join(copy, "node_modules"));
  await run(copy, process.execPath, "pm", "pack", "--quiet", "--destination", directory);
  const tarball = readdirSync(directory).find((name) => name.endsWith(".tgz"));
  if (tarball === undefined) {
    throw new Error("bun pm pack left no tarball");
  }
  rmSync(copy, { recursive: true });
  return join(directory, tarball);
}

export class Project {
  readonly directory: string;

  private constructor(directory: string) {
    this.directory = directory;
  }

  /**
   * Makes a project where nothing of this tree is at hand but what is named.
   *
   * @param install the names that the package is installed under, as by `"<name>": "file:...tgz"`
   * @param packages other packages of this tree that the project has
   * @param how "links" to them are quick to make and to remove; but compilers follow links, and find
   * more of this tree there, so those need "copies", of what these packages depend on as well
   */
  static async make(
    install: readonly string[],
    packages: readonly string[] = [],
    how: "copies" | "links" = "links",
  ): Promise<Project> {
    const directory = mkdtempSync(join(tmpdir(), "bun-socket-io-project-"));
    const modules = join(directory, "node_modules");
    const wanted = new Set(packages);
    if (install.length > 0) {
      const tarball = await pack(directory);
      for (const name of install) {
        const target = join(modules, name);
        mkdirSync(target, { recursive: true });
        await run(directory, "tar", "-xzf", tarball, "--strip-components=1", "-C", target);
        const { dependencies } = await Bun.file(join(target, "package.json")).json();
        for (const dependency of Object.keys(dependencies)) wanted.add(dependency);
      }
    }
    for (const name of how === "copies" ? await closure(wanted) : wanted) {
      if (install.includes(name)) continue;
      const [from, to] = [join(ROOT, "node_modules", name), join(modules, name)];
      mkdirSync(dirname(to), { recursive: true });
      if (how === "copies") cpSync(from, to, { recursive: true });
      else symlinkSync(from, to, "junction");
    }
    return new Project(directory);
  }

  path(...names: string[]): string {
    return join(this.directory, ...names);
  }

  /** Copies a file or a directory into the project. */
  copy(from: string, to: string): void {
    cpSync(from, this.path(to), { recursive: true });
  }

  async write(name: string, text: string): Promise<void> {
    await Bun.write(this.path(name), text);
  }

  /** Runs a program of the project with Bun and answers what it printed. */
  bun(...argv: string[]): Promise<string> {
    return run(this.directory, process.execPath, ...argv);
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}
