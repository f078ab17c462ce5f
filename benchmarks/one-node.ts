// What a message, a connection, a client costs a server, this package beside its
// peers, in one run.
//
// Every measurement is a fresh server on one core and a fresh load on another; the order is turned
// round each round. What is printed is the median of the rounds with the lowest and the highest, and
// the ratio of this package's median to the others'. Linux only: CPU time is read from /proc.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type Checkout, checkOut, revisionOf } from "./compare.ts";
import { endProcesses, type Measurement, measure } from "./measure.ts";
import { findPeers, ON_DEMAND, OURS, type Peer } from "./peers.ts";
import { plotCosts, plotLatency } from "./plot.ts";
import { PUBLISHED, publish } from "./report.ts";
import {
  collect,
  describe,
  type Environment,
  latencyOf,
  machine,
  merge,
  type Results,
  type ScenarioResult,
  stringify,
} from "./results.ts";
import { SCENARIOS, type Scenario } from "./scenarios.ts";
import { describeVerdicts, judge } from "./targets.ts";

const ROOT = join(import.meta.dir, "..");

const USAGE = `Usage: bun run bench [scenario ...] [options]

Scenarios: ${SCENARIOS.map(({ id }) => id).join(", ")}
(a word chooses the one of that name, or else those that begin with it; none: all)

  --rounds N       how often each is measured (default 3)
  --peers a,b      only these: ours, ours-node-http, bun, node, bun-engine, raw; and, not measured
                   else: ours-metrics, ours-metrics-in (with metrics; of what comes in alone)
  --compare REV    this tree beside another revision of it, and nobody else
  --add            adds rounds to those of the same scenarios in results.json
  --publish        writes the results to ${PUBLISHED}, and what README.md and docs/performance.md
                   show of them
  --quick          a tenth of the messages, one round: to see that it runs
  --out DIR        where results.json and the pictures go (default artifacts/bench); scenarios that
                   are there already, of the same machine and versions, stay

bun run bench report writes README.md and docs/performance.md from ${PUBLISHED} anew.
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: "string" },
    peers: { type: "string" },
    compare: { type: "string" },
    out: { type: "string" },
    add: { type: "boolean", default: false },
    publish: { type: "boolean", default: false },
    quick: { type: "boolean", default: false },
    help: { type: "boolean", short: "h", default: false },
  },
});
if (values.help) {
  console.log(USAGE);
  process.exit(0);
}

function fail(message: string): never {
  console.error(`${message}\n\n${USAGE}`);
  process.exit(2);
}

function choose(): Scenario[] {
  if (positionals.length === 0) return [...SCENARIOS];
  const words = positionals.flatMap((word) => {
    const exact = SCENARIOS.filter(({ id }) => id === word);
    const found = exact.length > 0 ? exact : SCENARIOS.filter(({ id }) => id.startsWith(word));
    if (found.length === 0) fail(`there is no scenario ${word}`);
    return found;
  });
  return SCENARIOS.filter((scenario) => words.includes(scenario));
}

const chosen = choose();
if (values.publish && (values.compare || values.quick || values.peers)) {
  fail("--publish is for whole runs: without --compare, --quick and --peers");
}
const rounds = Number(values.rounds ?? (values.quick ? 1 : 3));
if (!Number.isInteger(rounds) || rounds < 1) fail(`--rounds takes a number, got ${values.rounds}`);
const scenarios = values.quick ? chosen.map(shorten) : chosen;
let checkout: Checkout | undefined;

function shorten(scenario: Scenario): Scenario {
  const { load, count, warmUp } = scenario;
  if (load.kind === "idle") return scenario;
  return {
    ...scenario,
    count: Math.ceil(count / 10),
    ...(warmUp === undefined ? {} : { warmUp: Math.ceil(warmUp / 10) }),
  };
}

async function choosePeers(): Promise<Peer[]> {
  if (values.compare !== undefined) {
    checkout = checkOut(values.compare);
    return [{ ...OURS, name: "this tree" }, checkout.peer];
  }
  const all = await findPeers();
  const wanted = values.peers?.split(",") ?? all.map(({ id }) => id);
  const known = [...all, ...ON_DEMAND];
  const unknown = wanted.find((word) => known.every(({ id }) => id !== word));
  if (unknown !== undefined) fail(`there is no server ${unknown} to measure`);
  return known.filter(({ id }) => wanted.includes(id));
}

/** Measures scenarios one by one, each of its servers in turn. */
async function measureAll(
  peers: readonly Peer[],
  onResult: (result: ScenarioResult) => Promise<void>,
): Promise<void> {
  const total = scenarios.length * rounds * peers.length;
  const revision = revisionOf(ROOT);
  const start = performance.now();
  let done = 0;
  for (const scenario of scenarios) {
    const measured = new Map<Peer, Measurement[]>(peers.map((peer) => [peer, []]));
    for (let round = 0; round < rounds; round++) {
      for (const peer of round % 2 === 0 ? peers : peers.toReversed()) {
        const left = done === 0 ? 0 : ((performance.now() - start) / done) * (total - done);
        const eta = done === 0 ? "" : `, about ${Math.ceil(left / 60_000)} min left`;
        progress(
          `${scenario.id}: round ${round + 1}/${rounds}, ${peer.name} (${done + 1}/${total}${eta})`,
        );
        measured.get(peer)?.push(await measure(peer, scenario));
        done++;
      }
    }
    progress("");
    const result = collect(scenario, measured, revision);
    console.log(describe(result));
    await onResult(result);
  }
}

function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`);
}

