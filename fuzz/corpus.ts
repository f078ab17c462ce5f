// The inputs that showed something new, kept from run to run.

import { existsSync, readFileSync } from "node:fs";

const FOLDER = `${import.meta.dir}/corpus`;
const MOST = 100;
const LONGEST_BYTES = 300;

function pathOf(target: string): string {
  return `${FOLDER}/${target.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-")}.json`;
}

/** The inputs of a target that are kept. */
export function readCorpus(target: string): Buffer[] {
  const path = pathOf(target);
  const list: string[] = existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : [];
  return list.map((each) => Buffer.from(each, "base64"));
}

/** Keeps the short inputs of a target, up to so many. */
export async function writeCorpus(target: string, inputs: readonly Buffer[]): Promise<void> {
  const list = inputs
    .filter(({ length }) => length <= LONGEST_BYTES)
    .slice(0, MOST)
    .map((each) => each.toString("base64"));
  await Bun.write(pathOf(target), `${JSON.stringify(list, null, 2)}\n`);
}
