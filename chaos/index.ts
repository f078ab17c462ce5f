// `bun run chaos [words] [--long] [--seconds n] [--rate n] [--client package] [--lanes n]
// [--only package] [--json file] [--markdown file]`: faults of Redis and of nodes, with this package
// and the reference side by side; README.md in this folder tells all.

import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { redisServerPath } from "../test/support/services.ts";
import { FAULTS } from "./faults/index.ts";
import { chooseCases, nameOf, runCases, stopAll } from "./plan.ts";
import { markdown, table } from "./report.ts";
import type { Package } from "./server/protocol.ts";
import { summarize } from "./words.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    long: { type: "boolean", default: false },
    seconds: { type: "string" },
    rate: { type: "string", default: "50" },
    client: { type: "string", default: "ioredis" },
    lanes: { type: "string" },
    only: { type: "string" },
    json: { type: "string" },
    markdown: { type: "string" },
    help: { type: "boolean", short: "h", default: false },
  },
});

const PACKAGES: readonly Package[] = ["socket.io", "bun-socket.io"];

if (values.help) {
  console.log(await Bun.file(`${import.meta.dir}/README.md`).text());
  process.exit(0);
}
redisServerPath(); // throws with what to do, where there is none
const cases = chooseCases(FAULTS, {
  words: positionals,
  long: values.long,
  packages: PACKAGES.filter((name) => values.only === undefined || values.only === name),
});
if (cases.length === 0) {
  console.error(`no case is named by "${positionals.join(" ")}"; the faults are:`);
  for (const { name } of FAULTS) console.error(`  ${name}`);
  process.exit(1);
}

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => void stopAll().finally(() => process.exit(130)));
}
const settings = {
  rate: Number(values.rate),
  seconds: values.seconds === undefined ? undefined : Number(values.seconds),
  client: values.client,
  quietMs: 3000,
  lanes: values.lanes === undefined ? undefined : Number(values.lanes),
};
const redisVersion = /v=(\S+)/.exec(
  Bun.spawnSync([redisServerPath(), "--version"]).stdout.toString(),
)?.[1];
const facts = `Redis ${redisVersion}, ${settings.client}, Bun ${Bun.version}, ${cpus().length} x ${cpus()[0]?.model}, ${settings.rate} broadcasts a second of each node.`;
console.log(`${cases.length} cases. ${facts}`);

const start = performance.now();
const seconds = () => ((performance.now() - start) / 1000).toFixed(0);
let done = 0;
const results = await runCases(cases, settings, (result) => {
  const mark = result.broken.length > 0 ? "FAILED" : "";
  const count = `[${++done}/${cases.length} ${seconds().padStart(3)} s]`;
  console.log(`${count} ${nameOf(result.case)}: ${summarize(result)} ${mark}`.trimEnd());
});
console.log(table(results));
if (values.json !== undefined) {
  const plain = results.map(({ case: { fault, mode, package: name }, ...rest }) => {
    return { fault: fault.name, mode, package: name, ...rest };
  });
  await Bun.write(values.json, `${JSON.stringify({ facts, results: plain }, null, 2)}\n`);
}
if (values.markdown !== undefined) await Bun.write(values.markdown, markdown(results, facts));
const failed = results.filter(({ broken }) => broken.length > 0);
console.log(
  failed.length === 0
    ? `\nall promises kept; ${cases.length} cases in ${seconds()} s`
    : `\n${failed.length} cases of this package break a promise; ${cases.length} in ${seconds()} s`,
);
process.exit(failed.length === 0 ? 0 : 1);
