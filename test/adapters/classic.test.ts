// What the classic adapter does beside nodes of the reference, and how adapters are made.

import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { createAdapter as createReferenceAdapter } from "@socket.io/redis-adapter";
import { SocketIOError } from "bun-socket.io";
import { createAdapter, createShardedAdapter, type RedisAdapter } from "bun-socket.io/redis";
import { once } from "../support/clients.ts";
import { Fleet, MODES, type Mode, type Node, pubSubOf, until } from "../support/pubsub.ts";
import { REFERENCE } from "../support/reference.ts";

interface WithRooms {
  allRooms(): Promise<Set<string>>;
}

const [CLASSIC] = MODES as [Mode];
const fleet = new Fleet();
beforeEach(() => fleet.startRedis());
afterEach(() => fleet.end());

function startReference(): Node {
  const [pub, sub] = [fleet.connect(), fleet.connect()];
  const adapter = createReferenceAdapter(pub, sub);
  return fleet.add({ adapter: adapter as never }, pub, sub, REFERENCE);
}

describe("allRooms()", () => {
  test("has the rooms of all nodes, those of the reference too, and is answered to them", async () => {
    const own = [fleet.startNode(CLASSIC), fleet.startNode(CLASSIC)];
    const nodes = [...own, startReference()];
    await fleet.together(nodes);
    const rooms = new Set<string>();
    for (const [index, node] of nodes.entries()) {
      const { socket } = await fleet.join(node);
      await socket.join([`room-${index}`, "common"]);
      for (const room of socket.rooms) {
        rooms.add(room);
      }
    }
    for (const { io } of nodes) {
      const adapter = io.of("/").adapter as unknown as WithRooms;
      expect([...(await adapter.allRooms())].sort()).toEqual([...rooms].sort());
    }
  });

  test("tells that rooms are missing", async () => {
    const [first] = await fleet.startNodes(1, CLASSIC, { requestsTimeout: 200 });
    if (first === undefined) throw new Error("no node");
    const deaf = fleet.connect();
    await deaf.subscribe("socket.io-request#/#"); // counts as a node
    const { socket } = await fleet.join(first);
    const adapter = pubSubOf(first.io) as RedisAdapter;
    const error = await adapter.allRooms().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "ERR_PARTIAL_RESPONSE", responses: [socket.id] });
  });
});

test("old requests to one socket are carried out and answered", async () => {
  const node = fleet.startNode(CLASSIC);
  await pubSubOf(node.io).init();
  const { client, socket } = await fleet.join(node);
  const listening = fleet.connect();
  const answers: unknown[] = [];
  listening.on("message", (_channel, text: string) => answers.push(JSON.parse(text)));
  await listening.subscribe("socket.io-response#/#");
  const ask = (request: object) =>
    fleet.ask("PUBLISH", "socket.io-request#/#", JSON.stringify({ uid: "old", ...request }));
  await ask({ requestId: "1", type: 2, sid: socket.id, room: "a" });
  await until(() => answers.length === 1);
  expect([...socket.rooms]).toContain("a");
  await ask({ requestId: "2", type: 0, rooms: ["a"] });
  await until(() => answers.length === 2);
  expect(answers[1]).toMatchObject({ requestId: "2", sockets: [socket.id] });
  await ask({ requestId: "3", type: 3, sid: socket.id, room: "a" });
  await until(() => answers.length === 3);
  expect([...socket.rooms]).not.toContain("a");
  const gone = once(client, "disconnect");
  await ask({ requestId: "4", type: 4, sid: socket.id, close: true });
  await gone;
  await until(() => answers.length === 4);
  await ask({ requestId: "5", type: 2, sid: "nobody", room: "a" });
  await ask({ requestId: "6", type: 1 });
  await until(() => answers.length === 5);
  expect(answers.map((answer) => (answer as { requestId: string }).requestId)).toEqual(
    ["1", "2", "3", "4", "6"], // of a socket that is not here, nothing is said
  );
});

test("what sockets are made to join is not missed, though it was sent while the node was away", async () => {
  const nodes = await fleet.startNodes(2, CLASSIC);
  const [first, second] = nodes;
  if (first === undefined || second === undefined) throw new Error("no nodes");
  const { client, socket } = await fleet.join(second);
  const heard: number[] = [];
  client.on("tick", (number: number) => heard.push(number));
  first.io.emit("hello"); // so that they know each other
  await once(client, "hello");
  for (let round = 0; round < 5; round++) {
    const room = `late-${round}`;
    await fleet.ask("CLIENT", "KILL", "TYPE", "pubsub");
    first.io.in(socket.id).socketsJoin(room);
    heard.length = 0;
    const count = 100;
    for (let number = 0; number < count; number++) {
      first.io.to(room).emit("tick", number);
      await Bun.sleep(1);
    }
    await until(() => heard.length >= count);
    expect(heard).toEqual(Array.from({ length: count }, (_, number) => number));
  }
}, 20_000);

test("one client may send and subscribe", async () => {
  const nodes = [0, 1].map(() => {
    const both = fleet.connect();
    return fleet.add({ adapter: createAdapter(both, both) }, both, both);
  });
  await fleet.together(nodes);
  const [first, second] = nodes;
  if (first === undefined || second === undefined) throw new Error("no nodes");
  const { client } = await fleet.join(second);
  const heard = once(client, "hello");
  first.io.emit("hello", 1);
  expect(await heard).toEqual([1]);
});

test.each([
  { name: "createAdapter()", create: createAdapter },
  { name: "createShardedAdapter()", create: createShardedAdapter },
])("$name refuses what it cannot use", ({ create }) => {
  const client = fleet.connect();
  const codeOf = (make: () => unknown) => {
    try {
      make();
      return undefined;
    } catch (error) {
      return error instanceof SocketIOError ? error.code : error;
    }
  };
  expect(codeOf(() => create({}, client))).toBe("ERR_INVALID_ARGUMENT");
  expect(codeOf(() => create(client, undefined as never))).toBe("ERR_INVALID_ARGUMENT");
  const wrong = { subscriptionMode: "dynamic-public" } as never;
  expect(codeOf(() => create(client, client, wrong))).toBe("ERR_INVALID_OPTION");
  expect(codeOf(() => create(client, client, { outbox: { maxBytes: -1 } }))).toBe(
    "ERR_INVALID_OPTION",
  );
  expect(codeOf(() => create(client, client))).toBeUndefined();
});
