// How many sockets are in a room, and whether anyone is: beyond the reference.

import { expect, test } from "bun:test";
import { Adapter, type BroadcastOptions, type Server, type Socket } from "bun-socket.io";
import type { Pair, World } from "../support/world.ts";

/** Lists what the adapter tells of its rooms. */
function recordRooms(io: Server): string[] {
  const events: string[] = [];
  for (const event of ["occupied", "vacated"]) {
    io.of("/").adapter.on(event, (room) => events.push(`${event} ${room}`));
  }
  return events;
}

async function fetched(io: Server, room: string): Promise<number> {
  return (await io.in(room).fetchSockets()).length;
}

export function roomCountSuite(world: World): void {
  test("counts the sockets that are chosen", async () => {
    const io = world.start();
    const [a, b, c] = (await world.joinMany(3)) as [Pair, Pair, Pair];
    await a.socket.join(["room", "other"]);
    await b.socket.join("room");
    expect(await io.count()).toBe(3);
    expect(await io.of("/").count()).toBe(3);
    expect(await io.in("room").count()).toBe(2);
    expect(await io.in(["room", "other"]).count()).toBe(2);
    expect(await io.in("room").except("other").count()).toBe(1);
    expect(await io.except("room").count()).toBe(1);
    expect(await io.in("nobody").count()).toBe(0);
    expect(await c.socket.to("room").count()).toBe(2);
    expect(await a.socket.to("room").count()).toBe(1);
    expect(await io.of("/empty").count()).toBe(0);
  });

  test("counts nobody who is not connected yet", async () => {
    const io = world.start();
    const inside = Promise.withResolvers<() => void>();
    io.use((socket, next) => {
      void socket.join("room");
      inside.resolve(next);
    });
    const client = world.make();
    const next = await inside.promise;
    expect([await io.count(), await io.in("room").count()]).toEqual([0, await fetched(io, "room")]);
    const connected = new Promise((resolve) => io.once("connection", resolve));
    next();
    await connected;
    expect([await io.count(), await io.in("room").count()]).toEqual([1, await fetched(io, "room")]);
    client.disconnect();
  });

  test("counts no sockets of a parent namespace, as it does not know them all", async () => {
    const parent = world.start().of(/^\/dynamic/);
    await expect(parent.count()).rejects.toMatchObject({ code: "ERR_UNSUPPORTED" });
  });

  test("asks an adapter that finds the sockets of other nodes, and cannot count, for these", async () => {
    const io = world.start({
      adapter: class extends Adapter {
        override async fetchSockets(
          options: BroadcastOptions,
        ): ReturnType<Adapter["fetchSockets"]> {
          const distant = { id: "distant", handshake: {}, rooms: ["room"], data: {} };
          return [...(await super.fetchSockets(options)), distant];
        }
      },
    });
    const { socket } = await world.join();
    await socket.join("room");
    expect(await io.in("room").count()).toBe(2);
  });

  test("tells which rooms become occupied and vacated, not of the sockets' own", async () => {
    const io = world.start();
    const events = recordRooms(io);
    const sizes: unknown[] = [];
    const { adapter } = io.of("/");
    adapter.on("occupied", (room) => sizes.push(adapter.rooms.get(room)?.size));
    adapter.on("vacated", (room) => sizes.push(adapter.rooms.get(room)?.size));
    const [a, b] = (await world.joinMany(2)) as [Pair, Pair];
    expect(events).toEqual([]);
    await a.socket.join(["one", "two"]);
    await b.socket.join("one");
    await a.socket.leave("one");
    expect(events.splice(0)).toEqual(["occupied one", "occupied two"]);
    await b.socket.leave("one");
    await b.socket.leave("one");
    expect(events.splice(0)).toEqual(["vacated one"]);
    expect(sizes).toEqual([1, 1, undefined]);
    const gone = new Promise((resolve) => a.socket.once("disconnect", resolve));
    a.client.disconnect();
    await gone;
    expect(events).toEqual(["vacated two"]);
  });

  test("tells of a room named like a socket only while that is not there", async () => {
    const io = world.start();
    const events = recordRooms(io);
    const [a, b] = (await world.joinMany(2)) as [Pair, Pair];
    const { id } = b.socket as Socket;
    await a.socket.join(id);
    const gone = new Promise((resolve) => b.socket.once("disconnect", resolve));
    b.client.disconnect();
    await gone;
    expect(events).toEqual([`occupied ${id}`]);
    await a.socket.leave(id);
    expect(events).toEqual([`occupied ${id}`, `vacated ${id}`]);
  });
}
