// Rooms, and broadcasts to them.

import { expect, test } from "bun:test";
import { once } from "../support/clients.ts";
import { arrived, type Pair, recordEvents, type World } from "../support/world.ts";

interface Room {
  pairs: Pair[];
  /** Names, by the events that each client got, of those who got something. */
  got(): Promise<Record<string, unknown[]>>;
}

/** Clients a, b, c, d: a in room 1, b in rooms 1 and 2, c in room 2, d in none. */
async function fourClients(world: World): Promise<Room> {
  const pairs = await world.joinMany(4);
  const memberships = [["r1"], ["r1", "r2"], ["r2"], []];
  await Promise.all(pairs.map(({ socket }, index) => socket.join(memberships[index] ?? [])));
  const lists = pairs.map(({ client }) => recordEvents(client));
  return {
    pairs,
    async got() {
      await arrived(...pairs);
      const byName: Record<string, unknown[]> = {};
      for (const [index, list] of lists.entries()) {
        for (const [event] of list.splice(0)) {
          byName[`${event}`] ??= [];
          byName[`${event}`]?.push("abcd"[index]);
        }
      }
      return byName;
    },
  };
}

function at(room: Room, index: number): Pair {
  const pair = room.pairs[index];
  if (pair === undefined) {
    throw new Error(`there is no client ${index}`);
  }
  return pair;
}

