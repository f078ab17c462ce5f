// What goes wrong between the nodes of a cluster, and what becomes of it.

import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { SocketIOError } from "bun-socket.io";
import { MessageType } from "bun-socket.io/adapter";
import { once } from "../support/clients.ts";
import { Fleet, until } from "../support/fleet.ts";

/** Longer than any test may take. */
const LONG = 60_000;

let fleet: Fleet;
beforeEach(() => {
  fleet = new Fleet();
});
afterEach(() => fleet.stop());

async function failure(promise: Promise<unknown>): Promise<SocketIOError> {
  const error: unknown = await promise.then(
    (value) => `it is fulfilled with ${value}`,
    (reason) => reason,
  );
  expect(error).toBeInstanceOf(Error);
  return error as SocketIOError;
}

/** The errors of the adapter of one node. */
function recordErrors(index: number): SocketIOError[] {
  const errors: SocketIOError[] = [];
  const { adapter } = fleet.node(index).io.of("/");
  adapter.on("error", (error) => errors.push(error));
  return errors;
}

const idsOf = (sockets: unknown) => (sockets as { id: string }[]).map(({ id }) => id).sort();

describe.each(["own", "own, with heartbeats"] as const)("%s: a node that is gone", (kind) => {
  beforeEach(async () => {
    fleet.bus.knowsSurvivors = true;
    await fleet.start([kind, kind, kind]);
  });

  test("is not waited for by what fetches sockets, and the answer is whole without it", async () => {
    const { io } = fleet.node(0);
    fleet.bus.loses = ({ type, uid }) =>
      type === MessageType.FETCH_SOCKETS_RESPONSE && uid === fleet.node(2).uid;
    const found = io.timeout(LONG).fetchSockets();
    const counted = io.timeout(LONG).count();
    await until(() => fleet.bus.types.filter((type) => type === 8).length === 4);
    fleet.kill(2);
    const ids = [fleet.node(0), fleet.node(1)].map(({ socket }) => socket.id).sort();
    expect(idsOf(await found)).toEqual(ids);
    expect(await counted).toBe(2);
  });

  test("is not waited for by an event for the servers", async () => {
    for (const [index, { io }] of fleet.nodes.entries()) {
      io.on("ask", (reply: (answer: number) => void) => index === 1 && reply(index));
    }
    const answers = fleet.node(0).io.serverSideEmitWithAck("ask");
    await until(() => fleet.bus.types.includes(MessageType.SERVER_SIDE_EMIT_RESPONSE));
    fleet.kill(2);
    expect(await answers).toEqual([1]);
  });

  test("ends a broadcast whose acknowledgements it owes, with those that came", async () => {
    for (const index of [0, 1]) {
      fleet.node(index).client.on("ask", (reply) => reply(index));
    }
    const asked = once(fleet.node(2).client, "ask");
    const sent = failure(fleet.node(0).io.timeout(LONG).emitWithAck("ask"));
    await asked;
    fleet.kill(2);
    const { code, responses } = await sent;
    expect(code).toBe("ERR_PARTIAL_RESPONSE");
    expect(responses.sort()).toEqual([0, 1]);
  });

  test("ends a broadcast for which it has not told its number of clients", async () => {
    fleet.bus.loses = ({ uid }) => uid === fleet.node(2).uid;
    for (const [index, { client }] of fleet.nodes.entries()) {
      client.on("ask", (reply) => reply(index));
    }
    const asked = once(fleet.node(2).client, "ask");
    const sent = failure(fleet.node(0).io.emitWithAck("ask"));
    await asked;
    fleet.kill(2);
    const { code, responses } = await sent;
    expect(code).toBe("ERR_PARTIAL_RESPONSE");
    expect(responses.sort()).toEqual([0, 1]);
  });

  test("does not end a broadcast to which its clients had nothing to say", async () => {
    for (const index of [0, 1]) {
      const { client, socket } = fleet.node(index);
      await socket.join("room");
      client.on("ask", (reply) => setTimeout(() => reply(index), index * 1_000));
    }
    const sent = fleet.node(0).io.in("room").emitWithAck("ask");
    await until(() => fleet.bus.types.filter((type) => type === 11).length === 2);
    fleet.kill(2);
    expect((await sent).sort()).toEqual([0, 1]);
  });
});

