// `bun run compat [words of a name] [--report <file>] [--repeat <n>] [--show]`: the same scenarios
// against the reference and this package; README.md in this folder tells all.

import { parseArgs } from "node:util";
import { runAgain } from "./again.ts";
import { findImplementations } from "./implementations.ts";
import { KnownDifferences } from "./known.ts";
import { KNOWN_DIFFERENCES } from "./known-differences.ts";
import { runAll } from "./lanes.ts";
import { prepareRedis } from "./redis.ts";
import { repeat } from "./repeat.ts";
import { findFacts, renderPage } from "./report/html.ts";
import { differences, legend, progressLine, table } from "./report/terminal.ts";
import { isFailure } from "./results.ts";
import { SCENARIOS } from "./scenarios/index.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    report: { type: "string", default: "artifacts/compat.html" },
    repeat: { type: "string" },
    show: { type: "boolean", default: false },
  },
});
const wanted = positionals.join(" ");
const named = SCENARIOS.filter(({ name }) => name.includes(wanted));
if (named.length === 0) {
  throw new Error(`no scenario is named like "${wanted}"`);
}
const names = new Set(SCENARIOS.map(({ name }) => name));
if (names.size < SCENARIOS.length) {
  throw new Error("two scenarios have the same name");
}

const start = performance.now();
const redis = await prepareRedis(named);
const chosen = redis.scenarios;
const implementations = await findImplementations();
console.log(`${chosen.length} scenarios, compared with ${implementations[0]?.id}`);
if (values.repeat !== undefined) {
  const unstable = await repeat(chosen, implementations, Number(values.repeat), console.log);
  await redis.stop();
  process.exit(unstable === 0 ? 0 : 1);
}

console.log(legend(implementations));
const known = new KnownDifferences(KNOWN_DIFFERENCES);
let done = 0;
const firstResults = await runAll(chosen, implementations, known, (result) => {
  console.log(progressLine(result, done++, chosen.length));
});
const again = await runAgain(chosen, implementations, known, firstResults, console.log);
const { results } = again;
if (values.show) {
  for (const { scenario, outcomes } of results) {
    console.log(`\n${scenario}, ${outcomes[0]?.id}`);
    for (const { title, lines } of outcomes[0]?.transcript?.sections ?? []) {
      console.log([`  ${title}`, ...lines.map((line) => `    ${line}`)].join("\n"));
    }
  }
}
console.log(`\n${table(implementations, results)}`);
const others = differences(results, ({ isOurs }) => !isOurs);
if (others !== "") {
  console.log(`\nOf the others, which do not fail the run:\n${others}`);
}
const expected = differences(results, ({ isOurs, verdict }) => isOurs && verdict === "known");
if (expected !== "") {
  console.log(`\nKnown differences of ours:\n${expected}`);
}
if (again.unsteady.length > 0) {
  const shown = differences(
    again.unsteady,
    ({ isOurs, verdict }) => isOurs && verdict === "differs",
  );
  console.log(`\nOf the moment, as they did not come again (make the scenario stable):\n${shown}`);
}
const failures = results.flatMap(({ outcomes }) => outcomes.filter(isFailure));
if (failures.length > 0) {
  console.log(`\nUNLISTED DIFFERENCES\n${differences(results, (it) => failures.includes(it))}`);
}
const stale = known.stale(chosen.length === SCENARIOS.length);
for (const entry of stale) {
  console.log(`known-differences.ts: ${entry}`);
}
await Bun.write(values.report, renderPage(implementations, results, stale, await findFacts()));
console.log(`\nthe report: ${values.report}`);
await redis.stop();
if (redis.notice !== null) {
  console.log(redis.notice);
}
const seconds = ((performance.now() - start) / 1000).toFixed(1);
const outcome =
  failures.length + stale.length === 0
    ? "no unlisted difference"
    : `${failures.length} unlisted differences, ${stale.length} entries that no longer apply`;
console.log(`${outcome}; ${results.length} scenarios in ${seconds} s`);
process.exit(failures.length + stale.length === 0 ? 0 : 1);
