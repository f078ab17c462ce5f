// Starts the server of a node, with its adapter.

import type { AddressInfo } from "node:net";
import type { NodeSettings } from "./protocol.ts";

/** What a node needs of a server, of either package. */
export interface ChaosServer {
  emit(event: string, ...args: unknown[]): unknown;
  on(event: string, listener: (...args: never[]) => void): unknown;
  fetchSockets(): Promise<unknown[]>;
  serverSideEmit(event: string, ...args: unknown[]): unknown;
  timeout(ms: number): { emit(event: string, ...args: unknown[]): unknown };
  of(name: string): { adapter: unknown };
}

/** A server that listens. */
export interface Started {
  io: ChaosServer;
  port: number;
}

interface Client {
  on(event: "error", listener: (error: Error) => void): unknown;
  duplicate(): Client;
}

type AdapterFactory = (...args: unknown[]) => unknown;

interface ClientPackage {
  Redis: new (options: object) => Client;
  Cluster: new (nodes: object[], options: object) => Client;
}

interface Adapters {
  classic: AdapterFactory;
  sharded: AdapterFactory;
  streams: AdapterFactory;
}

const hostname = "127.0.0.1";
const RECOVERY = { connectionStateRecovery: { maxDisconnectionDuration: 120_000 } };

/** The options of the server: the adapter over new clients, and recovery where the mode says so. */
async function serverOptions(settings: NodeSettings, adapters: Adapters): Promise<object> {
  if (settings.mode === "none") return {};
  const { Redis, Cluster } = (await import(settings.client)) as ClientPackage;
  // The documentation of ioredis: without this option a Cluster hears no sharded channel.
  const options = { shardedSubscribers: settings.mode === "sharded" };
  const [first] = settings.redis;
  const client = settings.isCluster
    ? new Cluster(settings.redis, { ...options, redisOptions: settings.clientOptions })
    : new Redis({ ...first, ...settings.clientOptions });
  const withListener = (it: Client): Client => {
    it.on("error", () => {}); // as both packages ask for; what happens is what is measured
    return it;
  };
  withListener(client);
  if (settings.mode === "classic" || settings.mode === "sharded") {
    const subscriber = withListener(client.duplicate());
    return { adapter: adapters[settings.mode](client, subscriber, settings.adapterOptions) };
  }
  const recovery = settings.mode === "recovery" ? RECOVERY : {};
  return { adapter: adapters.streams(client, settings.adapterOptions), ...recovery };
}

async function ourAdapters(): Promise<Adapters> {
  // By a name in a variable: the file also runs where this package cannot.
  const adaptersOfPackage = "bun-socket.io/redis";
  const ours = (await import(adaptersOfPackage)) as Record<
    "createAdapter" | "createShardedAdapter" | "createStreamsAdapter",
    AdapterFactory
  >;
  return {
    classic: ours.createAdapter,
    sharded: ours.createShardedAdapter,
    streams: ours.createStreamsAdapter,
  };
}

/** A server of this package. */
export async function startOurs(settings: NodeSettings): Promise<Started> {
  const { Server } = await import("bun-socket.io");
  const options =
    settings.mode === "none" ? {} : await serverOptions(settings, await ourAdapters());
  const io = new Server({ hostname, ...options });
  io.listen(0);
  const address = io.httpServer?.address() as AddressInfo;
  return { io: io as unknown as ChaosServer, port: address.port };
}

/** A server of the reference. */
export async function startReference(settings: NodeSettings): Promise<Started> {
  const { createServer } = await import("node:http");
  const { Server } = await import("socket.io");
  const pubsub = await import("@socket.io/redis-adapter");
  const streams = await import("@socket.io/redis-streams-adapter");
  const options = await serverOptions(settings, {
    classic: pubsub.createAdapter as AdapterFactory,
    sharded: pubsub.createShardedAdapter as AdapterFactory,
    streams: streams.createAdapter as AdapterFactory,
  });
  const server = createServer();
  const io = new Server(server, options);
  await new Promise<void>((resolve) => server.listen(0, hostname, resolve));
  const { port } = server.address() as AddressInfo;
  return { io: io as unknown as ChaosServer, port };
}
