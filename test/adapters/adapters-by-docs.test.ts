// What someone who follows docs/adapters.md came upon.

import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { once } from "node:events";
import { Server } from "bun-socket.io";
import {
  createAdapter,
  createShardedAdapter,
  createStreamsAdapter,
  RedisAdapter,
  ShardedRedisAdapter,
  StreamsAdapter,
} from "bun-socket.io/redis";
import { Redis } from "ioredis";
import { Clients, once as clientOnce } from "../support/clients.ts";
import { type RedisServer, startRedis } from "../support/redis.ts";

let redis: RedisServer;
const clients = new Clients();
const connections: Redis[] = [];
const servers: Server[] = [];

beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());
afterEach(async () => {
  clients.closeAll();
  await Promise.all(servers.splice(0).map((io) => io.close()));
  for (const connection of connections.splice(0)) connection.disconnect();
});

function connect(options: object = {}): Redis {
  const connection = new Redis({ host: "127.0.0.1", port: redis.port, ...options });
  connection.on("error", () => {});
  connections.push(connection);
  return connection;
}

function serve(adapter: NonNullable<ConstructorParameters<typeof Server>[1]>["adapter"]): Server {
  const io = new Server(0, { hostname: "127.0.0.1", ...(adapter ? { adapter } : {}) });
  servers.push(io);
  return io;
}

const urlOf = (io: Server): string =>
  `http://127.0.0.1:${(io.httpServer?.address() as { port: number } | undefined)?.port}`;

test("the figures of an adapter are there for who asks whether it is one of these", () => {
  const adapters = [
    createAdapter(connect(), connect()),
    createShardedAdapter(connect(), connect()),
    createStreamsAdapter(connect()),
  ].map((make) => serve(make).of("/").adapter);
  const kinds = [RedisAdapter, ShardedRedisAdapter, StreamsAdapter];
  for (const [index, adapter] of adapters.entries()) {
    const kind = kinds[index] as (typeof kinds)[number];
    expect(adapter).toBeInstanceOf(kind);
    if (adapter instanceof kind) expect(adapter.stats.dropped).toBe(0);
  }
});

test("a room can be joined while Redis is away, without waiting for it", async () => {
  const own = await startRedis();
  const settings = { port: own.port, retryStrategy: () => 20 };
  const io = serve(createShardedAdapter(connect(settings), connect(settings)));
  const sockets: string[] = [];
  io.on("connection", async (socket) => {
    await socket.join(`room of ${sockets.length}`);
    socket.on("ask", (reply: (text: string) => void) => reply("answer"));
    sockets.push(socket.id);
    socket.emit("ready");
  });
  await io.of("/").adapter.serverCount();
  const interrupted = new Promise((resolve) => io.of("/").adapter.once("error", resolve));
  await own.kill();
  await interrupted;
  const client = clients.make(urlOf(io));
  await clientOnce(client, "ready");
  expect(await client.emitWithAck("ask")).toBe("answer");
  await own.restart();
  await io.of("/").adapter.serverCount();
  await own.stop();
}, 20_000);

describe.each([
  ["classic", () => createAdapter(connect(), connect())],
  ["sharded", () => createShardedAdapter(connect(), connect())],
  ["streams", () => createStreamsAdapter(connect())],
] as const)("with the %s adapter", (_name, make) => {
  test("what Redis refuses is told as dropped, and why as an error", async () => {
    const io = serve(make());
    const { adapter } = io.of("/");
    await adapter.serverCount();
    const admin = connect();
    const dropped = once(adapter, "dropped");
    const error = Promise.withResolvers<Error & { code: string; cause: Error }>();
    adapter.once("error", error.resolve);
    await admin.acl("SETUSER", "default", "-publish", "-spublish", "-xadd");
    try {
      io.emit("x");
      expect(await dropped).toMatchObject([{ messages: 1, reason: "refused" }]);
      const { code, cause } = await error.promise;
      expect(code).toBe("ERR_REDIS");
      expect(cause.message).toMatch(/NOPERM/);
    } finally {
      await admin.acl("SETUSER", "default", "+publish", "+spublish", "+xadd");
    }
  });
});

test("recovery with an adapter that keeps no sessions is warned of, once", async () => {
  const warnings: string[] = [];
  const listener = ({ message }: Error) => warnings.push(message);
  process.on("warning", listener);
  const io = new Server({
    adapter: createAdapter(connect(), connect()),
    connectionStateRecovery: {},
  });
  servers.push(io);
  io.of("/other");
  await new Promise((resolve) => setImmediate(resolve));
  process.off("warning", listener);
  expect(warnings).toEqual([expect.stringContaining("createStreamsAdapter()")]);
});

test.each([{ outbox: { maxDurationMs: 5 } }, { replay: { bytes: 5 } }])(
  "a bound of another name is refused: %p",
  (options) => {
    expect(() => createAdapter(connect(), connect(), options as object)).toThrow(
      expect.objectContaining({ code: "ERR_INVALID_OPTION" }),
    );
  },
);

test("a second client for streams is refused", () => {
  expect(() => createStreamsAdapter(connect(), connect() as object)).toThrow(
    expect.objectContaining({ code: "ERR_INVALID_ARGUMENT" }),
  );
});
