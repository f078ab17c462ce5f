// What a message, a connection, a client costs a server, this package beside its
// peers, in one run.
//
// Every measurement is a fresh server on one core and a fresh load on another; the order is turned
// round each round. What is printed is the median of the rounds with the lowest and the highest, and
// the ratio of this package's median to the others'. Linux only: CPU time is read from /proc.

import { mkdirSync } from "node:fs";
import { parseArgs } from "node:util";
import { type Checkout, checkOut } from "./compare.ts";
import { type Measurement, measure } from "./measure.ts";
import { findPeers, OURS, type Peer } from "./peers.ts";
import { plot } from "./plot.ts";
import { describe, machine, type Results, type ScenarioResult, summarize } from "./results.ts";
import { SCENARIOS, type Scenario } from "./scenarios.ts";

const USAGE = `Usage: bun run bench [scenario ...] [options]

Scenarios: ${SCENARIOS.map(({ id }) => id).join(", ")}
(a word chooses those that begin with it; none: all)

  --rounds N       how often each is measured (default 5)
  --peers a,b      only these: ours, ours-node-http, bun, node, bun-engine, raw
  --compare REV    this tree beside another revision of it, and nobody else
  --quick          a third of the messages, one round: to see that it runs
  --out DIR        where results.json and results.svg go (default artifacts/bench)
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: "string" },
    peers: { type: "string" },
    compare: { type: "string" },
    out: { type: "string", default: `${import.meta.dir}/../artifacts/bench` },
    quick: { type: "boolean", default: false },
    help: { type: "boolean", short: "h", default: false },
  },
});
if (values.help) {
  console.log(USAGE);
  process.exit(0);
}

const chosen = SCENARIOS.filter(
  ({ id }) => positionals.length === 0 || positionals.some((word) => id.startsWith(word)),
);
if (chosen.length === 0) {
  console.error(`there is no scenario ${positionals.join(" or ")}\n\n${USAGE}`);
  process.exit(2);
}
const rounds = Number(values.rounds ?? (values.quick ? 1 : 5));
const scenarios = values.quick ? chosen.map(shorten) : chosen;
let checkout: Checkout | undefined;

function shorten(scenario: Scenario): Scenario {
  const isFixed = scenario.load.kind === "idle";
  return isFixed ? scenario : { ...scenario, count: Math.ceil(scenario.count / 3) };
}

async function choosePeers(): Promise<Peer[]> {
  if (values.compare !== undefined) {
    checkout = checkOut(values.compare);
    return [{ ...OURS, name: "this tree" }, checkout.peer];
  }
  const wanted = values.peers?.split(",");
  const all = await findPeers();
  return wanted === undefined ? all : all.filter(({ id }) => wanted.includes(id));
}

async function measureAll(peers: readonly Peer[]): Promise<ScenarioResult[]> {
  const results: ScenarioResult[] = [];
  const total = scenarios.reduce(
    (sum, scenario) => sum + rounds * peers.filter((peer) => peer.does?.(scenario) ?? true).length,
    0,
  );
  const start = performance.now();
  let done = 0;
  for (const scenario of scenarios) {
    const able = peers.filter((peer) => peer.does?.(scenario) ?? true);
    const measured = new Map<Peer, Measurement[]>(able.map((peer) => [peer, []]));
    for (let round = 0; round < rounds; round++) {
      for (const peer of round % 2 === 0 ? able : able.toReversed()) {
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
    const result = summarize(scenario, measured);
    results.push(result);
    console.log(describe(result));
  }
  return results;
}

function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`);
}

function versions(): Record<string, string> {
  const node = Bun.spawnSync(["sh", "-c", "node --version"]).stdout.toString().trim();
  const packageVersion = (name: string): string =>
    require(`${import.meta.dir}/../node_modules/${name}/package.json`).version;
  return {
    Bun: Bun.version,
    ...(node === "" ? {} : { "Node.js": node.slice(1) }),
    "socket.io": packageVersion("socket.io"),
    "@socket.io/bun-engine": packageVersion("@socket.io/bun-engine"),
  };
}

try {
  const peers = await choosePeers();
  const known = versions();
  console.log(
    [
      machine(),
      ...Object.entries(known).map(([name, version]) => `${name} ${version}`),
      `${rounds} rounds`,
    ].join(", "),
  );
  const results: Results = {
    machine: machine(),
    versions: known,
    rounds,
    date: new Date().toISOString(),
    scenarios: await measureAll(peers),
  };
  mkdirSync(values.out, { recursive: true });
  await Bun.write(`${values.out}/results.json`, `${JSON.stringify(results, null, 2)}\n`);
  await Bun.write(`${values.out}/results.svg`, plot(results));
  console.log(`\nwritten: ${values.out}/results.json and results.svg`);
} finally {
  checkout?.remove();
}
