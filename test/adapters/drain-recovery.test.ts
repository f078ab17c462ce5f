// Clients of a drained node take their session up again on another one.

import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { createStreamsAdapter } from "bun-socket.io/redis";
import { Redis } from "ioredis";
import { type Balanced, startBalanced } from "../support/balanced.ts";
import { Clients, once } from "../support/clients.ts";
import { HOSTS, TRANSPORTS } from "../support/hosts.ts";
import { type RedisServer, startRedis } from "../support/redis.ts";

let redis: RedisServer;
const connections: Redis[] = [];
const clients = new Clients();
let balanced: Balanced | undefined;

beforeAll(async () => {
  redis = await startRedis();
});
afterEach(async () => {
  clients.closeAll();
  await balanced?.stop();
  for (const connection of connections.splice(0)) connection.disconnect();
});
afterAll(() => redis.stop());

function connectRedis(): Redis {
  const connection = new Redis(redis.port, "127.0.0.1");
  connections.push(connection);
  return connection;
}

describe.each(HOSTS.filter(({ name, isNode }) => name === "listen()" || isNode))(
  "with $name",
  (host) => {
    test.each([...TRANSPORTS])(
      "over $name, a client of a drained node is recovered on another, with what it missed",
      async ({ transports }) => {
        balanced = await startBalanced(host, () => ({
          connectionStateRecovery: {},
          adapter: createStreamsAdapter(connectRedis()),
        }));
        const { first, second, url } = balanced;
        const client = await clients.connect(url, {
          transports: [...transports],
          reconnection: true,
          reconnectionDelay: 50,
        });
        const { id } = client;
        const [socket] = [...first.sockets.sockets.values()];
        if (socket === undefined) throw new Error("the first node has no socket");
        await socket.join("room");
        socket.data.name = "Ada";
        const events: unknown[] = [];
        client.on("news", (text) => events.push(text));

        const heard = once(client, "news");
        first.to("room").emit("news", "before");
        await heard;
        const gone = once(client, "disconnect");
        const last = new Promise<void>((resolve) => {
          client.on("news", (text) => text === "last" && resolve());
        });
        const back = once(client, "connect");
        const drained = first.drain({ timeoutMs: 10_000, spreadMs: 0 });
        await gone;
        second.to("room").emit("news", "missed");
        await back;
        second.to("room").emit("news", "last");
        await last;
        expect([client.recovered, client.id]).toEqual([true, id]);
        expect(events).toEqual(["before", "missed", "last"]);
        const restored = second.sockets.sockets.get(id ?? "");
        expect([restored?.recovered, restored?.data]).toEqual([true, { name: "Ada" }]);
        expect(await drained).toMatchObject({ sessions: 1, cutSessions: 0, cutAcks: 0 });
      },
    );
  },
);
