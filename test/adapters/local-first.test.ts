// What a node does when it emits: its own clients first, at once, and each encoding once.

import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { ServerOptions } from "bun-socket.io";
import { createAdapter, createShardedAdapter, createStreamsAdapter } from "bun-socket.io/redis";
import type { Redis } from "ioredis";
import { once } from "../support/clients.ts";
import { Fleet, type Node, until } from "../support/pubsub.ts";

const CLIENTS = 3;

const fleet = new Fleet();
beforeEach(() => fleet.startRedis());
afterEach(async () => {
  fleet.redis.resume();
  await fleet.end();
});

type Make = (pub: Redis, sub: Redis) => NonNullable<ServerOptions["adapter"]>;
const ADAPTERS: { name: string; make: Make }[] = [
  { name: "classic", make: (pub, sub) => createAdapter(pub, sub) },
  { name: "sharded", make: (pub, sub) => createShardedAdapter(pub, sub) },
  { name: "streams", make: (pub) => createStreamsAdapter(pub) },
];

describe.each(ADAPTERS)("$name", ({ make }) => {
  /** Nodes that know each other, with clients in one room. */
  async function start(count: number, clients = CLIENTS, others: readonly Node[] = []) {
    const nodes: Node[] = Array.from({ length: count }, () => {
      const [pub, sub] = [fleet.connect(), fleet.connect()];
      return fleet.add({ adapter: make(pub, sub) }, pub, sub);
    });
    await fleet.together([...others, ...nodes]);
    const joined = nodes.flatMap((node) => Array.from({ length: clients }, () => fleet.join(node)));
    const pairs = await Promise.all(joined);
    await Promise.all(pairs.map(({ socket }) => socket.join("room")));
    const [first] = nodes;
    if (first === undefined) throw new Error("no node");
    return { first, pairs, own: pairs.slice(0, clients) };
  }

  const STATES: [state: string, begin: () => unknown][] = [
    ["answers", () => {}],
    ["halts", () => fleet.redis.pause()],
    ["is away", () => fleet.redis.kill()],
  ];
  test.each(STATES)(
    "all is done on the own node when the call returns, while Redis %s",
    async (state, begin) => {
      const { first, own } = await start(1);
      const { io, pub } = first;
      await begin();
      await until(() => (pub.status === "ready") === (state !== "is away"));
      const sent: unknown[] = [];
      for (const { socket } of own) {
        socket.onAnyOutgoing((...event) => sent.push(event[0]));
      }
      const times = (event: string) => sent.filter((each) => each === event).length;
      io.emit("to all");
      expect(times("to all")).toBe(CLIENTS);
      io.to("room").volatile.emit("to the room");
      expect(times("to the room")).toBe(CLIENTS);
      own[0]?.socket.to("room").emit("to the others");
      expect(times("to the others")).toBe(CLIENTS - 1);
      io.timeout(1).emit("question", () => {});
      expect(times("question")).toBe(CLIENTS);
      io.in("room").socketsJoin("another");
      expect(own.every(({ socket }) => socket.rooms.has("another"))).toBeTrue();
      io.in("another").socketsLeave("room");
      expect(own.some(({ socket }) => socket.rooms.has("room"))).toBeFalse();
      const heard = own.map(({ client }) => once(client, "to all"));
      io.emit("to all");
      await Promise.all(heard); // they get it without Redis as well
      io.disconnectSockets();
      expect(own.some(({ socket }) => socket.connected)).toBeFalse();
    },
    10_000,
  );

  test("what an event costs to encode does not grow with the clients and nodes", async () => {
    const { first, pairs } = await start(1, 1);
    let times = 0;
    const counting = { toJSON: () => ++times };
    const emitAll = async () => {
      times = 0;
      const events = ["to all", "to a room", "to rooms", "but for some"] as const;
      const heard = pairs.flatMap(({ client }) => events.map((event) => once(client, event)));
      const { io } = first;
      io.emit("to all", counting);
      io.to("room").emit("to a room", counting);
      io.to(["room", "other"]).emit("to rooms", counting);
      io.except("other").emit("but for some", counting);
      await Promise.all(heard);
      return times;
    };
    const least = await emitAll();
    pairs.push(await fleet.join(first), ...(await start(2, 3, [first])).pairs);
    await pairs[1]?.socket.join("room");
    expect(pairs).toHaveLength(8);
    expect(await emitAll()).toBe(least);
    expect(least).toBeLessThanOrEqual(4 * 4); // to look for bytes, and to encode: here, and for Redis
  });
});
