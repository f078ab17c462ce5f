// Streams over a Redis Cluster of three masters.

import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { Cluster, type Redis } from "ioredis";
import type { RedisStreamsAdapterOptions } from "../../adapters/redis/streams.ts";
import { once } from "../support/clients.ts";
import { type RedisCluster, startRedisCluster } from "../support/redis-cluster.ts";
import { assembled, Fleet, type FleetNode, until } from "./streams-fleet.ts";

let cluster: RedisCluster;
const fleet = new Fleet();
beforeAll(async () => {
  cluster = await startRedisCluster({ masters: 3 });
}, 60_000);
afterEach(() => fleet.end());
afterAll(() => cluster.stop());

function start(isReference: boolean, adapter: RedisStreamsAdapterOptions): FleetNode {
  const client = new Cluster(cluster.nodes, { redisOptions: {} });
  client.on("error", () => {});
  const server = { connectionStateRecovery: {} };
  // The fleet knows clients of one Redis; those of a cluster do the same for it.
  return fleet.startOver(client as unknown as Redis, { isReference, adapter, server }, () =>
    client.disconnect(),
  );
}

const OPTIONS: RedisStreamsAdapterOptions[] = [{}, { useShardedPubSub: true, streamCount: 3 }];

describe.each([false, true])("with the other node of the reference: %p", (isReference) => {
  test.each(OPTIONS)(
    "everything works with %p",
    async (adapter) => {
      const [a, b] = [start(false, adapter), start(isReference, adapter)];
      await assembled("/", a, b);
      await assembled("/other", a, b);
      for (const [from, to] of [
        [a, b],
        [b, a],
      ] as const) {
        for (const namespace of ["/", "/other"]) {
          const { client, socket } = await to.connect({}, namespace);
          const arrived = once(client, "event");
          from.io
            .of(namespace)
            .to(socket.id)
            .emit("event", Buffer.from([1]));
          expect((await arrived)[0]).toEqual(Buffer.from([1]));
          const ids = (await from.io.of(namespace).fetchSockets()).map(({ id }) => id);
          expect(ids).toContain(socket.id);
          client.on("ask", (answer: (value: number) => void) => answer(1));
          const room = from.io.of(namespace).in(socket.id);
          expect(await room.timeout(2000).emitWithAck("ask")).toEqual([1]);
          const told = once(to.io.of(namespace), "told");
          from.io.of(namespace).serverSideEmit("told", 1);
          expect(await told).toEqual([1]);
          const gone = once(socket, "disconnect");
          client.io.engine.close();
          await gone;
          from.io.of(namespace).to(socket.id).emit("missed");
          const missed = once(client, "missed");
          // Until it is written: the reference looks no further than that.
          await until(async () => {
            const last = await from.connect({}, namespace);
            const first = once(last.client, "first");
            last.socket.emit("first");
            await first;
            last.client.disconnect();
            return true;
          });
          client.connect();
          await once(client, "connect");
          expect(client.recovered).toBeTrue();
          await missed;
        }
      }
    },
    20_000,
  );
});
