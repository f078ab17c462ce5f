// Another revision of this repository as one of those who are measured.

import { cpSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Peer } from "./peers.ts";

const ROOT = join(import.meta.dir, "..");

/** A revision that was checked out beside this tree. */
export interface Checkout {
  peer: Peer;
  remove(): void;
}

/**
 * Checks a revision out, with the dependencies and the benchmark programs of this tree.
 *
 * @param revision what git takes for one
 * @throws where git knows no such revision
 */
export function checkOut(revision: string): Checkout {
  const parent = mkdtempSync(join(tmpdir(), "bench-"));
  const directory = join(parent, "tree");
  try {
    git("worktree", "add", "--detach", directory, revision);
  } catch (error) {
    rmSync(parent, { recursive: true, force: true });
    throw error;
  }
  symlinkSync(join(ROOT, "node_modules"), join(directory, "node_modules"));
  const servers = join(directory, "benchmarks/servers");
  cpSync(join(ROOT, "benchmarks/servers"), servers, { recursive: true });
  return {
    peer: {
      id: "revision",
      name: revision,
      command: [process.execPath, join(servers, "socketio.ts")],
      directory,
    },
    remove() {
      git("worktree", "remove", "--force", directory);
      rmSync(parent, { recursive: true, force: true });
    },
  };
}

/** The commit of a tree, with a + where files that git knows were changed; empty without git. */
export function revisionOf(directory: string): string {
  const ask = (...argv: string[]): string =>
    Bun.spawnSync(["git", "-C", directory, ...argv])
      .stdout.toString()
      .trim();
  const commit = ask("rev-parse", "--short=9", "HEAD");
  const changes = ask("status", "--porcelain", "--untracked-files=no", "--", "lib", "adapters");
  return changes === "" ? commit : `${commit}+`;
}

function git(...argv: string[]): void {
  const { success, stderr } = Bun.spawnSync(["git", "-C", ROOT, ...argv]);
  if (!success) throw new Error(`git ${argv[0]} failed: ${stderr.toString().trim()}`);
}
