// What it costs to count the sockets of a room, and to watch all rooms, when another node holds
// 100,000 rooms with 1,000 sockets.

import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { usageOf } from "../../chaos/process-usage.ts";
import { startRedis } from "../../test/support/redis.ts";
import { BenchNode } from "./bench-node.ts";
import { PEERS, type Peer } from "./peers.ts";
import { median } from "../statistics.ts";

const { values: flags } = parseArgs({
  args: process.argv.slice(3),
  options: {
    rooms: { type: "string", default: "100000" },
    sockets: { type: "string", default: "1000" },
    times: { type: "string", default: "20" },
  },
});
const rooms = Number(flags.rooms);
const sockets = Number(flags.sockets);
const times = Number(flags.times);
const EVERYONE = "everyone";

/** CPU and memory of both nodes, and what Redis has sent, at a moment. */
interface Reading {
  asking: number;
  holding: number;
  memory: number;
  redisBytes: number;
}

/** A node that asks, and one that holds the rooms. */
class Pair {
  readonly asking: BenchNode;
  readonly holding: BenchNode;
  readonly #redisPort: number;

  constructor(asking: BenchNode, holding: BenchNode, redisPort: number) {
    this.asking = asking;
    this.holding = holding;
    this.#redisPort = redisPort;
  }

  async read(): Promise<Reading> {
    const usage = usageOf(this.asking.pid);
    return {
      asking: usage?.cpuSeconds ?? Number.NaN,
      holding: this.holding.cpuSeconds,
      memory: usage?.bytes ?? Number.NaN,
      redisBytes: await this.#redisBytes(),
    };
  }

  /** Through redis-cli's protocol, in a connection of its own. */
  async #redisBytes(): Promise<number> {
    const { Redis } = await import("ioredis");
    const client = new Redis({ port: this.#redisPort, host: "127.0.0.1" });
    try {
      const info = await client.info("stats");
      return Number(/total_net_output_bytes:(\d+)/.exec(info)?.[1]);
    } finally {
      client.disconnect();
    }
  }
}

/** Lets a task run, and says what it took. */
async function cost(pair: Pair, name: string, count: number, task: () => Promise<string>) {
  const before = await pair.read();
  const result = await task();
  const after = await pair.read();
  const ms = (key: "asking" | "holding") =>
    `${(((after[key] - before[key]) * 1000) / count).toFixed(1)} ms`.padStart(10);
  const kib = `${((after.redisBytes - before.redisBytes) / 1024 / count).toFixed(1)} KiB`;
  const memory = `${((after.memory - before.memory) / 2 ** 20).toFixed(0)} MiB`;
  console.log(
    `  ${name.padEnd(40)} ${result.padStart(10)}  CPU asking ${ms("asking")}, holding ${ms("holding")},` +
      ` from Redis ${kib.padStart(12)}, memory ${memory.padStart(8)}`,
  );
}

async function fill(node: BenchNode): Promise<void> {
  const each = Math.ceil(rooms / sockets);
  let joined = 0;
  const all = Promise.withResolvers<void>();
  const clients = await Promise.all(
    Array.from({ length: sockets }, () =>
      node.connect(() => {
        if (++joined === sockets) all.resolve();
      }),
    ),
  );
  for (const [i, client] of clients.entries()) {
    const names = Array.from({ length: each }, (_, room) => `room-${i * each + room}`);
    client.send(`421${JSON.stringify(["join", [...names, EVERYONE]])}`);
  }
  await all.promise;
}

async function run(peer: Peer): Promise<void> {
  const redis = await startRedis();
  const asking = await BenchNode.start(peer, redis.port);
  const holding = await BenchNode.start(peer, redis.port);
  const pair = new Pair(asking, holding, redis.port);
  try {
    console.log(`\n${peer.name}`);
    await cost(pair, `${sockets} sockets join ${rooms} rooms`, 1, async () => {
      await fill(holding);
      return "";
    });
    // Until the nodes know each other, and all rooms are subscribed to.
    while ((await asking.ask("count", EVERYONE)).count !== sockets) await Bun.sleep(100);
    const ask = (question: "count" | "fetchSockets", room: string) =>
      cost(
        pair,
        `${question === "count" ? "count()" : "fetchSockets()"} of ${room}`,
        times,
        async () => {
          const taken: number[] = [];
          for (let i = 0; i < times; i++) taken.push((await asking.ask(question, room)).ms);
          return `${median(taken).toFixed(1)} ms`;
        },
      );
    if (peer.package === "bun-socket.io") {
      await ask("count", "room-7");
      await ask("count", EVERYONE);
      await cost(pair, "watch: the first listener for `occupied`", 1, async () => {
        const { ms } = await asking.ask("watch", String(rooms));
        return `${ms.toFixed(0)} ms`;
      });
    } else {
      await ask("fetchSockets", "room-7");
      await ask("fetchSockets", EVERYONE);
    }
  } finally {
    await asking.stop();
    await holding.stop();
    await redis.stop();
  }
}

console.log(
  `${cpus().length} x ${cpus()[0]?.model}, Bun ${Bun.version}, ${times} times each, median`,
);
for (const peer of PEERS) {
  if (peer.mode !== "none" && Object.keys(peer.clientOptions).length === 0) await run(peer);
}
