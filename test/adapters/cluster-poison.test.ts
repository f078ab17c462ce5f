// Messages that make no sense, of every kind: none of them ends a node, or the connection of a client.

import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { SocketIOError } from "bun-socket.io";
import { MessageType } from "bun-socket.io/adapter";
import { once } from "../support/clients.ts";
import { Fleet, until } from "../support/fleet.ts";

const uid = "another";
const nsp = "/";
const opts = { rooms: ["room"], except: ["other"], flags: { volatile: false, timeout: 10 } };
const packet = { type: 2, data: ["event", 1], nsp };
const requestId = "id";

/** One sound message of each kind. */
const MESSAGES: Record<string, { type: number; data?: object }> = {
  broadcast: { type: MessageType.BROADCAST, data: { packet, opts } },
  "broadcast with ack": { type: MessageType.BROADCAST, data: { packet, opts, requestId } },
  join: { type: MessageType.SOCKETS_JOIN, data: { opts, rooms: ["a"] } },
  leave: { type: MessageType.SOCKETS_LEAVE, data: { opts, rooms: ["a"] } },
  disconnect: {
    type: MessageType.DISCONNECT_SOCKETS,
    data: { opts: { ...opts, except: ["safe"] }, close: true },
  },
  fetch: { type: MessageType.FETCH_SOCKETS, data: { opts, requestId } },
  count: { type: MessageType.FETCH_SOCKETS, data: { opts, requestId, count: true } },
  "server-side emit": {
    type: MessageType.SERVER_SIDE_EMIT,
    data: { packet: ["event", 1], requestId },
  },
  "request of rooms": { type: MessageType.ROOMS_REQUEST, data: { requestId, known: ["one"] } },
  rooms: {
    type: MessageType.ROOMS,
    data: { number: 1, part: [0, 1], occupied: ["a"], vacated: ["b"] },
  },
  "initial heartbeat": { type: MessageType.INITIAL_HEARTBEAT },
  heartbeat: { type: MessageType.HEARTBEAT },
  close: { type: MessageType.ADAPTER_CLOSE },
};

const RESPONSES: typeof MESSAGES = {
  "fetched sockets": {
    type: MessageType.FETCH_SOCKETS_RESPONSE,
    data: {
      requestId,
      sockets: [{ id: "a", handshake: {}, rooms: ["a"], data: {} }],
      count: 1,
    },
  },
  "server-side answer": {
    type: MessageType.SERVER_SIDE_EMIT_RESPONSE,
    data: { requestId, packet: 1 },
  },
  "number of clients": {
    type: MessageType.BROADCAST_CLIENT_COUNT,
    data: { requestId, clientCount: 1 },
  },
  acknowledgement: { type: MessageType.BROADCAST_ACK, data: { requestId, packet: 1 } },
  rooms: MESSAGES.rooms as { type: number },
};

/** Far more than any program sends. */
const MANY = 100_000;
const SLOW_MS = 30_000;

const ABSENT = Symbol("absent");
const WRONG: readonly unknown[] = [
  ABSENT,
  undefined,
  null,
  true,
  -1,
  0.5,
  Number.NaN,
  2 ** 53,
  "",
  "text",
  "connect",
  "__proto__",
  [],
  [null],
  [[]],
  ["connect"],
  ["disconnect", 1],
  [Symbol.iterator],
  {},
  { length: 3 },
  { rooms: "room", client: { writeToEngine: 1 } },
  Buffer.from([1]),
  new Map([["a", 1]]),
  () => {},
];

/** Every variant of a value with one thing in it replaced. */
function* variants(value: unknown): Generator<unknown> {
  yield* WRONG;
  if (typeof value === "object" && value !== null) {
    for (const key of Object.keys(value)) {
      for (const variant of variants(Reflect.get(value, key))) {
        const copy: object = Array.isArray(value) ? [...value] : { ...value };
        if (variant === ABSENT) {
          Reflect.deleteProperty(copy, key);
        } else {
          Reflect.set(copy, key, variant);
        }
        yield copy;
      }
    }
  }
}

function nested(depth: number): unknown {
  let value: unknown = [];
  for (let level = 0; level < depth; level++) {
    value = [value];
  }
  return value;
}

