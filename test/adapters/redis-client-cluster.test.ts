// The clusters of every package, over one Redis Cluster.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { commandsOf, subscriptionsOf } from "../../adapters/redis/client.ts";
import type { ChannelMessage } from "../../adapters/redis/port.ts";
import { slotOf } from "../../adapters/redis/client-slot.ts";
import type { RedisServer } from "../support/redis.ts";
import { type RedisCluster, startRedisCluster } from "../support/redis-cluster.ts";
import { CLUSTERS } from "../support/redis-clients.ts";
import { endingClients } from "../support/redis-clients-open.ts";
import { asked, countClients, next, state, until } from "../support/redis-connections.ts";

const keep = endingClients();

// Each test has its own, as clients of the one before may not be gone yet.
let names: string[] = [];
let messages: ChannelMessage[] = [];

let cluster: RedisCluster;

beforeAll(async () => {
  cluster = await startRedisCluster({ masters: 3, replicasPerMaster: 1 });
}, 30_000);

beforeEach(() => {
  names = Array.from({ length: 60 }, (_, i) => `channel ${i} of ${crypto.randomUUID()}`);
  messages = names.map((channel) => ({ channel, payload: "x" }));
});

afterAll(async () => {
  await cluster.stop();
});

describe("the slot of a key", () => {
  test("is the one that Redis computes", async () => {
    const [master] = cluster.masters;
    if (!master) throw new Error("there is no master");
    const keys = ["123456789", "", "{a}b", "a{}b", "x{{y}}z", "foo{bar}{zap}", "}{ü}", "日本"];
    const slots = await asked(master, (redis) =>
      Promise.all(keys.map((key) => redis.cluster("KEYSLOT", key))),
    );
    expect(keys.map(slotOf)).toEqual(slots);
  });
});

describe.each([...CLUSTERS])("a cluster of $name", ({ create }) => {
  const connected = async () => {
    const client = create(cluster.nodes);
    keep(client);
    const used = {
      ...client,
      commands: commandsOf(client.client),
      subs: subscriptionsOf(client.client),
    };
    await client.connect();
    await Promise.all([state(used.commands), state(used.subs)]);
    return used;
  };

  test("gives each message to its listeners, whichever node has its slot", async () => {
    const { commands, subs } = await connected();
    expect(commands.isCluster).toBe(true);
    const heard: string[] = [];
    const listener = (payload: Buffer, channel: string) => heard.push(`${channel} ${payload}`);
    await Promise.all([
      ...names.map((name) => subs.subscribe("shard", name, listener)),
      subs.subscribe("channel", names[0] ?? "", listener),
      subs.subscribe("pattern", `p${names[0]}*`, listener),
    ]);
    expect((await commands.publish(messages, true)).filter(Boolean)).toEqual([]);
    const classic = [names[0] ?? "", `p${names[0]}`, "none"].map((channel) => ({
      channel,
      payload: "x",
    }));
    expect(await commands.publish(classic, false)).toEqual([null, null, null]);
    await until(() => heard.length === names.length + 2);
    expect(heard.toSorted()).toEqual(
      [...names, names[0], `p${names[0]}`].map((name) => `${name} x`).toSorted(),
    );
  });

  test("keeps the order of messages on a channel", async () => {
    const { commands, subs } = await connected();
    const [channel = ""] = names;
    const heard: string[] = [];
    await subs.subscribe("channel", channel, (payload) => heard.push(`${payload}`));
    await subs.subscribe("shard", channel, (payload) => heard.push(`shard ${payload}`));
    const sent = Array.from({ length: 200 }, (_, i) => `${i}`);
    for (const isSharded of [false, true]) {
      for (let i = 0; i < sent.length; i += 20) {
        const batch = sent.slice(i, i + 20).map((payload) => ({ channel, payload }));
        commands.publish(batch, isSharded);
      }
    }
    await until(() => heard.length === 2 * sent.length);
    expect(heard.filter((name) => !name.startsWith("shard"))).toEqual(sent);
    expect(heard.filter((name) => name.startsWith("shard"))).toEqual(
      sent.map((name) => `shard ${name}`),
    );
  });

  test("counts the subscribers of all nodes", async () => {
    const clients = await Promise.all([connected(), connected(), connected(), connected()]);
    const counted = `${names[0]} too`;
    for (const { subs } of clients) {
      await subs.subscribe("channel", counted, () => {});
      await Promise.all(names.map((name) => subs.subscribe("shard", name, () => {})));
    }
    const [one] = clients;
    expect(await one?.commands.countSubscribers([counted, "none"], false)).toEqual([4, 0]);
    expect(await one?.commands.countSubscribers([...names, "none"], true)).toEqual([
      ...names.map(() => 4),
      0,
    ]);
  });

  test("sends each command to the node that has its key", async () => {
    const { commands } = await connected();
    const id = Math.random();
    const set = names.map((name) => ({ key: `${name}${id}`, args: ["SET", `${name}${id}`, name] }));
    const get = names.map((name) => ({ key: `${name}${id}`, args: ["GET", `${name}${id}`] }));
    const replies = await commands.send([...set, ...get, { key: undefined, args: ["PING"] }]);
    expect(replies.map(String)).toEqual([...names.map(() => "OK"), ...names, "PONG"]);
  });

  test("follows a node that says another one has the key", async () => {
    const { commands } = await connected();
    // The key it is sent by is not the one it is about.
    const [first, second, third] = ["a", "b", "c"].map((name) => ({
      key: name,
      args: ["SET", `{${name}}x`, name],
    }));
    if (!first || !second || !third) throw new Error("there are three");
    const wrong = { key: "b", args: ["GET", "{b}x"] };
    expect((await commands.send([first, second, third])).map(String)).toEqual(["OK", "OK", "OK"]);
    expect((await commands.send([wrong])).map(String)).toEqual(["b"]);
  });

  test("has nothing left in Redis after the program has ended it", async () => {
    const count = async () => {
      const counts = await Promise.all(
        [...cluster.masters, ...cluster.replicas].map((node) => countClients(node)),
      );
      return counts.reduce((sum, n) => sum + n, 0);
    };
    let before = Number.POSITIVE_INFINITY;
    // Clients of the tests before are gone a moment later.
    await until(async () => {
      const now = await count();
      const isStable = now === before;
      before = now;
      if (!isStable) await Bun.sleep(100);
      return isStable;
    });
    const used = await connected();
    await used.subs.subscribe("channel", "a", () => {});
    await Promise.all(names.map((name) => used.subs.subscribe("shard", name, () => {})));
    const own = used.commands.duplicate();
    await state(own);
    expect(await count()).toBeGreaterThan(before + 4);
    own.end();
    await used.end();
    await state(used.commands, false);
    await until(async () => (await count()) <= before);
  });

  test("goes on where a slot has moved to", async () => {
    const { commands, subs } = await connected();
    const name = "mover";
    const slot = slotOf(name);
    let heard = 0;
    await subs.subscribe("shard", name, () => heard++);
    const told: string[] = [];
    subs.onInterrupted(() => told.push("interrupted"));
    subs.onResubscribed(() => told.push("resubscribed"));
    const back = next((listener) => subs.onResubscribed(listener));
    await moveSlot(slot);
    // Who publishes is told of it.
    const publishing = setInterval(() => commands.publish([{ channel: name, payload: "x" }], true));
    await back;
    heard = 0;
    await until(() => heard > 0);
    clearInterval(publishing);
    expect(told.slice(0, 2)).toEqual(["interrupted", "resubscribed"]);
    expect(await commands.countSubscribers([name], true)).toEqual([1]);
  }, 15_000);
});

