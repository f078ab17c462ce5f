// Emitters, for fleets of all kinds of nodes at once: this package with its own adapters and with the
// published ones, and the reference on Node.js.

import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { Emitter as ReferenceEmitter } from "@socket.io/redis-emitter";

import { Emitter } from "bun-socket.io/redis";
import { Redis } from "ioredis";
import { Fleet } from "../../adapters/adapter-tests/fleet.ts";
import type { Member } from "../../adapters/adapter-tests/member.ts";
import { SERVER_EVENTS } from "../../adapters/adapter-tests/program.ts";
import { until } from "../../adapters/adapter-tests/waiting.ts";
import type { AdapterConfig } from "../support/fleet/adapter-config.ts";
import { makeOwn } from "../support/fleet/own-adapters.ts";
import { ProcessNodes, REFERENCE_ON_NODE } from "../support/fleet/process-nodes.ts";
import { makePublished } from "../support/fleet/published-adapters.ts";
import { type RedisServer, startRedis } from "../support/redis.ts";

const KEY = "emitters";
const START_MS = 60_000;

let redis: RedisServer;
let client: Redis;
const processes = new ProcessNodes();
beforeAll(async () => {
  redis = await startRedis();
  client = new Redis(redis.port, "127.0.0.1");
});
afterAll(async () => {
  client.disconnect();
  await processes.stop();
  await redis.stop();
}, START_MS);

const EMITTERS: readonly {
  name: string;
  config(): AdapterConfig;
  make(): ReferenceEmitter | Emitter;
}[] = [
  {
    name: "@socket.io/redis-emitter, over classic pub/sub",
    config: () => ({ kind: "classic", redisPort: redis.port, key: KEY }),
    make: () => new ReferenceEmitter(client, { key: KEY }),
  },
  {
    name: "Emitter, over classic pub/sub",
    config: () => ({ kind: "classic", redisPort: redis.port, key: KEY }),
    make: () => new Emitter(client, { key: KEY }),
  },
  {
    name: "Emitter, over sharded pub/sub",
    config: () => ({
      kind: "sharded",
      redisPort: redis.port,
      key: KEY,
      subscriptionMode: "dynamic",
    }),
    make: () => new Emitter(client, { adapter: "sharded", channelPrefix: KEY }),
  },
  {
    name: "Emitter, over streams",
    config: () => ({ kind: "streams", redisPort: redis.port, key: KEY }),
    make: () => new Emitter(client, { adapter: "streams", streamName: KEY }),
  },
];

