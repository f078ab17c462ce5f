// The clients of every package, over one Redis.

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { commandsOf, subscriptionsOf } from "../../adapters/redis/client.ts";
import type { SubscriptionKind } from "../../adapters/redis/port.ts";
import { CLIENTS } from "../support/redis-clients.ts";
import { endingClients } from "../support/redis-clients-open.ts";
import { asked, countClients, next, state, until } from "../support/redis-connections.ts";
import { freePort, type RedisServer, startRedis } from "../support/redis.ts";

const KINDS = ["channel", "pattern", "shard"] as const;
const keep = endingClients();

let redis: RedisServer;

beforeAll(async () => {
  redis = await startRedis();
});

afterAll(async () => {
  await redis.stop();
});

describe.each([...CLIENTS])("a client of $name", ({ create }) => {
  const use = (port = redis.port, options = {}) => {
    const client = create(port, options);
    keep(client);
    return { ...client, commands: commandsOf(client.client), subs: subscriptionsOf(client.client) };
  };

  const connected = async (port = redis.port, options = {}) => {
    const used = use(port, options);
    await used.connect();
    await Promise.all([state(used.commands), state(used.subs)]);
    return used;
  };

  test("gives each message to the listeners of its channel and of its patterns, as bytes", async () => {
    const { commands, subs } = await connected();
    const heard: unknown[] = [];
    const listener = (payload: Buffer, channel: string) => {
      expect(payload).toBeInstanceOf(Buffer);
      heard.push([channel, payload.toString("hex")]);
    };
    await Promise.all([
      subs.subscribe("channel", "grüße #1", listener),
      subs.subscribe("pattern", "a[*", listener),
      subs.subscribe("pattern", "b*", listener),
      subs.subscribe("shard", "{s} 日本", listener),
    ]);
    const results = await commands.publish(
      [
        { channel: "grüße #1", payload: "é" },
        { channel: "b\u0000c", payload: new Uint8Array([0, 255, 13, 10]) },
        { channel: "nobody's", payload: "x" },
      ],
      false,
    );
    expect(results).toEqual([null, null, null]);
    expect(await commands.publish([{ channel: "{s} 日本", payload: "" }], true)).toEqual([null]);
    await until(() => heard.length === 3);
    expect(heard).toEqual([
      ["grüße #1", "c3a9"],
      ["b\u0000c", "00ff0d0a"],
      ["{s} 日本", ""],
    ]);
  });

  test("keeps the order of messages", async () => {
    const { commands, subs } = await connected();
    const heard: string[] = [];
    await subs.subscribe("channel", "order", (payload) => heard.push(payload.toString()));
    const sent = Array.from({ length: 500 }, (_, i) => `${i}`);
    for (let i = 0; i < sent.length; i += 100) {
      const batch = sent.slice(i, i + 100).map((payload) => ({ channel: "order", payload }));
      expect((await commands.publish(batch, false)).filter(Boolean)).toEqual([]);
    }
    await until(() => heard.length === sent.length);
    expect(heard).toEqual(sent);
  });

  test("counts the subscribers", async () => {
    const [one, other] = [await connected(), await connected()];
    const ignore = () => {};
    await Promise.all([
      one.subs.subscribe("channel", "counted", ignore),
      other.subs.subscribe("channel", "counted", ignore),
      other.subs.subscribe("shard", "counted", ignore),
    ]);
    expect(await one.commands.countSubscribers(["counted", "none"], false)).toEqual([2, 0]);
    expect(await one.commands.countSubscribers(["none", "counted"], true)).toEqual([0, 1]);
    expect(await one.commands.countSubscribers([], true)).toEqual([]);
  });

  test("sends commands, and gives each its reply or its error", async () => {
    const { commands } = await connected();
    const key = `k${Math.random()}`;
    const replies = await commands.send([
      { key, args: ["RPUSH", key, new Uint8Array([0, 200]), "ü", 3] },
      { key, args: ["LRANGE", key, 0, -1] },
      { key, args: ["GET", key] },
      { key, args: ["GET", `${key}none`] },
    ]);
    expect(replies[0]).toBe(3);
    expect(replies[1]).toEqual([Buffer.from([0, 200]), Buffer.from("ü"), Buffer.from("3")]);
    expect(replies[2]).toBeInstanceOf(Error);
    expect(String(replies[2])).toContain("WRONGTYPE");
    expect(replies[3]).toBeNull();
  });

  test("writes entries of streams in one go, and gives each its id or its error", async () => {
    const { commands } = await connected();
    const [key, other] = [`s${Math.random()}`, `o${Math.random()}`];
    await commands.send([{ key: other, args: ["SET", other, "no stream"] }]);
    const add = (stream: string, id: string, ...fields: (string | number | Uint8Array)[]) => ({
      key: stream,
      args: ["XADD", stream, id, ...fields],
    });
    const replies = await commands.send([
      add(key, "1-1", "grüße", "日本\r\n"),
      add(other, "1-1", "a", "b"),
      add(key, "1-2", "bytes", new Uint8Array([0, 255, 13, 10]), "n", 3),
      add(key, "1-3", "", ""),
    ]);
    expect(replies.map(String)).toEqual([
      "1-1",
      expect.stringContaining("WRONGTYPE"),
      "1-2",
      "1-3",
    ]);
    const [entries] = await commands.send([{ key, args: ["XRANGE", key, "-", "+"] }]);
    expect(entries).toEqual([
      [Buffer.from("1-1"), [Buffer.from("grüße"), Buffer.from("日本\r\n")]],
      [
        Buffer.from("1-2"),
        [Buffer.from("bytes"), Buffer.from([0, 255, 13, 10]), Buffer.from("n"), Buffer.from("3")],
      ],
      [Buffer.from("1-3"), [Buffer.from(""), Buffer.from("")]],
    ]);
  });

  test("takes the last listener of a channel, and tells none after it is unsubscribed", async () => {
    const { commands, subs } = await connected();
    const heard: string[] = [];
    const tell = (payload: string) => commands.publish([{ channel: "listeners", payload }], false);
    await subs.subscribe("channel", "listeners", () => heard.push("first"));
    await subs.subscribe("channel", "listeners", (payload) => heard.push(`second ${payload}`));
    await subs.subscribe("pattern", "listeners*", (payload) => heard.push(`pattern ${payload}`));
    await tell("1");
    await until(() => heard.length === 2);
    subs.unsubscribe("channel", "listeners");
    await tell("2");
    await until(() => heard.length === 3);
    expect(heard).toEqual(["second 1", "pattern 1", "pattern 2"]);
    await until(async () => {
      const [count] = await commands.countSubscribers(["listeners"], false);
      return count === 0;
    });
    subs.unsubscribe("channel", "listeners");
    await subs.subscribe("channel", "listeners", (payload) => heard.push(`third ${payload}`));
    await tell("3");
    await until(() => heard.length === 5);
    expect(heard).toContain("third 3");
  });

  test("subscribes again although Redis has not answered yet that it is unsubscribed", async () => {
    const { commands, subs } = await connected();
    await subs.subscribe("channel", "stays", () => {}); // or the connection would not
    const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
    const heard: string[] = [];
    const listen = (kind: SubscriptionKind) =>
      subs.subscribe(kind, `again ${kind}`, (payload) => heard.push(`${kind} ${payload}`));
    await Promise.all(KINDS.map(listen));
    for (const count of [1, 2, 3]) {
      redis.pause();
      let done: Promise<void>[] = [];
      for (let times = 0; times < count; times++) {
        for (const kind of KINDS) subs.unsubscribe(kind, `again ${kind}`);
        await turn();
        await turn();
        done = KINDS.map(listen);
        await turn();
        await turn();
      }
      redis.resume();
      await Promise.all(done);
      await commands.publish([{ channel: "again channel", payload: `${count}` }], false);
      await commands.publish([{ channel: "again pattern", payload: `${count}` }], false);
      await commands.publish([{ channel: "again shard", payload: `${count}` }], true);
      await until(() => heard.length === 3 * count);
      expect(heard.slice(-3).sort()).toEqual(KINDS.map((kind) => `${kind} ${count}`));
    }
  });

  test("ends up with what was wanted last, however often that changed", async () => {
    const { commands, subs } = await connected();
    const ignore = () => {};
    for (let i = 0; i < 20; i++) {
      const done = subs.subscribe("shard", "often", ignore);
      if (i % 3 === 0) await done;
      if (i % 2 === 0) await Bun.sleep(0);
      subs.unsubscribe("shard", "often");
      await done;
    }
    await subs.subscribe("shard", "often", ignore);
    expect(await commands.countSubscribers(["often"], true)).toEqual([1]);
  });

  test("subscribes to thousands of channels at once", async () => {
    const { commands, subs } = await connected();
    const names = Array.from({ length: 5000 }, (_, i) => `many ${i}`);
    const heard = new Set<string>();
    const listener = (_payload: Buffer, channel: string) => heard.add(channel);
    await Promise.all(names.map((name) => subs.subscribe("shard", name, listener)));
    await commands.publish(
      names.map((channel) => ({ channel, payload: "x" })),
      true,
    );
    await until(() => heard.size === names.length);
    for (const name of names) subs.unsubscribe("shard", name);
    await subs.subscribe("shard", "last", listener);
    expect(await commands.countSubscribers(names.slice(0, 3), true)).toEqual([0, 0, 0]);
  });

  test("is one for all who ask for it", () => {
    const { client, commands, subs } = use();
    expect(commandsOf(client)).toBe(commands);
    expect(subscriptionsOf(client)).toBe(subs);
    expect(commands.isCluster).toBe(false);
  });

  test("has nothing left in Redis after the program has ended it", async () => {
    const server = await startRedis();
    const used = await connected(server.port);
    await used.subs.subscribe("channel", "a", () => {});
    await used.subs.subscribe("shard", "a", () => {});
    expect(await countClients(server)).toBe(3);
    await used.end();
    await Promise.all([state(used.commands, false), state(used.subs, false)]);
    await until(async () => (await countClients(server)) === 0);
    expect(await used.commands.publish([{ channel: "a", payload: "x" }], false)).toEqual([
      expect.any(Error),
    ]);
    await server.stop();
  });

  test("tells of a subscription that Redis refuses, and tries it again", async () => {
    const server = await startRedis();
    await asked(server, (admin) =>
      admin.call("ACL", "SETUSER", "default", "resetchannels", "&allowed*"),
    );
    const { subs } = await connected(server.port);
    const errors: string[] = [];
    subs.onError((error) => errors.push(error.message));
    const names = ["allowed 1", "refused", "allowed 2"];
    const [first, refused, second] = names.map((name) => subs.subscribe("channel", name, () => {}));
    await Promise.all([first, second]);
    await until(() => errors.length > 0);
    expect(errors).toHaveLength(1);
    expect(errors[0]).toContain('"refused"');
    expect(errors[0]).toContain("NOPERM");
    await asked(server, (admin) => admin.call("ACL", "SETUSER", "default", "allchannels"));
    await refused;
    await server.stop();
  });

  describe("when Redis is away", () => {
    let server: RedisServer;

    beforeEach(async () => {
      server = await startRedis();
    });

    afterEach(() => server.stop());

    test("fails at once, and has all subscriptions again when Redis is back", async () => {
      const { commands, subs } = await connected(server.port);
      const told: string[] = [];
      subs.onInterrupted(() => told.push("interrupted"));
      subs.onResubscribed(() => told.push("resubscribed"));
      const heard: string[] = [];
      const listener = (payload: Buffer, channel: string) => heard.push(`${channel} ${payload}`);
      await Promise.all([
        subs.subscribe("channel", "c", listener),
        subs.subscribe("channel", "gone", listener),
        subs.subscribe("pattern", "p*", listener),
        subs.subscribe("shard", "s", listener),
      ]);
      for (let round = 1; round <= 2; round++) {
        await server.kill();
        const results = await commands.publish([{ channel: "c", payload: "lost" }], false);
        expect(results).toEqual([expect.any(Error)]);
        await state(commands, false);
        await state(subs, false);
        expect(await commands.send([{ key: "k", args: ["GET", "k"] }])).toEqual([
          expect.any(Error),
        ]);
        expect(commands.countSubscribers(["c"], false)).rejects.toThrow();
        // Meanwhile things change.
        subs.unsubscribe("channel", "gone");
        const late = subs.subscribe("channel", `late ${round}`, listener);
        const back = next((listener) => subs.onResubscribed(listener));
        await server.restart();
        await Promise.all([back, late, state(commands), state(subs)]);
        await commands.publish(
          ["c", "gone", "p1", `late ${round}`].map((channel) => ({ channel, payload: "x" })),
          false,
        );
        await commands.publish([{ channel: "s", payload: "x" }], true);
        await until(() => heard.length === 4);
        expect(heard.toSorted()).toEqual(["c x", `late ${round} x`, "p1 x", "s x"]);
        heard.length = 0;
      }
      expect(told).toEqual(["interrupted", "resubscribed", "interrupted", "resubscribed"]);
    });

    test("works once Redis is there, though it was down at the start", async () => {
      await server.stop();
      const { commands, subs, connect } = use(server.port);
      expect(commands.isReady).toBe(false);
      const connecting = connect();
      const heard: string[] = [];
      let interruptions = 0;
      subs.onInterrupted(() => interruptions++);
      const subscribed = subs.subscribe("channel", "c", (payload) => heard.push(`${payload}`));
      await Bun.sleep(100);
      await server.restart();
      await Promise.all([subscribed, connecting, state(commands)]);
      expect(await commands.publish([{ channel: "c", payload: "x" }], false)).toEqual([null]);
      await until(() => heard.length === 1);
      expect(interruptions).toBe(0);
    });

    test("loses nothing while Redis is halted", async () => {
      const { commands, subs } = await connected(server.port);
      const heard: string[] = [];
      await subs.subscribe("channel", "c", (payload) => heard.push(`${payload}`));
      server.pause();
      const published = commands.publish([{ channel: "c", payload: "x" }], false);
      const subscribed = subs.subscribe("channel", "d", () => {});
      await Bun.sleep(50);
      server.resume();
      expect(await published).toEqual([null]);
      await subscribed;
      await until(() => heard.length === 1);
    });

    test("gives back what was not answered when the connection was lost", async () => {
      const { commands } = await connected(server.port);
      server.pause();
      const messages = Array.from({ length: 300 }, () => ({ channel: "c", payload: "x" }));
      const published = Promise.all([
        commands.publish(messages, false),
        commands.publish(messages, false),
      ]);
      await Bun.sleep(20);
      await server.kill();
      const results = (await published).flat();
      expect(results.filter((result) => result instanceof Error)).toHaveLength(600);
      await server.restart();
      await state(commands);
      expect(await commands.publish([{ channel: "c", payload: "y" }], false)).toEqual([null]);
      const stats = await asked(server, (redis) => redis.info("commandstats"));
      // The client has not sent them a second time.
      expect(stats).toMatch(/cmdstat_publish:calls=1,/);
    });

    test("is ended without a trace while it cannot connect", async () => {
      await server.stop();
      const { commands, subs, connect, end } = use(server.port);
      // It never is, or it is said that it is not.
      connect().catch(() => {});
      const pending = subs.subscribe("channel", "c", () => {});
      await Bun.sleep(20);
      await end();
      subs.unsubscribe("channel", "c");
      await pending;
      await server.restart();
      await Bun.sleep(100);
      expect(commands.isReady).toBe(false);
      expect(await countClients(server)).toBe(0);
    });

    describe("a duplicate", () => {
      test("blocks without holding up the others, and ends while it blocks", async () => {
        const { commands } = await connected(server.port);
        const own = commands.duplicate();
        await state(own);
        const args = ["XREAD", "BLOCK", 0, "STREAMS", "stream", "$"];
        const read = own.send([{ key: "stream", args }]);
        await until(() =>
          asked(server, async (redis) => /blocked_clients:1/.test(await redis.info("clients"))),
        );
        await commands.send([{ key: "stream", args: ["XADD", "stream", "1-1", "a", "b"] }]);
        const text = JSON.stringify(await read, (_, value) =>
          value?.type === "Buffer" ? Buffer.from(value.data).toString() : value,
        );
        expect(text).toBe('[[["stream",[["1-1",["a","b"]]]]]]');
        const heard: string[] = [];
        await own.subscribe("channel", "c", (payload) => heard.push(`${payload}`));
        const blocked = own.send([{ key: "stream", args }]);
        await commands.publish([{ channel: "c", payload: "x" }], false);
        await until(() => heard.length === 1);
        own.end();
        expect(await blocked).toEqual([expect.any(Error)]);
        await until(async () => (await countClients(server)) === 1);
        expect(own.isReady).toBe(false);
      });

      test("connects again after an outage", async () => {
        const { commands } = await connected(server.port);
        const own = commands.duplicate();
        await state(own);
        await server.kill();
        await state(own, false);
        await server.restart();
        await state(own);
        expect(await own.send([{ key: undefined, args: ["PING"] }])).toEqual([Buffer.from("PONG")]);
        own.end();
      });

      test("ends though it was never connected", async () => {
        const { commands } = await connected(server.port);
        await server.kill();
        await state(commands, false);
        const own = commands.duplicate();
        const atOnce = commands.duplicate();
        atOnce.end();
        await Bun.sleep(30);
        own.end();
        await server.restart();
        await state(commands);
        await until(async () => (await countClients(server)) === 1);
        expect(own.isReady).toBe(false);
      });
    });
  });

  test("is connected by the program, and is ready then", async () => {
    const free = freePort();
    const { commands, subs } = use(free);
    expect(commands.isReady).toBe(false);
    expect(subs.isReady).toBe(false);
    expect(await commands.publish([{ channel: "c", payload: "x" }], false)).toEqual([
      expect.any(Error),
    ]);
  });
});
