// Server CPU per message, this package beside its peers, in one run.
//
// Every server runs in a process of its own and is loaded over WebSocket from this one; the order
// is turned round each round. What is printed is the median of the rounds, with the spread, and
// the ratio of the medians to this package's. Linux only: CPU time is read from /proc.

import { readFileSync } from "node:fs";
import { cpus } from "node:os";

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 5);
const MESSAGES = Number(process.env.BENCH_MESSAGES ?? 100_000);
const CLOCK_TICKS_PER_SECOND = 100; // sysconf(_SC_CLK_TCK) on Linux
const PAYLOAD = "x".repeat(64);

interface Peer {
  name: string;
  command: string[];
  env?: Record<string, string>;
}

const bun = process.execPath;
const script = `${import.meta.dir}/servers/socketio.ts`;
const bundle = await bundleForNode();
const PEERS: readonly Peer[] = [
  { name: "bun-socket.io", command: [bun, script] },
  {
    name: "socket.io on Bun",
    command: [bun, script],
    env: { BENCH_SERVER: "socket.io" },
  },
  ...(Bun.which("node") && bundle
    ? [
        {
          name: "socket.io on Node",
          command: ["node", bundle],
          env: { BENCH_SERVER: "socket.io" },
        },
      ]
    : []),
  { name: "raw Bun WebSocket", command: [bun, `${import.meta.dir}/servers/raw.ts`] },
];

interface Scenario {
  name: string;
  clients: number;
  /** What a client sends for each message it gets back. */
  packet: string;
  /** How many clients start a message; each that comes back starts the next. */
  senders: number;
  /** What is counted. */
  unit: string;
}

const SCENARIOS: readonly Scenario[] = [
  {
    name: "echo, 100 connections, 1 in flight each",
    clients: 100,
    senders: 100,
    packet: `42["echo","${PAYLOAD}"]`,
    unit: "message",
  },
  {
    name: "io.emit to 200 connections, 1 in flight",
    clients: 200,
    senders: 1,
    packet: `42["all","${PAYLOAD}"]`,
    unit: "delivered frame",
  },
];

/** Node runs no TypeScript of this age: the reference's program is bundled for it. */
async function bundleForNode(): Promise<string | null> {
  const built = await Bun.build({
    entrypoints: [script],
    target: "node",
    external: ["bun-socket.io", "socket.io"],
    outdir: `${import.meta.dir}/../node_modules/.bench`,
    naming: "[name].mjs",
  });
  return built.outputs[0]?.path ?? null;
}

function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) / CLOCK_TICKS_PER_SECOND;
}

/** Drives a server until so many frames have arrived. Every client joins the namespace first. */
async function load(port: number, scenario: Scenario, pid: number): Promise<number> {
  const sockets: WebSocket[] = [];
  let joined = 0;
  let frames = 0;
  let target = Number.POSITIVE_INFINITY;
  let onJoined = (): void => {};
  let onDone = (): void => {};
  for (let index = 0; index < scenario.clients; index++) {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket`);
    const isSender = index < scenario.senders;
    socket.onmessage = ({ data }: MessageEvent<string>) => {
      if (data.startsWith("42")) {
        frames++;
        if (frames === target) {
          onDone();
        } else if (isSender && frames < target) {
          socket.send(scenario.packet);
        }
      } else if (data.startsWith("0")) {
        socket.send("40");
      } else if (data.startsWith("40") && ++joined === scenario.clients) {
        onJoined();
      }
    };
    sockets.push(socket);
  }
  await new Promise<void>((resolve) => {
    onJoined = resolve;
  });
  const run = (count: number): Promise<void> => {
    frames = 0;
    target = count;
    return new Promise((resolve) => {
      onDone = resolve;
      for (const socket of sockets.slice(0, scenario.senders)) {
        socket.send(scenario.packet);
      }
    });
  };
  await run(Math.ceil(MESSAGES / 5)); // warm
  await Bun.sleep(50); // what is still in flight must not count
  const before = cpuSeconds(pid);
  await run(MESSAGES);
  const spent = cpuSeconds(pid) - before;
  for (const socket of sockets) {
    socket.close();
  }
  return (spent * 1e6) / MESSAGES;
}

async function measure(peer: Peer, scenario: Scenario): Promise<number> {
  const child = Bun.spawn(peer.command, {
    cwd: `${import.meta.dir}/..`,
    env: { ...process.env, ...peer.env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    const { value } = await child.stdout.getReader().read();
    const port = Number(/port (\d+)/.exec(new TextDecoder().decode(value))?.[1]);
    return await load(port, scenario, child.pid);
  } finally {
    child.kill();
    await child.exited;
  }
}

function progress(text: string): void {
  if (process.stderr.isTTY) {
    process.stderr.write(`\r\u001b[K${text}`);
  }
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

console.log(`${cpus().length} x ${cpus()[0]?.model}, Bun ${Bun.version}, ${ROUNDS} rounds`);
for (const scenario of SCENARIOS) {
  const results = new Map<string, number[]>(PEERS.map(({ name }) => [name, []]));
  for (let round = 0; round < ROUNDS; round++) {
    const order = round % 2 === 0 ? PEERS : PEERS.toReversed();
    for (const peer of order) {
      progress(`${scenario.name}: round ${round + 1}/${ROUNDS}, ${peer.name}`);
      results.get(peer.name)?.push(await measure(peer, scenario));
    }
  }
  progress("");
  const own = median(results.get("bun-socket.io") ?? []);
  console.log(`\n${scenario.name}: us of server CPU a ${scenario.unit}`);
  for (const [name, values] of results) {
    const spread = `${Math.min(...values).toFixed(2)} to ${Math.max(...values).toFixed(2)}`;
    const ratio = (own / median(values)).toFixed(2);
    const row = [name.padEnd(20), median(values).toFixed(2).padStart(7), `(${spread})`.padEnd(18)];
    console.log(`  ${row.join(" ")} this package is at ${ratio} of it`);
  }
}