export function roomSuite(world: World): void {
  test("puts a socket into rooms, one or several, next to its own, and takes it out again", async () => {
    const io = world.start();
    const { socket } = await world.join();
    expect(socket.rooms).toEqual(new Set([socket.id]));
    await socket.join("r1");
    await socket.join(["r2", "r3"]);
    await socket.join("r1");
    expect(socket.rooms).toEqual(new Set([socket.id, "r1", "r2", "r3"]));
    await socket.leave("r2");
    await socket.leave("never joined");
    expect(socket.rooms).toEqual(new Set([socket.id, "r1", "r3"]));
    expect(io.of("/").adapter.rooms.get("r1")).toEqual(new Set([socket.id]));
    expect(io.of("/").adapter.sids.get(socket.id)).toEqual(socket.rooms);
  });

  test("lets an emptied room vanish, whether its sockets left or disconnected", async () => {
    const io = world.start();
    const { rooms } = io.of("/").adapter;
    const [first, second] = (await world.joinMany(2)) as [Pair, Pair];
    await first.socket.join(["left", "shared"]);
    await second.socket.join("shared");
    await first.socket.leave("left");
    expect(rooms.has("left")).toBeFalse();
    first.socket.disconnect();
    expect(first.socket.rooms).toEqual(new Set());
    expect(rooms.get("shared")).toEqual(new Set([second.socket.id]));
    second.socket.disconnect();
    expect([...rooms]).toEqual([]);
    expect([...io.of("/").adapter.sids]).toEqual([]);
  });

  test("puts nobody into a room after a disconnection", async () => {
    const io = world.start();
    const { socket } = await world.join();
    socket.disconnect();
    await socket.join("too late");
    expect([...io.of("/").adapter.rooms]).toEqual([]);
    expect([...io.of("/").adapter.sids]).toEqual([]);
  });

  test("reaches everyone in a room, and in a socket's own", async () => {
    const io = world.start();
    const room = await fourClients(world);
    io.to("r1").emit("to r1");
    io.in("r2").emit("in r2");
    io.to(at(room, 3).socket.id).emit("to d");
    io.to("nobody's").emit("to nobody");
    expect(await room.got()).toEqual({ "to r1": ["a", "b"], "in r2": ["b", "c"], "to d": ["d"] });
  });

  test("reaches the union of rooms, each socket once", async () => {
    const io = world.start();
    const room = await fourClients(world);
    io.to("r1").to("r2").emit("chained");
    io.to(["r1", "r2"]).emit("list");
    io.in("r1").to(["r1", "r2", "r2"]).emit("repeated");
    const union = ["a", "b", "c"];
    expect(await room.got()).toEqual({ chained: union, list: union, repeated: union });
  });

  test("leaves out the rooms of except()", async () => {
    const io = world.start();
    const room = await fourClients(world);
    io.except("r1").emit("except r1");
    io.except(["r1", "r2"]).emit("except both");
    io.to("r1").except("r2").emit("r1 except r2");
    io.to("r1").except(at(room, 0).socket.id).emit("r1 except a");
    io.except("nobody's").emit("all");
    expect(await room.got()).toEqual({
      "except r1": ["c", "d"],
      "except both": ["d"],
      "r1 except r2": ["a"],
      "r1 except a": ["b"],
      all: ["a", "b", "c", "d"],
    });
  });

  test("leaves the sender out of a socket's broadcasts", async () => {
    world.start();
    const room = await fourClients(world);
    const { socket } = at(room, 0);
    socket.broadcast.emit("broadcast");
    socket.to("r1").emit("to r1");
    socket.in(["r1", "r2"]).emit("to both");
    socket.except("r2").emit("except r2");
    socket.broadcast.to("r2").except(at(room, 1).socket.id).emit("r2 but b");
    socket.local.emit("local");
    socket.to(socket.id).emit("to self");
    expect(await room.got()).toEqual({
      broadcast: ["b", "c", "d"],
      "to r1": ["b"],
      "to both": ["b", "c"],
      "except r2": ["d"],
      "r2 but b": ["c"],
      local: ["b", "c", "d"],
    });
  });

  test("keeps an operator as it is, so that it can be used again", async () => {
    const io = world.start();
    const room = await fourClients(world);
    const r1 = io.to("r1");
    const withR2 = r1.to("r2");
    const withoutR2 = r1.except("r2");
    r1.volatile.compress(false).timeout(5).local.to("r2");
    r1.emit("r1");
    withR2.emit("r1 and r2");
    withoutR2.emit("r1 without r2");
    r1.emit("r1 again");
    expect(await room.got()).toEqual({
      r1: ["a", "b"],
      "r1 and r2": ["a", "b", "c"],
      "r1 without r2": ["a"],
      "r1 again": ["a", "b"],
    });
  });

  test("sends a broadcast with bytes to everyone", async () => {
    const io = world.start();
    const pairs = await world.joinMany(3);
    const got = pairs.map(({ client }) => once<[string, Uint8Array]>(client, "bytes"));
    io.compress(false).emit("bytes", "x", Buffer.from([1, 2, 3]));
    for (const [text, bytes] of await Promise.all(got)) {
      expect([text, ...bytes]).toEqual(["x", 1, 2, 3]);
    }
  });

  test("keeps broadcasts and emits in order", async () => {
    const io = world.start();
    const pair = await world.join();
    const events = recordEvents(pair.client);
    for (let index = 0; index < 50; index++) {
      pair.socket.emit("n", index * 3);
      io.emit("n", index * 3 + 1);
      io.to(pair.socket.id).emit("n", index * 3 + 2);
    }
    await arrived(pair);
    expect(events).toEqual(Array.from({ length: 150 }, (_, index) => ["n", index]));
  });

  test("makes sockets join, leave and disconnect from the server, chosen by room", async () => {
    const io = world.start();
    const room = await fourClients(world);
    const roomsOf = (index: number): string[] =>
      [...at(room, index).socket.rooms].filter((name) => name !== at(room, index).socket.id).sort();
    io.in("r1").socketsJoin("r3");
    io.socketsJoin(["r4", "r5"]);
    io.except("r1").socketsLeave("r4");
    io.to("r2").socketsLeave(["r2", "r5"]);
    expect([0, 1, 2, 3].map(roomsOf)).toEqual([
      ["r1", "r3", "r4", "r5"],
      ["r1", "r3", "r4"],
      [],
      ["r5"],
    ]);
    const gone = [0, 1].map((index) => once(at(room, index).client, "disconnect"));
    io.in("r3").disconnectSockets();
    expect((await Promise.all(gone)).map(([reason]) => reason)).toEqual([
      "io server disconnect",
      "io server disconnect",
    ]);
    expect(io.of("/").sockets.size).toBe(2);
    const last = [2, 3].map((index) => once(at(room, index).client, "disconnect"));
    io.disconnectSockets(true);
    await Promise.all(last);
    expect(io.of("/").sockets.size).toBe(0);
  });

  test("fetches the sockets themselves, of the server, a room, or all but a room", async () => {
    const io = world.start();
    const room = await fourClients(world);
    const all = room.pairs.map(({ socket }) => socket.id);
    const [a, b, c, d] = all as [string, string, string, string];
    const ids = async (sockets: Promise<{ id: string }[]>): Promise<string[]> =>
      (await sockets).map(({ id }) => id).sort();
    expect(await ids(io.fetchSockets())).toEqual(all.toSorted());
    expect(await ids(io.in("r1").fetchSockets())).toEqual([a, b].sort());
    expect(await ids(io.except("r1").fetchSockets())).toEqual([c, d].sort());
    expect(await ids(io.in(["r1", "r2"]).except(a).fetchSockets())).toEqual([b, c].sort());
    expect(await ids(io.in("nobody's").fetchSockets())).toEqual([]);
    expect(await ids(at(room, 0).socket.broadcast.fetchSockets())).toEqual([b, c, d].sort());
    expect(await io.allSockets()).toEqual(new Set(all));
    expect(await io.in("r2").allSockets()).toEqual(new Set([b, c]));
  });

  test("lets a fetched socket be read and used", async () => {
    const io = world.start();
    const pair = await world.join("/", { query: { token: "t" }, auth: { user: "u" } });
    pair.socket.data.name = "alice";
    await pair.socket.join("r1");
    const [fetched] = await io.fetchSockets();
    if (fetched === undefined) {
      throw new Error("there is no socket");
    }
    expect(fetched.data).toEqual({ name: "alice" });
    expect(fetched.rooms).toEqual(new Set([pair.socket.id, "r1"]));
    expect(fetched.handshake.query.token).toBe("t");
    expect(fetched.handshake.auth).toEqual({ user: "u" });
    fetched.join("r2");
    fetched.leave("r1");
    expect(pair.socket.rooms).toEqual(new Set([pair.socket.id, "r2"]));
    const hello = once(pair.client, "hello");
    fetched.emit("hello", 1);
    expect(await hello).toEqual([1]);
    pair.client.on("question", (reply) => reply("answer"));
    expect(await fetched.timeout(5000).emitWithAck("question")).toBe("answer");
    const gone = once(pair.client, "disconnect");
    fetched.disconnect(true);
    expect((await gone)[0]).toBe("io server disconnect");
  });

  test("tells of created, joined, left and deleted rooms, in that order", async () => {
    const io = world.start();
    const calls: unknown[] = [];
    const { adapter } = io.of("/");
    if (!("on" in adapter) || typeof adapter.on !== "function") {
      throw new Error("the adapter is no emitter");
    }
    for (const event of ["create-room", "join-room", "leave-room", "delete-room"]) {
      adapter.on(event, (...args: string[]) => calls.push([event, ...args]));
    }
    const [first, second] = [await world.join(), await world.join()];
    const [a, b] = [first.socket.id, second.socket.id];
    await first.socket.join("r");
    await second.socket.join("r");
    await second.socket.join("r");
    await first.socket.leave("r");
    second.socket.disconnect();
    expect(calls).toEqual([
      ["create-room", a],
      ["join-room", a, a],
      ["create-room", b],
      ["join-room", b, b],
      ["create-room", "r"],
      ["join-room", "r", a],
      ["join-room", "r", b],
      ["leave-room", "r", a],
      ["leave-room", b, b],
      ["delete-room", b],
      ["leave-room", "r", b],
      ["delete-room", "r"],
    ]);
  });

  test("an addAll of the program's, in place of the adapter's, puts sockets into their rooms", async () => {
    const { adapter } = world.start().of("/");
    const calls: string[][] = [];
    const addAll = adapter.addAll.bind(adapter);
    adapter.addAll = (id, rooms) => {
      calls.push([...rooms]);
      return addAll(id, rooms);
    };
    const { socket } = await world.join();
    await socket.join("r");
    await socket.join(["s", "t"]);
    expect(calls).toEqual([[socket.id], ["r"], ["s", "t"]]);
    expect([...socket.rooms]).toEqual([socket.id, "r", "s", "t"]);
  });
}
