// Lists every public member, option, event, code and reason of the reference, with its state here,
// by reflection on both packages and by their declarations. Fails when something is missing.
//
//   bun scripts/surface.ts           prints what is not the same
//   bun scripts/surface.ts --all     prints all of it
//   bun scripts/surface.ts --write   writes docs/surface.md

import { resolve } from "node:path";
import { compareSurfaces } from "./surface/compare.ts";
import { staleDecisions } from "./surface/decisions.ts";
import { toMarkdown, toText } from "./surface/table.ts";

const ROOT = resolve(import.meta.dir, "..");
const args = process.argv.slice(2);

const rows = await compareSurfaces(ROOT);
const missing = rows.filter((row) => row.state === "missing");
const stale = staleDecisions(rows);

const shown = args.includes("--all") ? rows : rows.filter((row) => row.state !== "same");
if (shown.length > 0) console.log(toText(shown));
for (const name of stale) console.log(`scripts/surface/decisions.ts has no need of "${name}"`);
const same = rows.filter((row) => row.state === "same").length;
console.log(`${rows.length} rows: ${same} the same, ${missing.length} missing`);
if (args.includes("--write")) await Bun.write(`${ROOT}/docs/surface.md`, toMarkdown(rows));
process.exit(missing.length + stale.length > 0 ? 1 : 0);
