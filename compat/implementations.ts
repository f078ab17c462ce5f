// The servers that are compared, and how to start the process of each.

import { unlinkSync } from "node:fs";

/** The names of the implementations, in the order of the table. */
export const IMPLEMENTATION_IDS = [
  "socket.io on Node",
  "socket.io on Bun",
  "bun-engine",
  "ours on Bun.serve",
  "ours on node:http",
] as const;

export type ImplementationId = (typeof IMPLEMENTATION_IDS)[number];

export interface Implementation {
  id: ImplementationId;
  /** Starts the server's process. */
  command: readonly string[];
  /** Whether it is this package: a difference fails the run. */
  isOurs: boolean;
}

const ENTRY = `${import.meta.dir}/server.ts`;

/** The implementations that can run on this machine; the first is the yardstick. */
export async function findImplementations(): Promise<Implementation[]> {
  const node = Bun.which("node");
  const bundle = node === null ? null : await bundleForNode();
  return IMPLEMENTATION_IDS.flatMap((id): Implementation[] => {
    const isOurs = id.startsWith("ours");
    if (id !== "socket.io on Node") {
      return [{ id, isOurs, command: [process.execPath, ENTRY, id] }];
    }
    return node === null || bundle === null ? [] : [{ id, isOurs, command: [node, bundle, id] }];
  });
}

/** One file of JavaScript for Node, below node_modules so that it finds the packages. */
async function bundleForNode(): Promise<string> {
  const built = await Bun.build({
    entrypoints: [ENTRY],
    target: "node",
    packages: "external",
    outdir: `${import.meta.dir}/../node_modules/.compat`,
    naming: `server-${process.pid}.mjs`,
  });
  const path = built.outputs[0]?.path;
  if (path === undefined) {
    throw new Error("the scenarios could not be bundled for Node");
  }
  process.once("exit", () => unlinkSync(path));
  return path;
}
