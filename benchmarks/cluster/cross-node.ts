// What a broadcast from node to node costs: CPU of the node that emits, of the node that receives,
// and of Redis, for each message; and how long those take that a client sends. This package beside the
// reference, in one run.
//
// Every server and every Redis is a process of its own, fresh for each measurement; the order is
// turned round each round. One client is connected to each node, 64 bytes go along. What is printed
// is the median of the rounds, with the spread, and the ratio to the reference in the same mode.
// Linux only: CPU time, of all threads, is what its clocks say.

import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { startRedis } from "../../test/support/redis.ts";
import { BenchNode } from "./bench-node.ts";
import { cpuSecondsOf } from "./cpu-clock.ts";
import { isNamed, PEERS, type Peer } from "./peers.ts";
import { median, spread } from "../statistics.ts";

const BATCH = 100; // broadcasts in a turn of the event loop
const IN_FLIGHT = 5; // batches
const RELAYED = 100; // messages of a client in flight
const PER_SECOND = 2000;
const WARM_MESSAGES = 200_000;
/** Over streams, what is sent together is one entry only when no other node has been there for a while. */
const WARM_STREAMS_MS = 8_000;
const WARM_STEADY = 20_000; // what is sent one by one goes its own way
const PAYLOAD = "x".repeat(64);

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  args: process.argv.slice(3),
  options: {
    rounds: { type: "string", default: process.env.BENCH_ROUNDS ?? "3" },
    messages: { type: "string", default: process.env.BENCH_MESSAGES ?? "100000" },
    profile: { type: "string" },
    help: { type: "boolean", short: "h", default: false },
  },
});
const rounds = Number(flags.rounds);
const messages = Number(flags.messages);

/** us of CPU a message. */
interface Cost {
  emitting: number;
  receiving: number;
  redis: number;
  /** From one client to the other, in ms: of half of the messages at most, and of 99 of 100; NaN unless relayed. */
  half: number;
  most: number;
}

interface Scenario {
  name: string;
  /** How many messages. */
  count: number;
  /** Who has the node emit: itself, in batches; itself, at 2,000 a second; its client, per message. */
  by: "batch" | "rate" | "client";
  /** How many rooms that the receiving node does not hold get all but every 100th; 0: all get all. */
  rooms: number;
  /** Whether it says something of a single node. */
  isLocalToo: boolean;
}

const SCENARIOS: readonly Scenario[] = [
  {
    name: `relay: what a client sends is broadcast, ${RELAYED} in flight`,
    count: messages,
    by: "client",
    rooms: 0,
    isLocalToo: true,
  },
  {
    name: `burst: ${BATCH} in each turn, ${BATCH * IN_FLIGHT} in flight`,
    count: messages,
    by: "batch",
    rooms: 0,
    isLocalToo: true,
  },
  {
    name: "steady: 2,000 a second, each in a turn of its own",
    count: Math.ceil(messages / 10),
    by: "rate",
    rooms: 0,
    isLocalToo: true,
  },
  {
    name: "elsewhere: 99 of 100 to 1,000 rooms that the receiving node does not hold",
    count: messages,
    by: "batch",
    rooms: 1000,
    isLocalToo: false,
  },
];

/** Runs one scenario, once, with all processes fresh. */
async function measure(peer: Peer, scenario: Scenario): Promise<Cost> {
  const redis = await startRedis();
  const isLocal = peer.mode === "none";
  const emitting = await BenchNode.start(peer, redis.port, profileName("emitting"));
  const receiving = isLocal
    ? emitting
    : await BenchNode.start(peer, redis.port, profileName("receiving"));
  try {
    const drive = new Driver(emitting, scenario);
    await receiving.connect(() => drive.received());
    drive.client = await emitting.connect(() => {});
    await drive.subscribed();
    // A server runs for days: its code is compiled for good before anything is counted.
    if (scenario.by === "rate") await drive.run(WARM_MESSAGES, "batch");
    const warmUntil = performance.now() + (peer.mode === "streams" ? WARM_STREAMS_MS : 0);
    do {
      await drive.run(scenario.by === "rate" ? WARM_STEADY : WARM_MESSAGES);
    } while (performance.now() < warmUntil);
    await drive.run(Math.ceil(scenario.count / 20));
    const used = () => [emitting.cpuSeconds, receiving.cpuSeconds, cpuSecondsOf(redis.pid)];
    const before = used();
    const done = await drive.run(scenario.count);
    const [e = 0, r = 0, s = 0] = used().map((now, i) => ((now - (before[i] ?? 0)) * 1e6) / done);
    const ways = drive.ways.sort();
    const [half = Number.NaN, most = Number.NaN] = [0.5, 0.99].map((part) =>
      ways.at(Math.floor(part * ways.length)),
    );
    return { emitting: e, receiving: r, redis: s, half, most };
  } finally {
    await emitting.stop();
    if (!isLocal) await receiving.stop();
    await redis.stop();
  }
}

/** Lets a node emit, and counts what arrives at the client of the other. */
class Driver {
  readonly #node: BenchNode;
  readonly #scenario: Scenario;
  #received = 0;
  #onReceived: () => void = () => {};
  /** The client of the emitting node. */
  client: WebSocket | null = null;
  /** How long each of the last messages took that were relayed, in ms. */
  ways = new Float64Array();

  constructor(node: BenchNode, scenario: Scenario) {
    this.#node = node;
    this.#scenario = scenario;
  }

  received(): void {
    this.#received++;
    this.#onReceived();
  }