describe.each(EMITTERS)("$name", ({ config, make }) => {
  let fleet: Fleet;
  let emitter: ReturnType<typeof make>;
  beforeAll(async () => {
    fleet = await Fleet.start({
      name: "",
      createNode(request) {
        switch (request.index) {
          case 0:
            return makeOwn(config());
          case 1:
            return processes.start(REFERENCE_ON_NODE, config(), request);
          default:
            return makePublished(config());
        }
      },
    });
    emitter = make();
  }, START_MS);
  afterEach(() => fleet.reset());
  afterAll(() => fleet.stop(), START_MS);

  /** Holds that exactly these clients get an event, once. */
  async function reaches(
    emit: (event: string) => unknown,
    expected: readonly Member[],
    everybody: readonly Member[],
  ): Promise<void> {
    const [event, end] = [fleet.name("event"), fleet.name("end")];
    emit(event);
    await Promise.all(expected.map((member) => member.gets(event)));
    emitter.emit(end);
    await Promise.all(everybody.map((member) => member.gets(end)));
    expect(everybody.map((member) => member.got(event).length)).toEqual(
      everybody.map((member) => (expected.includes(member) ? 1 : 0)),
    );
  }

  test("reaches all, those in rooms, and not those excepted", async () => {
    const members = await fleet.connectEach();
    const [a, b, c] = members as [Member, Member, Member];
    const [room, quiet] = [fleet.name("room"), fleet.name("quiet")];
    await Promise.all(members.map((member) => member.join(room)));
    await c.join(quiet);
    await fleet.settle([room], members);
    await fleet.settle([quiet], [c]);
    await reaches((event) => emitter.emit(event), members, members);
    await reaches((event) => emitter.to(room).emit(event), members, members);
    await reaches((event) => emitter.in(quiet).emit(event), [c], members);
    await reaches((event) => emitter.to([room, quiet]).emit(event), members, members);
    await reaches((event) => emitter.except(quiet).emit(event), [a, b], members);
    await reaches((event) => emitter.to(room).except(quiet).emit(event), [a, b], members);
    await reaches((event) => emitter.volatile.emit(event), members, members);
    await reaches((event) => emitter.compress(false).emit(event), members, members);
    await fleet.settleOwn(members);
    for (const member of members) {
      await reaches((event) => emitter.to(member.id).emit(event), [member], members);
    }
  });

  test("carries what it is given, bytes too", async () => {
    const members = await fleet.connectEach();
    const event = fleet.name("event");
    emitter.emit(event, 1, "two", { three: [null, true] }, Buffer.from([4, 255]), { five: [6] });
    for (const member of members) {
      const [[one, two, three, four, five] = []] = await member.gets(event);
      expect([one, two, three, five]).toEqual([1, "two", { three: [null, true] }, { five: [6] }]);
      expect([...Buffer.from(four as Buffer)]).toEqual([4, 255]);
    }
  });

  test("makes sockets join and leave rooms", async () => {
    const members = await fleet.connectEach();
    const [one, two] = [fleet.name("one"), fleet.name("two")];
    emitter.socketsJoin([one, two]);
    await Promise.all(members.map((member) => member.isIn(one, two)));
    emitter.in(one).socketsLeave(two);
    await Promise.all(members.map((member) => member.isIn(one)));
    const [first, ...others] = members as [Member, ...Member[]];
    emitter.except(first.id).socketsLeave(one);
    await Promise.all(others.map((member) => member.isIn()));
    await first.isIn(one);
  });

  test("disconnects sockets, with their connections or without", async () => {
    for (const close of [false, true]) {
      const members = await fleet.connectEach();
      const staying = await fleet.connect(0);
      const siblings = await Promise.all(members.map((member) => member.addSibling()));
      const gone = members.map((member) => member.isGone());
      emitter.except(staying.id).disconnectSockets(close);
      expect(await Promise.all(gone)).toEqual(members.map(() => "io server disconnect"));
      if (close) {
        await until(
          () => siblings.every(({ connected }) => !connected),
          fleet.deadlineMs,
          () => "the connections are still there",
        );
      } else {
        await Promise.all(
          siblings.map((sibling) => sibling.timeout(fleet.deadlineMs).emitWithAck("set data", {})),
        );
      }
      expect(staying.client.connected).toBeTrue();
    }
  });

  test("reaches the servers", async () => {
    const token = fleet.name("token");
    emitter.serverSideEmit(SERVER_EVENTS.plain, token, { two: [2] });
    for (const node of fleet.nodes) {
      const heard = async (): Promise<unknown[][]> =>
        (await node.call("heard")).filter(([, first]) => first === token);
      await until(async () => (await heard()).length > 0, fleet.deadlineMs, heard);
      expect(await heard()).toEqual([["/", token, { two: [2] }]]);
    }
  });

  test("keeps to its namespace", async () => {
    const nsp = "/dynamic-emitters";
    const inside = await Promise.all(fleet.nodes.map((_node, index) => fleet.connect(index, nsp)));
    await fleet.knowEachOther(nsp);
    await fleet.settle([], inside, nsp);
    const outside = await fleet.connectEach();
    const event = fleet.name("event");
    emitter.of(nsp).emit(event, "x");
    for (const member of inside) {
      expect(await member.gets(event)).toEqual([["x"]]);
    }
    await reaches((other) => emitter.emit(other), outside, outside);
    expect(outside.flatMap((member) => member.got(event))).toEqual([]);
  });
});
