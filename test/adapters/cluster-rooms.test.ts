// `occupied` and `vacated` of rooms, over several nodes.

import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { Server } from "bun-socket.io";
import { MessageType } from "bun-socket.io/adapter";
import { Fleet, type Node, until } from "../support/fleet.ts";

const { ROOMS, ROOMS_REQUEST } = MessageType;
const MANY = 12_000;
const SLOW = 30_000;

let fleet: Fleet;
beforeEach(() => {
  fleet = new Fleet();
});
afterEach(() => fleet.stop());

/** Lists what a node tells of rooms. */
function recordRooms({ io }: { io: Server }): string[] {
  const events: string[] = [];
  for (const event of ["occupied", "vacated"]) {
    io.of("/").adapter.on(event, (room) => events.push(`${event} ${room}`));
  }
  return events;
}

const count = (type: MessageType) => fleet.bus.types.filter((each) => each === type).length;

/** Waits until a node has asked all others, and they have answered. */
async function asked(times = 1): Promise<void> {
  await until(() => count(ROOMS_REQUEST) >= times && count(ROOMS) >= fleet.nodes.length - 1);
  await new Promise((resolve) => setImmediate(resolve));
}

describe.each(["own", "own, with heartbeats"] as const)("%s", (kind) => {
  beforeEach(() => fleet.start([kind, kind, kind]));

  test("a room is occupied by the first socket of all nodes, and vacated by the last", async () => {
    const events = recordRooms(fleet.node(0));
    await asked();
    await fleet.node(1).socket.join("room");
    await fleet.node(2).socket.join(["room", "other"]);
    await until(() => events.length === 2);
    await fleet.node(0).socket.join("room");
    await fleet.node(1).socket.leave("room");
    await fleet.node(0).socket.leave("room");
    await fleet.node(1).socket.join("more");
    await until(() => events.length === 3);
    fleet.node(2).client.disconnect();
    await until(() => events.length === 5);
    expect(events.slice(0, 3)).toEqual(["occupied room", "occupied other", "occupied more"]);
    expect(events.slice(3).sort()).toEqual(["vacated other", "vacated room"]);
  });

  test("who begins to listen is told of the rooms of the others, and each listener for itself", async () => {
    await fleet.node(1).socket.join(["a", "b"]);
    await fleet.node(0).socket.join("a");
    const first = recordRooms(fleet.node(0));
    await until(() => first.length > 0);
    expect(first).toEqual(["occupied b"]);
    const second = recordRooms(fleet.node(2));
    await until(() => second.length === 2);
    expect(second.sort()).toEqual(["occupied a", "occupied b"]);
    await fleet.node(2).socket.join("c");
    await until(() => first.length === 2);
    expect([first.at(-1), second.at(-1)]).toEqual(["occupied c", "occupied c"]);
  });

  test("nothing travels while nobody listens; who listens again begins anew", async () => {
    const join = async (room: string) => {
      for (const { socket } of fleet.nodes) {
        await socket.join(room);
      }
    };
    await join("before");
    await new Promise((resolve) => setImmediate(resolve));
    expect(count(ROOMS) + count(ROOMS_REQUEST)).toBe(0);
    const { adapter } = fleet.node(0).io.of("/");
    const told = new Promise((resolve) => adapter.once("occupied", resolve));
    await fleet.node(1).socket.join("room");
    expect(await told).toBe("room");
    expect(adapter.listenerCount("occupied")).toBe(0);
    await join("after");
    const events = recordRooms(fleet.node(0));
    await until(() => events.length > 0);
    expect(events).toEqual(["occupied room"]);
  });

  test("what changes in one turn travels in one message, and what is as before not at all", async () => {
    const events = recordRooms(fleet.node(0));
    await asked();
    const { socket } = fleet.node(1);
    const before = count(ROOMS);
    for (let index = 0; index < 100; index++) {
      void socket.join(`room ${index}`);
      void socket.join("for a moment");
      void socket.leave("for a moment");
    }
    await until(() => events.length === 100);
    expect(count(ROOMS)).toBe(before + 1);
    expect(events.at(-1)).toBe("occupied room 99");
  });

  test("a node that starts later is asked as well", async () => {
    const events = recordRooms(fleet.node(0));
    await asked();
    const late = await fleet.add(kind);
    fleet.nodes.push(late);
    await late.socket.join("room");
    await late.io.fetchSockets(); // something of it is heard
    await until(() => events.length > 0);
    expect(events).toEqual(["occupied room"]);
  });

  test("a node that closes has its rooms vacated", async () => {
    const events = recordRooms(fleet.node(0));
    await asked();
    await fleet.node(1).socket.join("room");
    await fleet.node(2).socket.join("room");
    await until(() => events.length === 1);
    await fleet.node(1).io.close();
    await fleet.node(2).io.close();
    await until(() => events.length === 2);
    expect(events).toEqual(["occupied room", "vacated room"]);
  });

  test("a change that was lost is noticed with the next, and made up for", async () => {
    const events = recordRooms(fleet.node(0));
    await asked();
    const { socket } = fleet.node(1);
    await socket.join("gone");
    await until(() => events.length === 1);
    fleet.bus.loses = ({ type }) => type === ROOMS;
    await socket.leave("gone");
    await socket.join("lost");
    const sent = count(ROOMS);
    await until(() => count(ROOMS) > sent);
    fleet.bus.loses = () => false;
    await socket.join("next");
    await until(() => events.length === 4);
    expect(events.sort()).toEqual(
      ["occupied gone", "vacated gone", "occupied lost", "occupied next"].sort(),
    );
  });

  test("long lists travel in parts", async () => {
    const { socket } = fleet.node(1);
    await socket.join(Array.from({ length: MANY }, (_, index) => `room ${index}`));
    const events = recordRooms(fleet.node(0));
    await until(() => events.length === MANY);
    expect(count(ROOMS)).toBe(2 + Math.ceil(MANY / 5_000) - 1);
    fleet.node(1).client.disconnect();
    await until(() => events.length === 2 * MANY);
    expect(events.at(-1)).toBe(`vacated room ${MANY - 1}`);
  });
});

