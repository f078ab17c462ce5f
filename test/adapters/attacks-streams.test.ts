// What whoever can write to Redis may try against the adapter over streams.

import { afterEach, beforeEach, expect, test } from "bun:test";
import { Senders } from "../../adapters/redis/stream-senders.ts";
import { once } from "../support/clients.ts";
import { type RedisServer, startRedis } from "../support/redis.ts";
import { Fleet } from "./streams-fleet.ts";

let fleet: Fleet;
let redis: RedisServer;
beforeEach(async () => {
  redis = await startRedis();
  fleet = new Fleet();
});
afterEach(async () => {
  await fleet.end();
  await redis.stop();
});

test("a forged number has neither the node nor the others drop or delay what it sends", async () => {
  const server = { connectionStateRecovery: {} };
  const [one, other] = [fleet.start(redis.port, { server }), fleet.start(redis.port, { server })];
  const clients = [(await one.connect()).client, (await other.connect()).client];
  const send = async (number: number): Promise<void> => {
    const heard = clients.map((client) => once(client, "event"));
    one.io.emit("event", number);
    for (const args of await Promise.all(heard)) {
      expect(args[0]).toBe(number);
    }
  };
  await send(1);
  const data = JSON.stringify({ packet: { type: 2, data: ["forged"] }, opts: { rooms: [] } });
  const uid = String(Reflect.get(one.adapterOf(), "uid"));
  const forged = once(clients[1] as (typeof clients)[0] & object, "forged");
  const seq = String(2 ** 53 - 1);
  await one.redis.xadd(
    "socket.io",
    "*",
    "uid",
    uid,
    "nsp",
    "/",
    "type",
    "3",
    "seq",
    seq,
    "data",
    data,
  );
  await forged;
  await send(2);
  await send(3);
  expect(one.errors.map(({ message }) => message).join()).toContain("has not sent it");
});

test("numbers count as seen only if they were, whatever comes between", () => {
  const senders = new Senders();
  expect([1, 1, 2 ** 53 - 1, 2, 2, 5, 3, 5, 4, 4].map((seq) => senders.isNew("a", seq))).toEqual([
    true,
    false,
    true,
    true,
    false,
    true,
    true,
    false,
    true,
    false,
  ]);
  for (let seq = 10_000; seq > 10; seq -= 2) {
    expect(senders.isNew("b", seq)).toBeTrue();
  }
  expect(senders.isNew("b", 9)).toBeTrue();
});
