// What whoever can publish, or name a room, may try against the adapters over pub/sub.

import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { MessageType } from "bun-socket.io/adapter";
import { createAdapter, type RedisAdapter } from "bun-socket.io/redis";
import { encodeMsgpack } from "../../adapters/redis/codec.ts";
import { once } from "../support/clients.ts";
import { Fleet, MODES, type Mode, type Node, pubSubOf, until } from "../support/pubsub.ts";
import { startRedis } from "../support/redis.ts";

const CLASSIC = MODES[0] as Mode;
const SHARDED = MODES[4] as Mode;
const REQUESTS = "socket.io-request#/#";
const RESPONSES = "socket.io-response#/#";
const FLOOD = 3_000;

const fleet = new Fleet();
let errors: Error[];
beforeEach(async () => {
  errors = [];
  await fleet.startRedis();
});
afterEach(() => fleet.end());

async function start(mode: Mode, options: Parameters<Fleet["startNodes"]>[2] = {}) {
  const nodes = await fleet.startNodes(2, mode, options);
  for (const { io } of nodes) {
    pubSubOf(io).on("error", (error) => errors.push(error));
  }
  return nodes as [Node, Node];
}

/** The name that a node has among the others. */
function uidOf({ io }: Node): string {
  return Reflect.get(io.of("/").adapter, "uid");
}

describe("rooms that have the name of a node", () => {
  test("a node that leaves one still hears its answers", async () => {
    const [one, other] = await start(SHARDED);
    const { client, socket } = await fleet.join(one);
    await socket.join(uidOf(one));
    const heard = once(client, "event");
    other.io.to(uidOf(one)).emit("event", 1);
    expect(await heard).toEqual([1]);
    await socket.leave(uidOf(one));
    expect(await one.io.timeout(2_000).fetchSockets()).toHaveLength(1);
  });
});

describe("names that are none", () => {
  test("no socket joins a room that is an object", async () => {
    const [one] = await start(CLASSIC);
    const { socket } = await fleet.join(one);
    for (const room of [{ a: 1 }, null, [{ a: 1 }]]) {
      await fleet.ask("PUBLISH", REQUESTS, JSON.stringify({ type: 2, sid: socket.id, room }));
    }
    await until(() => errors.length === 3);
    expect([...socket.rooms]).toEqual([socket.id]);
  });

  test("a node with a name that is far too long is not remembered", async () => {
    const [one] = await start(CLASSIC);
    const uid = "x".repeat(10_000);
    const data = { requestId: "1", last: 1, since: 0, after: [] };
    const type = 100 + MessageType.REPLAY_REQUEST;
    await fleet.ask("PUBLISH", REQUESTS, JSON.stringify({ uid, type, data }));
    await until(() => errors.length === 2);
    expect(pubSubOf(one.io).stats.replay?.unanswered).toBe(0);
  });
});

describe("answers", () => {
  test("the rooms of a node count once, and only if they are names", async () => {
    const [one] = await start(CLASSIC, { requestsTimeout: 300 });
    const spy = fleet.connect();
    await spy.subscribe(REQUESTS); // Redis counts it as a node
    spy.on("message", (_channel, text) => {
      const { type, requestId } = JSON.parse(text);
      for (const rooms of type === 1 ? [["a"], ["a"], ["a"], [{}]] : []) {
        const answer = { requestId, uid: "spy", rooms };
        void fleet.ask("PUBLISH", RESPONSES, JSON.stringify(answer));
      }
    });
    const rooms = await (one.io.of("/").adapter as RedisAdapter).allRooms();
    expect([...rooms]).toEqual(["a"]);
  });
});

describe("floods", () => {
  test("requests of a replay do not push messages out of the outbox", async () => {
    const [one, other] = await start(CLASSIC, { outbox: { maxBytes: 2_000_000 } });
    const { client } = await fleet.join(other);
    const heard = once(client, "last");
    const dropped: unknown[] = [];
    pubSubOf(one.io).on("dropped", (drop) => dropped.push(drop));
    for (let i = 0; i < 100; i++) {
      one.io.emit("fill", "x".repeat(1_000));
    }
    const data = { requestId: "1", last: 0, since: 0, after: [[uidOf(one), 0]] };
    const type = 100 + MessageType.REPLAY_REQUEST;
    const pipeline = fleet.connect().pipeline();
    for (let i = 0; i < FLOOD; i++) {
      pipeline.publish(REQUESTS, JSON.stringify({ uid: "flood", type, data }));
    }
    await pipeline.exec();
    one.io.emit("last", 1);
    expect(await heard).toEqual([1]);
    expect(dropped).toEqual([]);
  });

  test("nodes that there are not are asked for what they sent only so many at a time", async () => {
    const [one] = await start(CLASSIC);
    const type = 100 + MessageType.REPLAY_REQUEST;
    const data = { requestId: "1", last: 5, since: 0, after: [] };
    const pipeline = fleet.connect().pipeline();
    for (let i = 0; i < FLOOD; i++) {
      pipeline.publish(REQUESTS, JSON.stringify({ uid: `flood ${i}`, type, data }));
    }
    await pipeline.exec();
    await until(() => (pubSubOf(one.io).stats.replay?.unanswered ?? 0) >= 1_000);
    await one.io.fetchSockets(); // the rest has been read by then
    expect(pubSubOf(one.io).stats.replay?.unanswered).toBe(1_000);
  });
});

