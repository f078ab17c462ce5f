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

const start = (isReference: boolean, adapter: RedisStreamsAdapterOptions): FleetNode =>
  startAt(cluster, isReference, adapter);

function startAt(
  { nodes }: RedisCluster,
  isReference: boolean,
  adapter: RedisStreamsAdapterOptions,
): FleetNode {
  const client = new Cluster(nodes, { shardedSubscribers: true });
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

test("goes on when the master of the stream is killed and its replica takes over", async () => {
  const failing = await startRedisCluster({ masters: 3, replicasPerMaster: 1 });
  try {
    const [a, b] = [startAt(failing, false, {}), startAt(failing, false, {})];
    await assembled("/", a, b);
    const { client } = await b.connect();
    const numbers: number[] = [];
    client.on("number", (number: number) => numbers.push(number));
    let sent = 0;
    const timer = setInterval(() => a.io.emit("number", sent++), 5);
    await until(() => numbers.length > 10);
    const slot = Number(await a.redis.cluster("KEYSLOT", "socket.io"));
    await failing.masters[Math.floor((slot * 3) / 16384)]?.kill();
    const before = numbers.length;
    await until(() => numbers.length > before + 500);
    clearInterval(timer);
    const last = sent++;
    a.io.emit("number", last);
    await until(() => numbers.at(-1) === last);
    // What the master had answered, and not handed to its replica yet, was written again.
    expect(numbers).toEqual(Array.from({ length: sent }, (_, number) => number));
  } finally {
    await fleet.end();
    await failing.stop();
  }
}, 60_000);
