// Fleets of servers with Redis between them: the reference with its adapters, this package with its
// own, and fleets of both.

import { Redis } from "ioredis";
import type { Peer, PeerOptions } from "../peer.ts";
import { REDIS_PORT } from "../redis-port.ts";
import type {
  Anything,
  ClientTools,
  CompatOptions,
  CompatServer,
  Scenario,
  ServerTools,
} from "../scenario.ts";
import { WEBSOCKET } from "./client-support.ts";

const POLL_MS = 5;
const TTL_MS = 3000;

/** What the servers speak over. */
export type Kind = "classic" | "sharded" | "sharded static" | "sharded dynamic-private" | "streams";

/** One of each adapter. */
export const KINDS: readonly Kind[] = ["classic", "sharded", "streams"];
/** One of each way to use channels. */
export const ALL_KINDS: readonly Kind[] = [...KINDS, "sharded static", "sharded dynamic-private"];

/** A scenario of several servers. */
export interface FleetScenario {
  /** A sentence; the kind of the fleet is put behind it. */
  name: string;
  /** Default: {@link KINDS}. */
  kinds?: readonly Kind[];
  /** The kinds of which it is also run with a fleet whose last server is of the reference. */
  mixed?: readonly Kind[];
  /** How many servers. Default: 2. */
  size?: number;
  /** Options of each server. */
  options?: CompatOptions;
  /** Options of each adapter. */
  adapter?: CompatOptions;
  /** Sets all servers up; each lets its clients join rooms already. */
  server?(nodes: Anything[], tools: FleetTools): void;
  client: Scenario["client"];
  timeoutMs?: number;
}

/** What the server part of such a scenario gets. */
export interface FleetTools extends ServerTools {
  /** A connection to Redis, ended with the scenario. */
  connect(): Redis;
  /** What the names of all channels begin with. */
  prefix: string;
}

/** The connections of the last scenario of this process, and the number of scenarios so far. */
const connections: Redis[] = [];
let run = 0;

function connect(): Redis {
  // The check is a command, which may come when the connection is a subscriber's already.
  const redis = new Redis(Number(process.env[REDIS_PORT]), "127.0.0.1", {
    enableReadyCheck: false,
  });
  connections.push(redis);
  return redis;
}

/** The servers of one scenario of one process share a prefix, and no others. */
const prefixOf = (): string => `fleet-${process.pid}-${run}`;

const wait = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, POLL_MS));

/** An adapter of a package. */
function makeAdapter(kind: Kind, redis: Anything, more: CompatOptions = {}): Anything {
  const prefix = prefixOf();
  switch (kind) {
    case "classic":
      return redis.createAdapter(connect(), connect(), { key: prefix, ...more });
    case "streams":
      return redis.createStreamsAdapter(connect(), {
        streamName: prefix,
        channelPrefix: prefix,
        sessionKeyPrefix: `${prefix}:session:`,
        blockTimeInMs: 100, // a reader of the reference that is closed ends with its last read
        ...more,
      });
    default: {
      const [, subscriptionMode] = kind.split(" ");
      const options = { channelPrefix: prefix, ...(subscriptionMode && { subscriptionMode }) };
      return redis.createShardedAdapter(connect(), connect(), { ...options, ...more });
    }
  }
}

/** The scenarios of a list, each with every kind of fleet that it names. */
export function inFleets(list: readonly FleetScenario[]): Scenario[] {
  return list.flatMap((scenario) => [
    ...(scenario.kinds ?? KINDS).map((kind) => inFleet(scenario, kind, false)),
    ...(scenario.mixed ?? []).map((kind) => inFleet(scenario, kind, true)),
  ]);
}

