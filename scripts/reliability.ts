// Writes the page that says what attacks, limits and faults come to, from the tests that hold it.
//
//   bun scripts/reliability.ts           says whether docs/reliability.md is up to date
//   bun scripts/reliability.ts --write   writes it

import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { makePage, PAGE } from "./reliability/page.ts";

const ROOT = resolve(import.meta.dir, "..");
const { text, problems } = await makePage(ROOT);
for (const problem of problems) console.error(problem);
if (process.argv.includes("--write")) {
  await Bun.write(`${ROOT}/${PAGE}`, text);
} else if (readFileSync(`${ROOT}/${PAGE}`, "utf8") !== text) {
  problems.push(`${PAGE} is not up to date`);
  console.error(`${problems.at(-1)}: ./run reliability --write`);
}
process.exit(problems.length > 0 ? 1 : 0);