describe("a node that is there and does not answer", () => {
  beforeEach(async () => {
    fleet.bus.knowsSurvivors = true;
    await fleet.start(["own", "own", "own"]);
    fleet.bus.loses = ({ type, uid }) => type > 7 && type !== 9 && uid === fleet.node(2).uid;
  });

  test("has fetchSockets() reject, with the sockets of the others", async () => {
    const { io } = fleet.node(0);
    const { code, responses, message } = await failure(io.timeout(700).fetchSockets());
    expect(code).toBe("ERR_PARTIAL_RESPONSE");
    expect(message).toContain("1 responses received out of 2");
    expect(idsOf(responses)).toEqual([0, 1].map((index) => fleet.node(index).socket.id).sort());
    const remote = responses.find(({ id }: { id: string }) => id === fleet.node(1).socket.id);
    remote.join("room");
    await until(() => fleet.node(1).socket.rooms.has("room"));
  });

  test("has count() reject, with the counts of the others", async () => {
    const { code, responses } = await failure(fleet.node(0).io.timeout(700).count());
    expect([code, responses]).toEqual(["ERR_PARTIAL_RESPONSE", [1, 1]]);
  });

  test("has serverSideEmitWithAck() reject, with the answers of the others", async () => {
    for (const [index, { io }] of fleet.nodes.entries()) {
      io.on("ask", (reply: (answer: number) => void) => reply(index));
    }
    const { code, responses } = await failure(fleet.node(0).io.serverSideEmitWithAck("ask"));
    expect([code, responses]).toEqual(["ERR_PARTIAL_RESPONSE", [1]]);
  });

  test("ends with the adapter that waits for it", async () => {
    const { io } = fleet.node(0);
    const found = failure(io.timeout(LONG).fetchSockets());
    await until(() => fleet.bus.types.includes(MessageType.FETCH_SOCKETS_RESPONSE));
    await io.of("/").adapter.close();
    expect((await found).code).toBe("ERR_PARTIAL_RESPONSE");
  });
});

describe("nodes that cannot be counted", () => {
  beforeEach(() => fleet.start(["own", "own"]));

  test("are counted as soon as they can", async () => {
    fleet.bus.failure = new Error("away");
    const found = fleet.node(0).io.fetchSockets();
    await Bun.sleep(0);
    fleet.bus.failure = null;
    expect(await found).toHaveLength(2);
  });

  test("make fetchSockets() reject in the end, with the sockets of this node and the cause", async () => {
    const away = new Error("away");
    fleet.bus.failure = away;
    const { code, cause, responses } = await failure(fleet.node(0).io.timeout(300).fetchSockets());
    expect([code, cause]).toEqual(["ERR_PARTIAL_RESPONSE", away]);
    expect(idsOf(responses)).toEqual([fleet.node(0).socket.id]);
  });
});

describe("a message that cannot be sent", () => {
  test("is reported, and the sockets of this node get it", async () => {
    await fleet.start(["own", "own"]);
    const errors = recordErrors(0);
    const heard = once(fleet.node(0).client, "hello");
    const publish = fleet.bus.publish.bind(fleet.bus);
    fleet.bus.publish = () => Promise.reject(new Error("no route"));
    fleet.node(0).io.emit("hello", 1);
    expect(await heard).toEqual([1]);
    fleet.bus.publish = () => {
      throw new Error("no wire");
    };
    fleet.node(0).io.emit("hello", 2);
    fleet.bus.publish = publish;
    const end = once(fleet.node(1).client, "end");
    fleet.node(0).io.emit("end");
    await end;
    expect(errors.map(({ message }) => message).sort()).toEqual(["no route", "no wire"]);
  });

  test("that nobody can encode throws at its sender, and goes nowhere", async () => {
    await fleet.start(["own", "own"]);
    const heard: unknown[] = [];
    fleet.node(1).client.onAny((event) => heard.push(event));
    expect(() => fleet.node(0).io.emit("big", 1n)).toThrow(TypeError);
    const end = once(fleet.node(1).client, "end");
    fleet.node(0).io.emit("end");
    await end;
    expect(heard).toEqual(["end"]);
  });
});

