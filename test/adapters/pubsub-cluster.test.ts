// The adapters over pub/sub while a master of a Redis Cluster dies.

import { afterEach, expect, test } from "bun:test";
import type { Server, ServerOptions } from "bun-socket.io";
import { createAdapter, createShardedAdapter } from "bun-socket.io/redis";
import { Cluster } from "ioredis";
import { Clients } from "../support/clients.ts";
import { HOSTS, type Running } from "../support/hosts.ts";
import { pubSubOf, until } from "../support/pubsub.ts";
import { type RedisCluster, startRedisCluster } from "../support/redis-cluster.ts";

const EVERY_MS = 5;
const SLOTS = 16_384;

const clients = new Clients();
const running: Running[] = [];
const connections: Cluster[] = [];
let cluster: RedisCluster | undefined;

afterEach(async () => {
  clients.closeAll();
  await Promise.all(running.splice(0).map((each) => each.close()));
  for (const connection of connections.splice(0)) {
    connection.disconnect();
  }
  await cluster?.stop();
}, 20_000);

function connect({ nodes }: RedisCluster): Cluster {
  const connection = new Cluster(nodes, { clusterRetryStrategy: () => 100 });
  connection.on("error", () => {});
  connections.push(connection);
  return connection;
}

function start(adapter: NonNullable<ServerOptions["adapter"]>): Running {
  const [host] = HOSTS;
  if (host === undefined) throw new Error("there is no host");
  const node = host.start({ adapter });
  running.push(node);
  pubSubOf(node.io).on("error", () => {}); // a master dies
  return node;
}

/** Two nodes that send to each other, and what a client of each hears. */
class Pair {
  readonly #nodes: readonly Running[];
  readonly #heard = [new Map<string, number[]>(), new Map<string, number[]>()];
  #sent = 0;

  constructor(make: () => NonNullable<ServerOptions["adapter"]>) {
    this.#nodes = [start(make()), start(make())];
  }

  async begin(): Promise<void> {
    const servers = this.#nodes.map(({ io }) => io);
    await until(async () => {
      return (await Promise.all(servers.map(countOf))).every((count) => count === 2);
    });
    for (const [index, { io, url }] of this.#nodes.entries()) {
      const client = await clients.connect(url, { transports: ["websocket"] });
      client.on("tick", (from: number, number: number, room: string) => {
        const key = `${from} ${room}`;
        const numbers = this.#heard[index]?.get(key) ?? [];
        this.#heard[index]?.set(key, numbers);
        numbers.push(number);
      });
      await io.sockets.sockets.get(client.id ?? "")?.join("room");
    }
  }

  send(): void {
    for (const [from, { io }] of this.#nodes.entries()) {
      io.emit("tick", from, this.#sent, "all");
      io.to("room").emit("tick", from, this.#sent, "room");
    }
    this.#sent++;
  }

  /** Whether all that was sent has come everywhere. */
  get isWhole(): boolean {
    return this.#heard.every((each) =>
      KEYS.every((key) => (each.get(key)?.length ?? 0) >= this.#sent),
    );
  }

  get sent(): number {
    return this.#sent;
  }

  expectAll(): void {
    const all = Array.from({ length: this.#sent }, (_, number) => number);
    for (const each of this.#heard) {
      for (const key of KEYS) {
        expect([key, each.get(key)]).toEqual([key, all]);
      }
    }
  }
}

const KEYS = [0, 1].flatMap((from) => [`${from} all`, `${from} room`]);

function countOf(io: Server): Promise<number> {
  return io
    .of("/")
    .adapter.serverCount()
    .catch(() => 0);
}

/** Waits until some more were sent. */
async function more(pairs: readonly Pair[]): Promise<void> {
  const goal = Math.min(...pairs.map(({ sent }) => sent)) + 50;
  await until(() => pairs.every(({ sent }) => sent >= goal));
}

test("nothing is lost or out of order when a master dies and its replica takes over", async () => {
  const failing = await startRedisCluster({ masters: 3, replicasPerMaster: 1 });
  cluster = failing;
  const pairs = [
    new Pair(() => createAdapter(connect(failing), connect(failing))),
    new Pair(() => createShardedAdapter(connect(failing), connect(failing))),
  ];
  await Promise.all(pairs.map((pair) => pair.begin()));
  const timer = setInterval(() => {
    for (const pair of pairs) pair.send();
  }, EVERY_MS);
  await more(pairs);
  // The one with the channel that all nodes of the sharded adapter hear.
  const slot = Number(await connections[0]?.cluster("KEYSLOT", "socket.io#/#"));
  await failing.masters[Math.floor((slot * failing.masters.length) / SLOTS)]?.kill();
  await failing.settled();
  await more(pairs);
  clearInterval(timer);
  const deadline = performance.now() + 20_000;
  await until(() => pairs.every(({ isWhole }) => isWhole) || performance.now() > deadline);
  for (const pair of pairs) pair.expectAll();
}, 60_000);
