// A Redis Cluster of a test's own.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { freePort, type RedisServer, startRedis } from "./redis.ts";

/** A Redis Cluster, all of its nodes on the loopback. */
export interface RedisCluster {
  /** In the order of their slots, which are shared out evenly. */
  readonly masters: readonly RedisServer[];
  /** As many for each master as were asked for, those of the first master first. */
  readonly replicas: readonly RedisServer[];
  /** What a client needs to find it. */
  readonly nodes: { host: string; port: number }[];
  /** Waits until each node that runs finds all slots served. */
  settled(): Promise<void>;
  /** Ends all nodes and removes their files. */
  stop(): Promise<void>;
}

/** How a Redis Cluster is started. */
export interface RedisClusterSettings {
  masters: number;
  /** 0 by default. */
  replicasPerMaster?: number | undefined;
  /** More arguments for each node. */
  args?: readonly string[] | undefined;
}

const SLOTS = 16384;

/** Starts a Redis Cluster, and returns when each of its nodes serves. */
export async function startRedisCluster(settings: RedisClusterSettings): Promise<RedisCluster> {
  const replicasPerMaster = settings.replicasPerMaster ?? 0;
  const directory = await mkdtemp(join(tmpdir(), "redis-cluster-"));
  const servers: RedisServer[] = [];
  const stop = async () => {
    await Promise.all(servers.map((server) => server.stop()));
    await rm(directory, { recursive: true, force: true });
  };
  try {
    const count = settings.masters * (1 + replicasPerMaster);
    for (let i = 0; i < count; i++) {
      servers.push(await startNode(directory, i, settings.args ?? []));
    }
    const masters = servers.slice(0, settings.masters);
    const replicas = servers.slice(settings.masters);
    await form(masters, replicas);
    const cluster: RedisCluster = {
      masters,
      replicas,
      nodes: servers.map(({ port }) => ({ host: "127.0.0.1", port })),
      settled: () => settled(servers),
      stop,
    };
    await cluster.settled();
    return cluster;
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Its port for the others may be taken meanwhile, so there are several tries. */
async function startNode(
  directory: string,
  index: number,
  args: readonly string[],
): Promise<RedisServer> {
  const clusterArgs = [
    "--cluster-enabled",
    "yes",
    "--cluster-config-file",
    `node-${index}.conf`,
    "--dir",
    directory,
    "--cluster-announce-ip",
    "127.0.0.1",
    "--cluster-node-timeout",
    "2000",
    "--cluster-replica-validity-factor",
    "0",
    "--repl-diskless-sync-delay",
    "0",
  ];
  for (let tries = 1; ; tries++) {
    try {
      // The default is the port plus 10000, which a free port may not allow for.
      const busPort = ["--cluster-port", `${freePort()}`];
      return await startRedis({ args: [...clusterArgs, ...busPort, ...args] });
    } catch (error) {
      if (tries === 5) throw error;
    }
  }
}

async function form(
  masters: readonly RedisServer[],
  replicas: readonly RedisServer[],
): Promise<void> {
  const clients = new Map(
    [...masters, ...replicas].map((server) => [server, connect(server)] as const),
  );
  const run = async (server: RedisServer, ...args: (string | number)[]) => {
    return String(await clients.get(server)?.call("CLUSTER", ...args));
  };
  try {
    const first = masters[0];
    if (!first) throw new Error("a cluster needs a master");
    for (const [i, master] of masters.entries()) {
      const [from, to] = [i, i + 1].map((n) => Math.floor((n * SLOTS) / masters.length));
      await run(master, "SET-CONFIG-EPOCH", i + 1);
      await run(master, "ADDSLOTSRANGE", from ?? 0, (to ?? 0) - 1);
    }
    const all = [...masters, ...replicas];
    for (const server of all.slice(1)) {
      const bus = await clients.get(server)?.config("GET", "cluster-port");
      const [, busPort] = Array.isArray(bus) ? bus.map(String) : [];
      await run(first, "MEET", "127.0.0.1", server.port, busPort ?? "");
    }
    await until(async () => {
      const infos = await Promise.all(all.map((server) => run(server, "INFO")));
      return infos.every((info) => info.includes(`cluster_known_nodes:${all.length}\r\n`));
    });
    for (const [i, replica] of replicas.entries()) {
      const master = masters[Math.floor((i * masters.length) / replicas.length)];
      const id = master && (await run(master, "MYID"));
      await run(replica, "REPLICATE", id ?? "");
    }
    await until(async () => {
      const infos = await Promise.all(replicas.map((r) => clients.get(r)?.info("replication")));
      if (!infos.every((info) => info?.includes("master_link_status:up"))) return false;
      const views = await Promise.all(all.map((server) => run(server, "NODES")));
      return views.every((view) => view.split("slave").length - 1 === replicas.length);
    });
  } finally {
    for (const client of clients.values()) client.disconnect();
  }
}

/** Nodes that do not answer are taken to be down: others have to serve their slots. */
async function settled(servers: readonly RedisServer[]): Promise<void> {
  const clients = servers.map((server) => connect(server));
  const run = async (command: string) => {
    const replies = await Promise.all(
      clients.map((client) => client.call("CLUSTER", command).then(String, () => undefined)),
    );
    return replies.filter((reply) => reply !== undefined);
  };
  try {
    await until(async () => {
      const infos = await run("INFO");
      const views = await run("NODES");
      return (
        infos.length > 0 &&
        infos.every((info) => info.includes("cluster_state:ok")) &&
        views.every((view) => view.trim().split("\n").every(isServed))
      );
    });
  } finally {
    for (const client of clients) client.disconnect();
  }
}

/** A line of CLUSTER NODES: whether the node is connected, if it has slots. */
function isServed(line: string): boolean {
  const [, , flags, , , , , link, ...slots] = line.split(" ");
  return slots.length === 0 || (link === "connected" && !flags?.includes("fail"));
}

function connect({ port }: RedisServer): Redis {
  const client = new Redis({
    port,
    host: "127.0.0.1",
    maxRetriesPerRequest: 0,
    commandTimeout: 1000,
    retryStrategy: () => 50,
  });
  // A node that is down: its commands fail, which is what is looked at.
  client.on("error", () => {});
  return client;
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 30_000; !(await isSo()); await Bun.sleep(50)) {
    if (Date.now() > end) throw new Error("the cluster does not come up");
  }
}
