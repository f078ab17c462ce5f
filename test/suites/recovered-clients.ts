// Whose sessions are recovered, past which middlewares, and what they are like then.

import { expect, test } from "bun:test";
import type { Server, ServerOptions } from "bun-socket.io";
import { once } from "../support/clients.ts";
import { arrived, departed, type Pair, recordEvents, type World } from "../support/world.ts";
import { comeBack, drop, joinAndHear, recover, withoutOffsets } from "../support/recovery.ts";

export function recoveredClientSuite(world: World): void {
  function start(recovery = {}, options: ServerOptions = {}): Server {
    return world.start({ connectionStateRecovery: recovery, ...options });
  }

  test("recovers a client whose session the server closed", async () => {
    start();
    const pair = await joinAndHear(world);
    const { id } = pair.socket;
    const gone = once(pair.socket, "disconnect");
    const lost = once(pair.client, "disconnect");
    pair.socket.conn.close();
    expect((await gone)[0]).toBe("forced close");
    await lost;
    const back = await comeBack(world, pair.client);
    expect([back.socket.recovered, back.socket.id]).toEqual([true, id]);
  });

  test("recovers the rooms that were left to a disconnecting listener, and what it put into data", async () => {
    start();
    const pair = await joinAndHear(world);
    await pair.socket.join(["kept", "left"]);
    pair.socket.on("disconnecting", () => {
      pair.socket.leave("left");
      pair.socket.data.bye = true;
    });
    const back = await recover(world, pair);
    expect(back.socket.rooms).toEqual(new Set([pair.socket.id, "kept"]));
    expect(back.socket.data).toEqual({ bye: true });
  });

  test("reaches a client that is back with what is emitted on the socket it had before", async () => {
    start();
    const pair = await joinAndHear(world);
    const events = recordEvents(pair.client);
    const back = await recover(world, pair);
    pair.socket.emit("by the old socket", 1);
    back.socket.emit("by the new one");
    await arrived(back);
    expect(withoutOffsets(events)).toEqual([["by the old socket", 1], ["by the new one"]]);
  });

  const endings: [string, (pair: Pair, io: Server) => unknown][] = [
    ["client.disconnect()", ({ client }) => client.disconnect()],
    ["socket.disconnect()", ({ socket }) => socket.disconnect()],
    ["socket.disconnect(true)", ({ socket }) => socket.disconnect(true)],
    ["io.disconnectSockets()", (_, io) => io.disconnectSockets()],
    ["io.disconnectSockets(true)", (_, io) => io.disconnectSockets(true)],
    ["io.in(room).disconnectSockets()", ({ socket }, io) => io.in(socket.id).disconnectSockets()],
  ];

  test.each(endings)("does not recover a client that was disconnected by %s", async (_, end) => {
    const io = start();
    const pair = await joinAndHear(world);
    const { client, socket } = pair;
    const { id } = socket;
    await socket.join("room");
    socket.data.user = "alice";
    const events = recordEvents(client);
    const gone = Promise.all([once(socket, "disconnect"), once(client, "disconnect")]);
    end(pair, io);
    await gone;
    io.emit("missed");
    const back = await comeBack(world, client);
    await arrived(back);
    expect([back.socket.recovered, back.client.recovered]).toEqual([false, false]);
    expect(back.socket.id).not.toBe(id);
    expect(back.socket.rooms).toEqual(new Set([back.socket.id]));
    expect([back.socket.data, events]).toEqual([{}, []]);
  });

  test("does not recover a client that comes back too late", async () => {
    const io = start({ maxDisconnectionDuration: 10 });
    const pair = await joinAndHear(world);
    const events = recordEvents(pair.client);
    const { id } = pair.socket;
    await drop(pair);
    io.emit("missed");
    await Bun.sleep(40); // it is the time that counts
    const back = await comeBack(world, pair.client);
    await arrived(back);
    expect([back.socket.recovered, back.client.recovered]).toEqual([false, false]);
    expect(back.socket.id).not.toBe(id);
    expect(events).toEqual([]);
  });

  test("skips the middlewares of the namespace for a recovered client, unless told otherwise", async () => {
    for (const [given, expected] of [
      [{}, []],
      [{ skipMiddlewares: true }, []],
      [{ skipMiddlewares: false }, [true]],
    ] as const) {
      const io = start(given);
      const calls: boolean[] = [];
      io.use((socket, next) => {
        calls.push(socket.recovered);
        next();
      });
      const pair = await joinAndHear(world);
      expect(calls.splice(0)).toEqual([false]);
      const back = await recover(world, pair);
      expect(back.socket.recovered).toBeTrue();
      expect(calls).toEqual([...expected]);
      await world.end();
    }
  });

  test("runs the middlewares for a client that could not be recovered", async () => {
    const io = start({ skipMiddlewares: true });
    const calls: boolean[] = [];
    io.use((socket, next) => {
      calls.push(socket.recovered);
      next();
    });
    const pair = await joinAndHear(world);
    const gone = once(pair.client, "disconnect");
    pair.socket.disconnect();
    await gone;
    await comeBack(world, pair.client);
    expect(calls).toEqual([false, false]);
  });

  test("lets a middleware refuse a recovered client, where they run", async () => {
    const io = start({ skipMiddlewares: false });
    io.use((socket, next) => next(socket.recovered ? new Error("no way back") : undefined));
    const pair = await joinAndHear(world);
    await drop(pair);
    const error = once<[Error]>(pair.client, "connect_error");
    pair.client.connect();
    expect((await error)[0].message).toBe("no way back");
    await arrived(await world.join());
    expect(io.of("/").sockets.size).toBe(1);
    expect(io.of("/").adapter.sids.size).toBe(1);
  });

  test("has the handshake of the new connection", async () => {
    start();
    const pair = await joinAndHear(world);
    const back = await recover(world, pair, () => {
      pair.client.auth = { second: true };
    });
    expect(back.socket.handshake.auth.second).toBeTrue();
    expect(back.socket.handshake).not.toBe(pair.socket.handshake);
    expect(back.socket.conn.id).not.toBe(pair.socket.conn.id);
  });

  test("takes events and acknowledgements of a recovered client as of any other", async () => {
    const io = start();
    io.on("connection", (socket) => socket.on("double", (n, reply) => reply(2 * n)));
    const pair = await joinAndHear(world);
    await drop(pair);
    const buffered = pair.client.emitWithAck("double", 1); // kept by the client until it is back
    const back = await comeBack(world, pair.client);
    expect(await buffered).toBe(2);
    expect(await back.client.emitWithAck("double", 2)).toBe(4);
    back.client.on("triple", (n, reply) => reply(3 * n));
    expect(await back.socket.emitWithAck("triple", 3)).toBe(9);
    await departed(back);
  });

  test("tells its listeners of a recovered connection, as of any other", async () => {
    const io = start();
    const calls: unknown[] = [];
    io.on("connection", (socket) => {
      calls.push(["connection", socket.recovered]);
      socket.on("disconnect", (reason) => calls.push(["disconnect", reason]));
    });
    const pair = await joinAndHear(world);
    await drop(await recover(world, pair));
    expect(calls).toEqual([
      ["connection", false],
      ["disconnect", "transport close"],
      ["connection", true],
      ["disconnect", "transport close"],
    ]);
    expect([...io.of("/").sockets, ...io.of("/").adapter.sids]).toEqual([]);
  });

  test("recovers clients of a dynamic namespace", async () => {
    const io = start();
    const parent = io.of(/^\/dynamic-/);
    const pair = await joinAndHear(world, "/dynamic-1");
    const events = recordEvents(pair.client);
    const back = await recover(world, pair, () => {
      parent.emit("missed");
      parent.to(pair.socket.id).emit("missed too");
    });
    await arrived(back);
    expect([back.socket.recovered, back.socket.id]).toEqual([true, pair.socket.id]);
    expect(withoutOffsets(events)).toEqual([["missed"], ["missed too"]]);
  });

  if (world.isReference) {
    return; // what follows it does otherwise: see each test
  }

  test("recovers a client that has not been sent anything yet", async () => {
    // There, a client has no way back before it has got an offset.
    const io = start();
    const pair = await world.join();
    const { id } = pair.socket;
    await pair.socket.join("room");
    const events = recordEvents(pair.client);
    const back = await recover(world, pair, () => {
      io.emit("missed");
      io.to("room").emit("missed too");
    });
    expect([back.socket.recovered, back.client.recovered, back.socket.id]).toEqual([
      true,
      true,
      id,
    ]);
    await arrived(back);
    expect(withoutOffsets(events)).toEqual([["missed"], ["missed too"]]);
  });

  test("sends a new client nothing of what was sent before it came, also when it recovers", async () => {
    const io = start();
    await joinAndHear(world);
    io.emit("before");
    const pair = await world.join();
    const events = recordEvents(pair.client);
    const back = await recover(world, pair, () => io.emit("missed"));
    await arrived(back);
    expect(withoutOffsets(events)).toEqual([["missed"]]);
  });

  test("appends one offset to what is emitted on a parent namespace, in each child", async () => {
    // There, each child appends one more.
    const io = start();
    const parent = io.of(/^\/dynamic-/);
    const pairs = [await world.join("/dynamic-1"), await world.join("/dynamic-2")];
    await Promise.all(pairs.map(({ socket }) => socket.join("room")));
    const events = pairs.map(({ client }) => recordEvents(client));
    parent.to("room").emit("hello", 1);
    await arrived(...pairs);
    expect(events.map(withoutOffsets)).toEqual([[["hello", 1]], [["hello", 1]]]);
  });

  test("delivers nothing that was missed to a client that a middleware refuses", async () => {
    // There, it is sent before the middlewares run.
    const io = start({ skipMiddlewares: false });
    io.use((socket, next) => next(socket.recovered ? new Error("no way back") : undefined));
    const pair = await joinAndHear(world);
    await drop(pair);
    io.emit("missed");
    const packets: unknown[] = [];
    pair.client.io.on("packet", ({ type }) => packets.push(type));
    const refused = once(pair.client, "connect_error");
    pair.client.connect();
    await refused;
    expect(packets).toEqual([4]);
  });
}
