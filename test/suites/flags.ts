// Flags of an emit: volatile, compress, local; and send() and write().

import { expect, test } from "bun:test";
import { once } from "../support/clients.ts";
import { arrived, reachable, recordEvents, type World } from "../support/world.ts";

interface SentPacket {
  type: string;
  data?: unknown;
  options?: { compress?: boolean | undefined } | undefined;
}

export function flagSuite(world: World): void {
  test("sends volatile events to a client that can take them now", async () => {
    const io = world.start();
    const pair = await world.join();
    const events = recordEvents(pair.client);
    // What was sent before has arrived, and a client that polls has asked for more.
    await arrived(pair);
    await reachable(pair.socket);
    pair.socket.volatile.emit("volatile", 1);
    await arrived(pair);
    expect(events).toEqual([["volatile", 1]]);
    expect(io.volatile.emit("to nobody in particular")).toBeTrue();
  });

  test("gives up a volatile event after a disconnection without an error", async () => {
    world.start();
    const { socket } = await world.join();
    socket.disconnect(true);
    expect(socket.volatile.emit("x")).toBeTrue();
  });

  test("marks what compress(false) sends, for one emit", async () => {
    const io = world.start();
    const pair = await world.join();
    const compressed: unknown[] = [];
    pair.socket.conn.on("packetCreate", (packet: SentPacket) => {
      compressed.push([`${packet.data}`.slice(3, 4), packet.options?.compress !== false]);
    });
    pair.socket.compress(false).emit("a");
    pair.socket.emit("b");
    pair.socket.compress(true).emit("c");
    io.compress(false).emit("d");
    io.emit("e");
    io.to(pair.socket.id).compress(false).emit("f");
    pair.socket.compress(false).broadcast.emit("to nobody");
    pair.socket.emit("g");
    expect(compressed).toEqual([
      ["a", false],
      ["b", true],
      ["c", true],
      ["d", false],
      ["e", true],
      ["f", false],
      ["g", true],
    ]);
  });

  test("sends local events to the clients of this server", async () => {
    const io = world.start();
    const [first, second] = [await world.join(), await world.join()];
    const events = [first, second].map(({ client }) => recordEvents(client));
    io.local.emit("all");
    first.socket.local.emit("but the first");
    io.local.to(first.socket.id).emit("the first");
    await arrived(first, second);
    expect(events).toEqual([
      [["all"], ["the first"]],
      [["all"], ["but the first"]],
    ]);
  });

  test("sends the event message with send() and write()", async () => {
    world.start();
    const pair = await world.join();
    const events = recordEvents(pair.client);
    expect(pair.socket.send("a", 1)).toBe(pair.socket);
    expect(pair.socket.write("b")).toBe(pair.socket);
    await arrived(pair);
    expect(events).toEqual([
      ["message", "a", 1],
      ["message", "b"],
    ]);
    const message = once(pair.socket, "message");
    pair.client.send("up", 2);
    expect(await message).toEqual(["up", 2]);
  });

  if (!world.isPolling) {
    return; // a WebSocket always takes more, until it is congested
  }

  test("drops volatile events for a client that has no poll parked, and no others", async () => {
    const io = world.start();
    const pair = await world.join();
    const events = recordEvents(pair.client);
    const drained = once(pair.socket.conn, "drain");
    pair.socket.emit("answers the poll");
    await drained;
    expect(pair.socket.conn.transport.writable).toBeFalse();
    pair.socket.volatile.emit("missed");
    io.volatile.emit("missed");
    io.to(pair.socket.id).volatile.emit("missed");
    pair.socket.emit("kept");
    await arrived(pair);
    expect(events).toEqual([["answers the poll"], ["kept"]]);
  });
}