test("a list whose parts take their time is taken in as they come, and sent once", async () => {
  await fleet.start(["own", "own"]);
  const { socket } = fleet.node(1);
  await socket.join(Array.from({ length: MANY }, (_, index) => `room ${index}`));
  const { bus } = fleet;
  const respond = bus.respond.bind(bus);
  const parts: number[] = [];
  let before: Promise<unknown> = Promise.resolve();
  bus.respond = (uid, response) => {
    if (response.type === ROOMS && response.data.part) {
      parts.push(response.data.part[0]);
      before = before.then(() => Bun.sleep(400)); // all three take longer than it takes to ask again
    }
    before = before.then(() => respond(uid, response));
    return before.then(() => {});
  };
  const events = recordRooms(fleet.node(0));
  await until(() => events.length === MANY);
  expect(parts).toEqual([0, 1, 2]);
});

describe("a node that dies", () => {
  /** A node whose room another one knows of, and is told of. */
  async function occupied(): Promise<[string[], Node]> {
    const events = recordRooms(fleet.node(0));
    await asked();
    await fleet.node(1).socket.join("room");
    await fleet.node(2).socket.join("room");
    await fleet.node(2).socket.join("its own");
    await until(() => events.length === 2);
    return [events, fleet.node(2)];
  }

  test("has its rooms vacated where its heartbeats stay away", async () => {
    const kind = "own, with heartbeats";
    await fleet.start([kind, kind, kind]);
    const [events] = await occupied();
    fleet.kill(2);
    await until(() => events.length === 3);
    expect(events.at(-1)).toBe("vacated its own");
  });

  test(
    "has its rooms vacated where the transport knows that it is gone, and not while that knows nothing",
    async () => {
      fleet.bus.knowsSurvivors = true;
      await fleet.start(["own", "own", "own"]);
      const [events, { uid }] = await occupied();
      fleet.bus.knowsSurvivors = false;
      fleet.kill(2);
      const requests = count(ROOMS_REQUEST);
      await until(() => count(ROOMS_REQUEST) > requests);
      expect(events).toHaveLength(2);
      fleet.bus.knowsSurvivors = true;
      await until(() => events.length === 3);
      expect(events.at(-1)).toBe("vacated its own");
      fleet.bus.dead.delete(uid); // it was not dead at all
      await fleet.node(2).socket.join("more");
      await until(() => events.length === 5);
      expect(events.slice(3).sort()).toEqual(["occupied its own", "occupied more"]);
    },
    SLOW,
  );
});

test("nodes of the reference do not tell, and are no hindrance", async () => {
  await fleet.start(["own", "reference", "own"]);
  const events = recordRooms(fleet.node(0));
  await until(() => count(ROOMS) >= 1);
  await fleet.node(1).socket.join("untold");
  await fleet.node(2).socket.join("room");
  await until(() => events.length > 0);
  expect(events).toEqual(["occupied room"]);
  const requests = count(ROOMS_REQUEST);
  for (let index = 0; index < 3; index++) {
    await fleet.node(1).io.fetchSockets(); // what is heard of it makes nobody ask again and again
  }
  expect(count(ROOMS_REQUEST)).toBe(requests);
});