function versions(): Record<string, string> {
  const node = Bun.spawnSync(["sh", "-c", "node --version"]).stdout.toString().trim();
  const packageVersion = (name: string): string =>
    require(`${ROOT}/node_modules/${name}/package.json`).version;
  return {
    Bun: Bun.version,
    ...(node === "" ? {} : { "Node.js": node.slice(1) }),
    "socket.io": packageVersion("socket.io"),
    "@socket.io/bun-engine": packageVersion("@socket.io/bun-engine"),
  };
}

async function write(directory: string, file: string, results: Results): Promise<void> {
  await Bun.write(file, stringify(results));
  if (values.publish) return;
  await Bun.write(
    join(directory, "costs.svg"),
    plotCosts(
      results,
      results.scenarios.map(({ id }) => id),
    ),
  );
  if (results.scenarios.some(({ rows }) => rows.some((row) => latencyOf(row) !== null))) {
    await Bun.write(join(directory, "latency.svg"), plotLatency(results));
  }
}

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    endProcesses();
    checkout?.remove();
    process.exit(1);
  });
}

try {
  const peers = await choosePeers();
  const environment: Environment = { machine: machine(), versions: versions() };
  const named = Object.entries(environment.versions).map(([name, version]) => `${name} ${version}`);
  console.log([environment.machine, ...named, `${rounds} rounds`].join(", "));
  const directory = values.out ?? join(ROOT, "artifacts", values.compare ? "compare" : "bench");
  const file = values.publish ? join(ROOT, PUBLISHED) : join(directory, "results.json");
  mkdirSync(directory, { recursive: true });
  let results: Results | null = (await Bun.file(file).exists())
    ? await Bun.file(file).json()
    : null;
  const order = SCENARIOS.map(({ id }) => id);
  // Written after each: what was measured is not lost where the run ends early.
  await measureAll(peers, async (result) => {
    results = merge(results, environment, result, { adds: values.add, order });
    await write(directory, file, results);
  });
  if (results !== null && values.compare === undefined) {
    console.log(describeVerdicts(judge(results)));
  }
  console.log(`\nwritten: ${file}`);
  if (values.publish) await publish();
} finally {
  checkout?.remove();
}