test("a forged number does not freeze what is known of the rooms of a node", async () => {
  const [one, other] = await start(SHARDED);
  const { socket } = await fleet.join(one);
  const held = new Set<string>();
  pubSubOf(other.io).on("occupied", (room) => held.add(room));
  pubSubOf(other.io).on("vacated", (room) => held.delete(room));
  await socket.join("first");
  await until(() => held.has("first"));
  const data = { number: 2 ** 53 - 1, part: [0, 1], occupied: ["forged"], vacated: [] };
  const message = { type: MessageType.ROOMS, uid: uidOf(one), nsp: "/", data };
  await fleet.ask("SPUBLISH", "socket.io#/#", JSON.stringify(message));
  await until(() => held.has("forged"));
  await socket.join("second");
  await until(() => held.has("second") && !held.has("forged"));
  expect([...held].sort()).toEqual(["first", "second"]);
}, 20_000);

describe("a number that a node has not come to", () => {
  /** Nodes, one of which gets a message in the name of the other, with a number that is not its own. */
  async function forge(mode: Mode, number: number, previous: number) {
    const [one, other] = await start(mode);
    const { client } = await fleet.join(other);
    const heard: unknown[] = [];
    client.on("event", (argument) => heard.push(argument));
    one.io.emit("event", 1);
    await until(() => heard.length === 1);
    const data = ["event", "forged"];
    const options = { rooms: [], except: [], flags: {} };
    const link = [number, previous];
    if (mode.isSharded) {
      const message = { packet: { type: 2, data }, opts: options };
      const forged = { type: 3, uid: uidOf(one), nsp: "/", data: message, link };
      await fleet.ask("SPUBLISH", "socket.io#/#", JSON.stringify(forged));
    } else {
      const forged = [uidOf(one), { type: 2, data, nsp: "/" }, options, link];
      await fleet.connect().publish("socket.io#/#", encodeMsgpack(forged));
    }
    return { one, other, heard };
  }

  // Behind it, as far as its link says, nothing is missing; or all is.
  test.each([0, 2 ** 53 - 2])("in its name keeps nothing of it back (%p)", async (previous) => {
    const { one, other, heard } = await forge(CLASSIC, 2 ** 53 - 1, previous);
    await until(() => errors.length === 1);
    for (const number of [2, 3, 4]) one.io.emit("event", number);
    await until(() => heard.length === 4);
    expect(heard).toEqual([1, 2, 3, 4]);
    expect(errors).toMatchObject([{ code: "ERR_MALFORMED_MESSAGE" }]);
    expect(pubSubOf(other.io).stats.replay?.asked).toBeLessThan(10);
  });

  test.each([CLASSIC, SHARDED])(
    "but could soon come to is found out by what it sends next ($name)",
    async (mode) => {
      const { one, other, heard } = await forge(mode, 900_000, 0);
      await until(() => heard.length === 2);
      for (const number of [2, 3, 4]) one.io.emit("event", number);
      await until(() => heard.length === 5);
      one.io.emit("event", 5);
      await until(() => heard.length === 6);
      expect(heard).toEqual([1, "forged", 2, 3, 4, 5]);
      expect(errors).toMatchObject([{ code: "ERR_MALFORMED_MESSAGE" }]);
      expect(pubSubOf(other.io).stats.replay).toMatchObject({ losses: 0, unanswered: 0 });
    },
  );
});

test("clients of two Redis servers are told of, and nothing counts as whole", async () => {
  const second = await startRedis();
  try {
    const pub = fleet.connect();
    const sub = pub.duplicate({ port: second.port });
    sub.on("error", () => {});
    const node = fleet.add(
      { adapter: createAdapter(pub, sub, { requestsTimeout: 300 }) },
      pub,
      sub,
    );
    await expect(node.io.fetchSockets()).rejects.toHaveProperty("code", "ERR_PARTIAL_RESPONSE");
    await expect(node.io.of("/").adapter.serverCount()).rejects.toThrow("the same Redis?");
    sub.disconnect();
  } finally {
    await second.stop();
  }
});

test("who joins a room that Redis refuses does not wait for ever", async () => {
  const pub = fleet.connect();
  await pub.call("ACL", "SETUSER", "default", "-ssubscribe");
  const node = fleet.startNode(SHARDED);
  pubSubOf(node.io).on("error", (error) => errors.push(error));
  const { socket } = await fleet.join(node);
  await socket.join("room");
  expect(errors.map(({ message }) => message).join()).toContain("NOPERM");
});