describe.each(["own", "own, with heartbeats"] as const)("%s", (kind) => {
  let fleet: Fleet;
  let errors: SocketIOError[];
  beforeEach(async () => {
    fleet = new Fleet();
    errors = [];
    await fleet.start([kind, kind]);
    for (const { io, socket } of fleet.nodes) {
      const { adapter } = io.of("/");
      adapter.on("error", (error) => errors.push(error));
      adapter.on("occupied", () => {});
      await socket.join("safe"); // what is sound is for other rooms
    }
  });
  afterEach(() => fleet.stop());

  /** Whether all is as before: the clients are there, and hear of the other node. */
  async function expectSound(): Promise<void> {
    const heard = fleet.nodes.map(({ client }) => once(client, "sound"));
    fleet.node(0).io.emit("sound", "yes");
    expect(await Promise.all(heard)).toEqual([["yes"], ["yes"]]);
    expect(fleet.nodes.map(({ client }) => client.connected)).toEqual([true, true]);
    expect([...new Set(errors.map(({ code }) => code))].sort()).toEqual(
      errors.length > 0 ? ["ERR_MALFORMED_MESSAGE"] : [],
    );
  }

  test.each(Object.entries(MESSAGES))("%s", async (_name, message) => {
    let count = 0;
    for (const variant of variants({ uid, nsp, ...message })) {
      fleet.bus.inject(variant);
      count++;
    }
    expect(count).toBeGreaterThan(WRONG.length * 3);
    expect(errors.length).toBeGreaterThan(WRONG.length);
    await expectSound();
  });

  test.each(Object.entries(RESPONSES))("%s, as an answer", async (_name, response) => {
    // Something waits for it, so that what is let through would be used.
    fleet.bus.loses = ({ type }) => type > 7 && type !== 9;
    const sent: string[] = [];
    const { publish } = fleet.bus;
    fleet.bus.publish = (message) => {
      const id: unknown = Reflect.get(Object(Reflect.get(message, "data")), "requestId");
      if (typeof id === "string") {
        sent.push(id);
      }
      return publish.call(fleet.bus, message);
    };
    const { io } = fleet.node(0);
    const settled = Promise.allSettled([
      io.timeout(300).fetchSockets(),
      io.timeout(300).count(),
      io.timeout(300).emitWithAck("ask"),
    ]);
    await until(() => sent.length === 3);
    for (const id of ["id", ...sent]) {
      const data = { ...response.data, requestId: id };
      for (const variant of variants({ uid, nsp, ...response, data })) {
        fleet.bus.injectResponse(variant);
        fleet.bus.inject(variant); // some transports tell them not apart
      }
    }
    expect(errors.length).toBeGreaterThan(WRONG.length);
    const [found, counted] = await settled;
    if (found.status === "fulfilled") {
      expect(
        found.value.every(({ id, rooms }) => typeof id === "string" && rooms.size >= 0),
      ).toBeTrue();
    }
    if (counted.status === "fulfilled") {
      expect(counted.value).toBeGreaterThanOrEqual(1);
    }
    fleet.bus.loses = () => false;
    await expectSound();
  });

  test("data that is nested too deep", async () => {
    const data = { packet: { type: 2, data: ["event", nested(100_000)] }, opts: { rooms: [] } };
    fleet.bus.inject({ uid, nsp, type: MessageType.BROADCAST, data });
    fleet.bus.inject({ uid, nsp, type: MessageType.BROADCAST, data: { ...data, requestId } });
    expect(errors).toHaveLength(4);
    expect(errors[0]?.cause).toBeInstanceOf(RangeError);
    await expectSound();
  });

  test(
    "lists that are far too long",
    async () => {
      const rooms = Array.from({ length: MANY }, (_, index) => `room ${index}`);
      const inject = (type: number, data: object) => fleet.bus.inject({ uid, nsp, type, data });
      inject(MessageType.BROADCAST, { packet, opts: { ...opts, rooms, except: rooms } });
      inject(MessageType.SOCKETS_JOIN, { opts, rooms });
      inject(MessageType.ROOMS, { number: 1, occupied: rooms, vacated: rooms });
      inject(MessageType.ROOMS_REQUEST, { requestId, known: rooms });
      inject(MessageType.SERVER_SIDE_EMIT, { packet: ["event", ...rooms] });
      await expectSound();
    },
    SLOW_MS,
  );

  test("events of the servers' own", async () => {
    const heard: unknown[] = [];
    for (const event of ["connection", "connect", "new_namespace", "session_expired"] as const) {
      fleet.node(0).io.on(event as "connection", () => heard.push(event));
      const data = { packet: [event, {}] };
      fleet.bus.inject({ uid, nsp, type: MessageType.SERVER_SIDE_EMIT, data });
    }
    expect(errors).toHaveLength(8);
    fleet.bus.inject({ uid, nsp, type: MessageType.SERVER_SIDE_EMIT, data: { packet: ["error"] } });
    expect(heard).toEqual([]);
    await expectSound();
  });
});