function inFleet(fleet: FleetScenario, kind: Kind, isMixed: boolean): Scenario {
  const { name, size = 2, options, adapter, server, client, timeoutMs } = fleet;
  const common = { connectTimeout: TTL_MS, ...options };
  return {
    name: `${name} (adapters, ${kind}${isMixed ? ", mixed" : ""})`,
    needs: "redis",
    ...(timeoutMs !== undefined && { timeoutMs }),
    options: (_package, redis) => {
      for (const connection of connections.splice(0)) {
        connection.disconnect();
      }
      run++;
      return { ...common, adapter: makeAdapter(kind, redis, adapter) };
    },
    server(io, tools) {
      const { redis, referenceRedis, addServer, addReference } = tools;
      const nodes = [io];
      while (nodes.length < size) {
        const isReference = isMixed && nodes.length === size - 1;
        const from = isReference ? referenceRedis : redis;
        const wanted = { ...common, adapter: makeAdapter(kind, from, adapter) };
        nodes.push(isReference ? addReference(wanted) : addServer(wanted));
      }
      prepare(nodes, tools);
      server?.(nodes, { ...tools, connect, prefix: prefixOf() });
    },
    client,
  };
}

/** Lets clients join and leave rooms, and tells when the servers know of each other. */
function prepare(nodes: readonly CompatServer[], { command }: ServerTools): void {
  const probe = connect();
  // What has been written to Redis before has its effect when this is answered: subscriptions, say.
  const settled = async (): Promise<void> => {
    await new Promise((resolve) => setImmediate(resolve));
    await probe.ping();
  };
  for (const io of nodes) {
    onEachSocket(io, (socket) => {
      for (const action of ["join", "leave"]) {
        socket.on(action, async (rooms: Anything, reply: () => void) => {
          for (const room of [rooms].flat()) {
            await socket[action](room);
          }
          await settled();
          reply();
        });
      }
    });
  }
  command("settled", settled);
  command("ready", async (name: string | null) => {
    const namespaces = nodes.map((io) => io.of(name ?? "/"));
    const knowsAll = async ({ adapter }: Anything): Promise<boolean> =>
      (await adapter.serverCount()) === nodes.length;
    while (!(await Promise.all(namespaces.map(knowsAll))).every((knows) => knows)) {
      await wait();
    }
    for (const from of namespaces) {
      await reach(from, namespaces);
    }
    await settled();
  });
}

/** Waits until the sockets of all servers do what one of them asks for. */
async function reach(from: Anything, namespaces: readonly Anything[]): Promise<void> {
  const sockets = (): Anything[] => namespaces.flatMap((it) => [...it.sockets.values()]);
  while (!sockets().every(({ rooms }) => rooms.has("probe"))) {
    from.socketsJoin("probe");
    await wait();
  }
  while (sockets().some(({ rooms }) => rooms.has("probe"))) {
    from.socketsLeave("probe");
    await wait();
  }
}

/** Calls it with each socket of the main namespace, and of those that there will be. */
export function onEachSocket(io: CompatServer, welcome: (socket: Anything) => void): void {
  io.on("connection", welcome);
  io.on("new_namespace", (namespace: Anything) => namespace.on("connection", welcome));
}

const NAMES = ["ann", "bob", "cat"] as const;

/** A client of each server, when the servers know of each other. */
export async function clients(
  t: ClientTools,
  size = 2,
  options: PeerOptions = {},
): Promise<[Peer, Peer, Peer]> {
  const peers: Peer[] = [];
  for (const [server, name] of NAMES.slice(0, size).entries()) {
    peers.push(
      await t.connect(name, { transports: WEBSOCKET, query: { name }, ...options, server }),
    );
  }
  await t.command("ready", options.namespace);
  return peers as [Peer, Peer, Peer];
}

/** Has the server do something, and waits until each of the clients has got an event. */
export async function say(
  t: ClientTools,
  peers: readonly Peer[],
  command: string,
  ...args: unknown[]
): Promise<void> {
  await t.command(command, ...args);
  await Promise.all(peers.map((peer) => peer.next("end")));
}

/** Joins rooms, one client after the other. */
export async function joinAll(rooms: readonly (readonly [Peer, unknown])[]): Promise<void> {
  for (const [peer, wanted] of rooms) {
    await peer.ask("join", wanted);
  }
}

/** The rooms that have a name: not those of single sockets. */
export const named = (rooms: Iterable<unknown>): string[] =>
  [...rooms]
    .map(String)
    .filter((room) => room.length < 20)
    .sort();
