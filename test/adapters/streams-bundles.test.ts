// Messages that are written as one entry of a stream, where all nodes are of this package.

import { afterEach, beforeEach, expect, test } from "bun:test";
import { Redis } from "ioredis";
import { once } from "../support/clients.ts";
import { type RedisServer, startRedis } from "../support/redis.ts";
import { assembled, Fleet, type FleetNode, type Pair, until } from "./streams-fleet.ts";

const MANY = 600;

let redis: RedisServer;
let direct: Redis;
const fleet = new Fleet();
beforeEach(async () => {
  redis = await startRedis();
  direct = new Redis(redis.port, "127.0.0.1");
});
afterEach(async () => {
  await fleet.end();
  direct.disconnect();
  await redis.stop();
});

const start = (server = {}): FleetNode =>
  fleet.start(redis.port, { adapter: { bundle: true }, server });

function record({ client }: Pair): unknown[] {
  const events: unknown[] = [];
  client.on("event", (argument) => events.push(argument));
  return events;
}

test("what one turn sends is a few entries, and arrives in order, in each namespace", async () => {
  const nodes = [start(), start()] as const;
  for (const { io } of nodes) io.of("/other");
  await assembled("/", ...nodes);
  await assembled("/other", ...nodes);
  const pairs = await Promise.all(
    nodes.flatMap((node) => ["/", "/other"].map((namespace) => node.connect({}, namespace))),
  );
  const lists = pairs.map(record);
  const before = await direct.xlen("socket.io");
  const sent: unknown[][] = [[], []];
  for (let i = 0; i < MANY; i++) {
    const argument = i % 50 === 0 ? Buffer.from([i % 256]) : `${i}`;
    const which = i % 7 === 0 ? 1 : 0;
    nodes[0].io.of(which === 1 ? "/other" : "/").emit("event", argument);
    sent[which]?.push(argument);
  }
  const [root = [], other = []] = sent;
  await until(() => lists.every((list, i) => list.length >= (i % 2 === 0 ? root : other).length));
  expect(lists).toEqual([root, other, root, other]);
  expect((await direct.xlen("socket.io")) - before).toBeLessThan(MANY / 50);
  expect(nodes.flatMap(({ errors }) => errors)).toEqual([]);
});

test("sockets that are moved and disconnected between are so in order", async () => {
  const nodes = [start(), start()] as const;
  await assembled("/", ...nodes);
  const pair = await nodes[1].connect();
  const events = record(pair);
  const [{ io }] = nodes;
  io.socketsJoin("room");
  io.to("room").emit("event", "inside");
  io.socketsLeave("room");
  io.to("room").emit("event", "too late");
  io.emit("event", "last");
  const gone = once(pair.client, "disconnect");
  io.disconnectSockets();
  await gone;
  expect(events).toEqual(["inside", "last"]);
});

test("with recovery each event has an entry, and so an offset, of its own", async () => {
  const server = { connectionStateRecovery: {} };
  const nodes = [start(server), start(server)] as const;
  await assembled("/", ...nodes);
  const offsets = new Set<unknown>();
  const { client } = await nodes[1].connect();
  client.on("event", (_number, offset) => offsets.add(offset));
  for (let i = 0; i < 20; i++) {
    nodes[0].io.emit("event", i);
  }
  await until(() => offsets.size === 20);
});

test("what makes no sense in one is told, and what comes after it arrives", async () => {
  const nodes = [start(), start()] as const;
  await assembled("/", ...nodes);
  const events = record(await nodes[1].connect());
  const forged = [
    "",
    "{}",
    "[",
    "7",
    "[7]",
    '[["x"]]',
    '[[["event"]]]',
    '[["x","/",3,1,{}],["event"]]',
    '[["x","/",64,1,[]]]',
    '[["x","/",3,-1,{}]]',
    '[["x","/",3,1,{}]]',
    '[["x","/",3,2]]',
    '[["x","/",3,3,7]]',
    '[["x","/",3,4,"%"]]',
  ];
  for (const data of forged) {
    await direct.xadd("socket.io", "*", "uid", "x", "nsp", "/", "type", "64", "data", data);
  }
  await direct.xadd("socket.io", "*", "uid", "x", "nsp", "/", "type", "64");
  nodes[0].io.emit("event", "last");
  await until(() => events.length === 1);
  for (const { errors } of nodes) {
    expect(errors).toHaveLength(forged.length + 1);
    for (const error of errors) {
      expect(error).toMatchObject({ code: "ERR_MALFORMED_MESSAGE" });
    }
  }
});