describe("with offsets, and connection state recovery", () => {
  beforeEach(async () => {
    fleet.bus.hasOffsets = true;
    await fleet.start(["own", "own"], { connectionStateRecovery: {} });
  });

  test("each event that can be recovered has one, and what is done next comes behind it", async () => {
    const { io, client, socket } = fleet.node(0);
    const heard: [string, ...unknown[]][] = [];
    client.onAny((...args) => heard.push(args as [string]));
    await socket.join("room");
    io.emit("first");
    io.volatile.emit("volatile");
    io.in("room").emit("second");
    io.in("room").socketsLeave("room");
    io.in("room").emit("not for it");
    io.local.emit("local");
    io.in(socket.id).disconnectSockets();
    await once(client, "disconnect");
    expect(heard).toEqual([["first", "1000"], ["volatile"], ["second", "1002"], ["local"]]);
  });

  test("the other nodes add the same", async () => {
    const heard: unknown[] = [];
    for (const { client } of fleet.nodes) {
      client.on("event", (...args) => heard.push(args));
    }
    fleet.node(0).io.emit("event", "a");
    fleet.node(0).io.emit("event", "b");
    await until(() => heard.length === 4);
    expect(heard.sort()).toEqual([
      ["a", "1000"],
      ["a", "1000"],
      ["b", "1001"],
      ["b", "1001"],
    ]);
  });

  test("an event that cannot be sent is delivered without", async () => {
    const errors = recordErrors(0);
    fleet.bus.publish = () => Promise.reject(new Error("away"));
    const heard = once(fleet.node(0).client, "event");
    fleet.node(0).io.emit("event", "a");
    expect(await heard).toEqual(["a"]);
    expect(errors.map(({ message }) => message)).toEqual(["away"]);
  });
});

test("without offsets, recovery does not delay what is for this node, but for the first event", async () => {
  await fleet.start(["own", "own"], { connectionStateRecovery: {} });
  const { io, client } = fleet.node(0);
  const first = once(client, "event");
  io.emit("event", "a");
  expect(await first).toEqual(["a"]);
  let isDelivered = false;
  fleet.node(0).socket.onAnyOutgoing(() => {
    isDelivered = true;
  });
  const second = once(client, "event");
  io.emit("event", "b");
  expect(isDelivered).toBeTrue();
  expect(await second).toEqual(["b"]);
});

test("an adapter whose errors nobody listens to warns once for each kind", async () => {
  const warnings: string[] = [];
  const onWarning = ({ name, message }: Error) => warnings.push(`${name}: ${message}`);
  process.on("warning", onWarning);
  await fleet.start(["own"]);
  for (let index = 0; index < 3; index++) {
    fleet.bus.inject(index);
    fleet.bus.inject({ type: MessageType.BROADCAST, data: index });
  }
  await until(() => warnings.length > 0);
  process.off("warning", onWarning);
  expect(warnings).toEqual([expect.stringContaining('listen to its "error" events')]);
});

test.each([
  ["a list", () => Promise.resolve(["a node"])],
  ["nothing", () => Promise.resolve()],
  [
    "an error at once",
    () => {
      throw new Error("away");
    },
  ],
])(
  "%s instead of who survives counts as nothing known, and ends nothing",
  async (name, survivors) => {
    await fleet.start(["own", "own"]);
    const errors = recordErrors(0);
    const { adapter } = fleet.node(0).io.of("/");
    let asked = 0;
    Object.assign(adapter, {
      survivors() {
        asked++;
        return survivors();
      },
    });
    adapter.on("occupied", () => {}); // these ask as well
    fleet.bus.loses = ({ type }) => type === MessageType.FETCH_SOCKETS_RESPONSE;
    const error = await failure(fleet.node(0).io.timeout(500).fetchSockets());
    expect(error.code).toBe("ERR_PARTIAL_RESPONSE");
    expect(asked).toBeGreaterThan(0);
    const isTold = name !== "an error at once"; // that is how to say that it cannot be known
    expect(errors.map(({ code }) => code)).toEqual(
      Array.from({ length: isTold ? asked : 0 }, () => "ERR_INVALID_ARGUMENT"),
    );
  },
);