describe.each([...CLUSTERS])("when a master dies, a cluster of $name", ({ create }) => {
  test("goes on with the replica that takes its place", async () => {
    const own = await startRedisCluster({ masters: 3, replicasPerMaster: 1 });
    const client = create(own.nodes);
    keep(client);
    const commands = commandsOf(client.client);
    const subs = subscriptionsOf(client.client);
    await client.connect();
    await state(commands);
    const heard = new Set<string>();
    const listener = (_payload: Buffer, channel: string) => heard.add(channel);
    await Promise.all([
      ...names.map((name) => subs.subscribe("shard", name, listener)),
      subs.subscribe("channel", "c", listener),
    ]);
    const interrupted = next((listener) => subs.onInterrupted(listener));
    const back = next((listener) => subs.onResubscribed(listener));
    await own.masters[1]?.kill();
    await interrupted;
    await until(async () => {
      const results = await commands.publish(messages, true);
      return results.every((result) => result === null);
    });
    await back;
    heard.clear();
    expect((await commands.publish(messages, true)).filter(Boolean)).toEqual([]);
    expect(await commands.publish([{ channel: "c", payload: "x" }], false)).toEqual([null]);
    await until(() => heard.size === names.length + 1);
    await client.end();
    await own.stop();
  }, 40_000);
});

/** Hands a slot, of which there are no keys, to the next master, as a resharding does. */
async function moveSlot(slot: number): Promise<void> {
  const nodes = await Promise.all(
    cluster.masters.map((server) =>
      asked(server, async (redis) => {
        const view = String(await redis.cluster("NODES"));
        const own = view.split("\n").find((line) => line.includes("myself")) ?? "";
        return { server, id: own.split(" ")[0] ?? "", hasSlot: hasSlot(own, slot) };
      }),
    ),
  );
  const at = nodes.findIndex((node) => node.hasSlot);
  const [from, to] = [nodes[at], nodes[(at + 1) % nodes.length]];
  if (!from || !to) throw new Error("no node has the slot");
  const set = (server: RedisServer, ...args: string[]) =>
    asked(server, (redis) => redis.call("CLUSTER", "SETSLOT", slot, ...args));
  await set(to.server, "IMPORTING", from.id);
  await set(from.server, "MIGRATING", to.id);
  // In this order: the new one makes an epoch of it, so that no node goes back to the old one.
  await set(to.server, "NODE", to.id);
  await set(from.server, "NODE", to.id);
  for (const { server } of nodes) await set(server, "NODE", to.id);
  await cluster.settled();
}

/** Whether a line of CLUSTER NODES has the slot. */
function hasSlot(line: string, slot: number): boolean {
  const [, , , , , , , , ...ranges] = line.trim().split(" ");
  return ranges.some((range) => {
    const [from, to] = range.split("-").map(Number);
    return from !== undefined && from <= slot && slot <= (to ?? from);
  });
}