  /** Resolves when the nodes hear each other. */
  async subscribed(): Promise<void> {
    while (this.#received === 0) {
      this.#node.command({ do: "batch", count: 1, rooms: 0, payload: PAYLOAD });
      await Bun.sleep(50);
    }
    await Bun.sleep(100); // what is still in flight must not count
  }

  /** Resolves when that many have arrived, or a few more: how many were made. */
  run(count: number, by = this.#scenario.by): Promise<number> {
    const { rooms } = this.#scenario;
    this.#received = 0;
    if (by === "client") return this.#relay(count);
    if (by === "rate") {
      this.#node.command({ do: "steady", perSecond: PER_SECOND, payload: PAYLOAD });
      return new Promise((resolve) => {
        this.#onReceived = () => {
          if (this.#received !== count) return;
          this.#node.command({ do: "hold" });
          resolve(count);
        };
      });
    }
    const batches = Math.ceil(count / BATCH);
    const each = rooms > 0 ? 1 : BATCH; // of a batch, arrive
    let made = 0;
    const batch = (): void => {
      made++;
      this.#node.command({ do: "batch", count: BATCH, rooms, payload: PAYLOAD });
    };
    return new Promise((resolve) => {
      this.#onReceived = () => {
        if (this.#received === batches * each) resolve(batches * BATCH);
        else if (this.#received % each === 0 && made < batches) batch();
      };
      for (let i = 0; i < IN_FLIGHT; i++) batch();
    });
  }

  #relay(count: number): Promise<number> {
    const packet = `42["relay","${PAYLOAD}"]`;
    const ways = new Float64Array(count); // at first, when they were sent: they arrive in that order
    this.ways = ways;
    let sent = 0;
    const send = (): void => {
      ways[sent++] = performance.now();
      this.client?.send(packet);
    };
    return new Promise((resolve) => {
      this.#onReceived = () => {
        const last = this.#received - 1;
        ways[last] = performance.now() - (ways[last] ?? 0);
        if (this.#received === count) resolve(count);
        else if (this.#received <= count - RELAYED) send();
      };
      for (let i = 0; i < RELAYED; i++) send();
    });
  }
}

function profileName(node: string): string | undefined {
  return flags.profile === undefined ? undefined : `${flags.profile}-${node}.cpuprofile`;
}

function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`);
}

function print(scenario: Scenario, results: Map<Peer, Cost[]>): void {
  console.log(`\n${scenario.name}: us of CPU a message`);
  const roles = ["emitting", "receiving", "redis"] as const;
  const of = (peer: Peer, role: keyof Cost) => (results.get(peer) ?? []).map((cost) => cost[role]);
  for (const peer of results.keys()) {
    const isLocal = peer.mode === "none";
    const cells = (isLocal ? roles.slice(0, 1) : roles).map((role) => {
      const values = of(peer, role);
      return `${role} ${median(values).toFixed(2).padStart(6)} ${spread(values).padEnd(16)}`;
    });
    const other = [...results.keys()].find(({ name }) => name === peer.against);
    const ratios = (isLocal ? roles.slice(0, 1) : roles).map((role) =>
      other ? (median(of(peer, role)) / median(of(other, role))).toFixed(2) : "",
    );
    const ratio = other ? `${ratios.join(" / ")} of ${other.name}` : "";
    const [half, most] = [median(of(peer, "half")), median(of(peer, "most"))];
    const way =
      half >= 0 ? `on its way ${half.toFixed(2)} ms, 99 of 100 ${most.toFixed(2)} ms` : "";
    console.log(`  ${peer.name.padEnd(34)} ${cells.join(" ")} ${way} ${ratio}`.trimEnd());
  }
}

const USAGE = `Usage: bun run bench cross-node [scenario ...] [peer ...] [options]

Scenarios, all by default:
${SCENARIOS.map(({ name }) => `  ${name}`).join("\n")}

Peers, all by default: those whose name has each of the words in it (classic, sharded, streams, bundle,
pipelining; bun-socket.io, socket.io).

Options:
  --rounds N     how often each is measured (3); the median is told
  --messages N   how many messages (100000)
  --profile P    writes a CPU profile of each node to P-<node>.cpuprofile`;
const SCENARIO_WORDS = SCENARIOS.map(({ name }) => name.split(":")[0] ?? "");
const scenarios = SCENARIO_WORDS.filter((word) => positionals.includes(word));
const words = positionals.filter((word) => !SCENARIO_WORDS.includes(word));
const peers = PEERS.filter((peer) => words.every((word) => isNamed(peer, word)));
const unknown = words.filter((word) => !PEERS.some((peer) => isNamed(peer, word)));
if (flags.help) {
  console.log(USAGE);
  process.exit(0);
}
if (unknown.length > 0 || peers.length === 0) {
  console.error(`there is no scenario or peer ${words.join(" ")}\n\n${USAGE}`);
  process.exit(2);
}
console.log(`${cpus().length} x ${cpus()[0]?.model}, Bun ${Bun.version}, ${rounds} rounds`);
for (const scenario of SCENARIOS) {
  if (scenarios.length > 0 && !scenarios.some((word) => scenario.name.startsWith(word))) continue;
  const chosen = peers.filter(({ mode }) => scenario.isLocalToo || mode !== "none");
  const results = new Map<Peer, Cost[]>(chosen.map((peer) => [peer, []]));
  for (let round = 0; round < rounds; round++) {
    for (const peer of round % 2 === 0 ? chosen : chosen.toReversed()) {
      progress(`${scenario.name}: round ${round + 1}/${rounds}, ${peer.name}`);
      results.get(peer)?.push(await measure(peer, scenario));
    }
  }
  progress("");
  print(scenario, results);
}
