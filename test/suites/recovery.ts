// What clients are sent that come back after they lost their connection: connectionStateRecovery.

import { expect, test } from "bun:test";
import type { Server, ServerOptions } from "bun-socket.io";
import { connected, once } from "../support/clients.ts";
import { arrived, type Pair, reachable, recordEvents, type World } from "../support/world.ts";
import { comeBack, drop, joinAndHear, recover, withoutOffsets } from "../support/recovery.ts";

export function recoverySuite(world: World): void {
  function start(recovery = {}, options: ServerOptions = {}): Server {
    return world.start({ connectionStateRecovery: recovery, ...options });
  }

  test("gives a client its id, rooms and data back, and says so on both sides", async () => {
    const io = start();
    const { client, socket } = await joinAndHear(world);
    expect([client.recovered, socket.recovered]).toEqual([false, false]);
    await socket.join(["r1", "r2"]);
    await socket.join("left");
    await socket.leave("left");
    socket.data.user = { name: "alice" };
    const { id } = socket;
    const connection = once<[Pair["socket"]]>(io, "connection");
    expect(await drop({ client, socket })).toBe("transport close");
    expect([...io.of("/").sockets, ...io.of("/").adapter.rooms]).toEqual([]);
    const back = await comeBack(world, client);
    expect((await connection)[0]).toBe(back.socket);
    expect(back.socket).not.toBe(socket);
    expect([back.socket.id, back.client.id]).toEqual([id, id]);
    expect([back.socket.recovered, back.client.recovered]).toEqual([true, true]);
    expect(back.socket.rooms).toEqual(new Set([id, "r1", "r2"]));
    expect(back.socket.data).toEqual({ user: { name: "alice" } });
    expect(back.socket.connected).toBeTrue();
    expect([...io.of("/").sockets]).toEqual([[id, back.socket]]);
    const events = recordEvents(client);
    io.to("r2").emit("to the room");
    io.to(id).emit("to the id");
    await arrived(back);
    expect(withoutOffsets(events)).toEqual([["to the room"], ["to the id"]]);
  });

  test("delivers what was sent meanwhile, in order and before connect, and then what is new", async () => {
    const io = start();
    const pair = await joinAndHear(world);
    await pair.socket.join("room");
    const events = recordEvents(pair.client);
    pair.client.on("connect", () => events.push(["connect", ""]));
    io.on("connection", (socket) => socket.emit("new"));
    const { socket } = pair;
    const back = await recover(world, pair, () => {
      io.emit("everyone", 1, { two: [2] });
      io.to("room").emit("room");
      io.to(["room", socket.id, "other"]).emit("once");
      io.to(socket.id).emit("id", Buffer.from([0, 1, 255]), { and: Buffer.from("more") });
      io.to("other").emit("other room");
      io.except("room").emit("excepted room");
      io.except(socket.id).emit("excepted id");
      io.to("room").except("other").emit("others excepted");
      io.local.emit("local");
      io.send("message");
      socket.emit("on the socket that is gone", "x");
    });
    await arrived(back);
    expect(withoutOffsets(events)).toEqual([
      ["everyone", 1, { two: [2] }],
      ["room"],
      ["once"],
      ["id", Buffer.from([0, 1, 255]), { and: Buffer.from("more") }],
      ["others excepted"],
      ["local"],
      ["message", "message"],
      ["on the socket that is gone", "x"],
      ["connect"],
      ["new"],
    ]);
  });

  test("delivers what was on its way when the connection broke, once", async () => {
    const io = start();
    const pair = await joinAndHear(world);
    const events = recordEvents(pair.client);
    io.emit("got");
    pair.socket.emit("got too");
    await arrived(pair);
    const gone = once(pair.socket, "disconnect");
    pair.client.io.engine.close();
    pair.socket.emit("on its way", 1); // the server knows nothing yet
    io.emit("on its way", 2);
    await gone;
    io.emit("after that");
    await arrived(await comeBack(world, pair.client));
    expect(withoutOffsets(events)).toEqual([
      ["got"],
      ["got too"],
      ["on its way", 1],
      ["on its way", 2],
      ["after that"],
    ]);
  });

  test("delivers every event once and in order, however often the connection breaks", async () => {
    const io = start();
    let pair = await joinAndHear(world);
    const { id } = pair.socket;
    await pair.socket.join("room");
    const numbers: unknown[] = [];
    pair.client.on("n", (n) => numbers.push(n));
    let count = 0;
    const emit = (): void => {
      const targets = [io, io.to("room"), io.to(id), pair.socket, io.except("other")];
      for (const target of targets) {
        target.emit("n", count++, ...(count % 3 === 0 ? [Buffer.from("x")] : []));
      }
    };
    for (let round = 0; round < 8; round++) {
      emit();
      if (round % 2 === 0) {
        await arrived(pair);
      }
      emit();
      const gone = once(pair.socket, "disconnect");
      pair.client.io.engine.close();
      emit();
      if (!world.isReference && round % 4 === 0) {
        // There, the server has to notice first.
        await new Promise((resolve) => setImmediate(resolve));
      } else {
        await gone;
      }
      emit();
      pair = await comeBack(world, pair.client);
      expect([pair.socket.id, pair.socket.recovered]).toEqual([id, true]);
    }
    emit();
    await arrived(pair);
    expect(numbers).toEqual(Array.from({ length: count }, (_, n) => n));
  });

  test("delivers what others broadcast meanwhile, and not what a socket sent to all but itself", async () => {
    start();
    const [a, b] = [await joinAndHear(world), await joinAndHear(world)];
    const events = recordEvents(a.client);
    const back = await recover(world, a, () => {
      b.socket.broadcast.emit("of b");
      b.socket.to(a.socket.id).emit("of b to a");
      a.socket.broadcast.emit("of a");
    });
    await arrived(back);
    expect(withoutOffsets(events)).toEqual([["of b"], ["of b to a"]]);
  });

  test("delivers neither volatile events nor those that ask for an acknowledgement", async () => {
    const io = start();
    const pair = await joinAndHear(world);
    const events = recordEvents(pair.client);
    const back = await recover(world, pair, () => {
      io.volatile.emit("volatile");
      pair.socket.volatile.emit("volatile");
      pair.socket.emit("ack", () => {});
      io.timeout(5000).emit("acks", () => {});
      io.emit("kept");
    });
    await arrived(back);
    expect(withoutOffsets(events)).toEqual([["kept"]]);
  });

  test("appends an offset to events, another to each, and to no volatile ones or those with an acknowledgement", async () => {
    const io = start();
    const pair = await joinAndHear(world);
    const { client, socket } = pair;
    await socket.join("room");
    const events = recordEvents(client);
    client.on("ack", (...args) => args.at(-1)(args.length));
    socket.emit("a", 1);
    io.emit("b");
    io.to("room").except("other").emit("c", Buffer.from("x"));
    expect(await socket.emitWithAck("ack", 1)).toBe(2);
    expect(await io.timeout(5000).emitWithAck("ack", 1)).toEqual([2]);
    await arrived(pair);
    await reachable(socket);
    socket.volatile.emit("volatile", 1);
    await arrived(pair);
    expect(events.pop()).toEqual(["volatile", 1]);
    const plain = events.filter(([event]) => event !== "ack");
    expect(withoutOffsets(plain)).toEqual([["a", 1], ["b"], ["c", Buffer.from("x")]]);
    expect(new Set(plain.map((event) => event.at(-1))).size).toBe(3);
  });

  test("tells outgoing listeners of events with their offset, and of none that is sent again", async () => {
    const io = start();
    const pair = await joinAndHear(world);
    const calls: unknown[][] = [];
    io.on("connection", (socket) => socket.onAnyOutgoing((...event) => calls.push(event)));
    pair.socket.onAnyOutgoing((...event) => calls.push(event));
    pair.socket.emit("a", 1);
    io.emit("b");
    expect(withoutOffsets(calls.splice(0))).toEqual([["a", 1], ["b"]]);
    await recover(world, pair, () => io.emit("missed"));
    expect(calls).toEqual([]);
  });

  test("appends nothing and recovers nobody where the option is not set", async () => {
    const io = world.start();
    const pair = await joinAndHear(world);
    const { id } = pair.socket;
    const events = recordEvents(pair.client);
    io.emit("a", 1);
    await arrived(pair);
    const back = await recover(world, pair, () => io.emit("missed"));
    await arrived(back);
    expect([back.socket.recovered, back.client.recovered ?? false]).toEqual([false, false]);
    expect(back.socket.id).not.toBe(id);
    expect(events).toEqual([["a", 1]]);
  });

  test("recovers a client as often as it comes back", async () => {
    const io = start();
    let pair = await joinAndHear(world);
    const { id } = pair.socket;
    await pair.socket.join("room");
    const events = recordEvents(pair.client);
    for (let round = 1; round <= 4; round++) {
      pair = await recover(world, pair, () => io.to("room").emit("missed", round));
      expect([pair.socket.id, pair.socket.recovered, pair.client.recovered]).toEqual([
        id,
        true,
        true,
      ]);
      if (round % 2 === 0) {
        io.emit("live", round); // with and without something new in between
        await arrived(pair);
      }
    }
    expect(withoutOffsets(events)).toEqual([
      ["missed", 1],
      ["missed", 2],
      ["live", 2],
      ["missed", 3],
      ["missed", 4],
      ["live", 4],
    ]);
    expect(io.of("/").sockets.size).toBe(1);
  });

  test("recovers several clients, each with its own", async () => {
    const io = start();
    const pairs = [await joinAndHear(world), await joinAndHear(world), await joinAndHear(world)];
    const events = pairs.map(({ client }) => recordEvents(client));
    for (const [index, { socket }] of pairs.entries()) {
      socket.data.index = index;
      await socket.join(["all", `room ${index}`]);
    }
    await Promise.all(pairs.map(drop));
    for (const index of pairs.keys()) {
      io.to(`room ${index}`).emit("own", index);
    }
    io.to("all").emit("all");
    const back = await Promise.all(pairs.map(({ client }) => comeBack(world, client)));
    await arrived(...back);
    expect(back.map(({ socket }) => socket.data)).toEqual([
      { index: 0 },
      { index: 1 },
      { index: 2 },
    ]);
    expect(back.map(({ socket }) => socket.id)).toEqual(pairs.map(({ socket }) => socket.id));
    expect(events.map(withoutOffsets)).toEqual([0, 1, 2].map((index) => [["own", index], ["all"]]));
  });

  test("recovers each namespace of a connection on its own", async () => {
    const io = start();
    io.of("/a");
    const main = await joinAndHear(world);
    const a = await world.joinOver(main.client, "/a");
    await arrived(a);
    await a.socket.join("room");
    const ids = [main.socket.id, a.socket.id];
    const events = [main, a].map(({ client }) => recordEvents(client));
    await Promise.all([drop(main), drop(a)]);
    io.emit("for /");
    io.of("/a").emit("for a");
    io.of("/a").to("room").emit("for the room");
    const back = await comeBack(world, main.client);
    await connected(a.client); // it comes back with the connection
    const backA = { client: a.client, socket: world.socketOf(a.client, "/a") };
    await arrived(back, backA);
    expect([back.socket.id, backA.socket.id]).toEqual(ids);
    expect([back.socket.recovered, backA.socket.recovered]).toEqual([true, true]);
    expect(events.map(withoutOffsets)).toEqual([[["for /"]], [["for a"], ["for the room"]]]);
  });
}
