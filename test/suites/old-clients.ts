// Clients of Socket.IO 1 and 2.

import { expect, test } from "bun:test";
import type { Socket } from "bun-socket.io";
import { once } from "../support/clients.ts";
import type { OldClient, OldPair, OldWorld } from "../support/old-clients.ts";

interface Emitter {
  once(event: string, listener: (...args: never[]) => void): unknown;
}

const BYTES = Buffer.from([0, 1, 254, 255]);

/** Lists what a client gets under some names. */
function record(client: OldClient | Emitter, ...events: string[]): unknown[][] {
  const list: unknown[][] = [];
  const { on } = client as OldClient;
  for (const event of events) {
    on.call(client as OldClient, event, (...args: unknown[]) => void list.push([event, ...args]));
  }
  return list;
}

/** Waits until the client has got all that the server has sent it. */
async function arrived({ client, socket }: { client: Emitter; socket: Socket }): Promise<void> {
  const settled = once(client, "settled");
  socket.emit("settled");
  await settled;
}

/** Ends a connection some way, and tells what both ends heard. */
async function end(pair: OldPair, act: () => void): Promise<unknown[]> {
  const onServer = once(pair.socket, "disconnect");
  const onClient = once(pair.client, "disconnect");
  act();
  return [(await onServer)[0], (await onClient)[0]];
}

export function oldClientSuite(world: OldWorld): void {
  test("joins / without having asked for it, as the socket of its session's id", async () => {
    const io = world.start();
    const { client, socket } = await world.join();
    expect(socket.id).toBe(client.io.engine.id);
    expect(socket.id).toBe(client.id ?? "");
    expect(socket.conn.id).toBe(socket.id);
    expect(socket.conn.protocol).toBe(3);
    expect([...socket.rooms]).toEqual([socket.id]);
    expect(socket.handshake.query).toMatchObject({ EIO: "3" });
    expect(socket.handshake.auth).toEqual({});
    expect(client.io.engine.transport.name).toBe(socket.conn.transport.name);
    expect(io.engine.clientsCount).toBe(1);
  });

  test("is refused unless allowEIO3 is on", async () => {
    world.start({ allowEIO3: false });
    const client = world.make();
    const [error] = await once<[Error]>(client, "connect_error");
    expect(error).toBeInstanceOf(Error);
    expect(world.io.engine.clientsCount).toBe(0);
  });

  test("gets what a listener of connection sends, after it knows that it is connected", async () => {
    const io = world.start();
    io.on("connection", (socket) => socket.emit("welcome", BYTES));
    const client = world.make();
    const order: string[] = [];
    client.on("connect", () => order.push("connect"));
    const [bytes] = await once<[Buffer]>(client, "welcome");
    expect([...order, Buffer.from(bytes)]).toEqual(["connect", BYTES]);
  });

  test("exchanges events with text, objects and bytes", async () => {
    world.start();
    const { client, socket } = await world.join();
    const args = ["text", 1, null, { deep: [BYTES, { bytes: BYTES }] }, BYTES];
    const received = once(socket, "up");
    client.emit("up", ...args);
    expect(await received).toEqual(args);
    const down = once(client, "down");
    socket.emit("down", ...args);
    expect(await down).toEqual(args);
  });

  test("keeps the order of events with and without bytes", async () => {
    world.start();
    const { client, socket } = await world.join();
    const down = record(client, "x");
    const up: unknown[] = [];
    socket.on("x", (value: unknown) => up.push(value));
    const values = Array.from({ length: 20 }, (_, index) => (index % 3 === 0 ? BYTES : index));
    const settled = once(socket, "settled");
    for (const value of values) {
      socket.emit("x", value);
      client.emit("x", value);
    }
    client.emit("settled");
    await Promise.all([arrived({ client, socket }), settled]);
    expect(down.map(([, value]) => value)).toEqual(values);
    expect(up).toEqual(values);
  });

  test("acknowledges, and gets acknowledgements", async () => {
    world.start();
    const { client, socket } = await world.join();
    socket.on("up", (value: unknown, reply: (...args: unknown[]) => void) => reply(value, BYTES));
    client.on("down", (value: unknown, reply: (...args: unknown[]) => void) => reply(value));
    const answer = await new Promise<unknown[]>((resolve) => {
      client.emit("up", "a", (...args: unknown[]) => resolve(args));
    });
    expect(answer).toEqual(["a", BYTES]);
    expect(await socket.emitWithAck("down", BYTES)).toEqual(BYTES);
    expect(await socket.timeout(5000).emitWithAck("down", "b")).toBe("b");
    expect(await world.io.timeout(5000).emitWithAck("down", "c")).toEqual(["c"]);
  });

  test("joins further namespaces, as a socket whose id tells which", async () => {
    const io = world.start();
    io.of("/admin");
    const { client, socket } = await world.join();
    const admin = await world.joinOver(client, "/admin");
    expect(admin.socket.id).toBe(`/admin#${socket.id}`);
    expect(admin.socket.nsp.name).toBe("/admin");
    expect([...admin.socket.rooms]).toEqual([admin.socket.id]);
    expect(admin.socket.handshake.auth).toEqual({});
    const events = record(client, "hello");
    const there = once(admin.client, "hello");
    io.of("/admin").emit("hello", BYTES);
    expect(await there).toEqual([BYTES]);
    const up = once(admin.socket, "up");
    admin.client.emit("up", 1, BYTES);
    expect(await up).toEqual([1, BYTES]);
    await arrived({ client, socket });
    expect(events).toEqual([]);
  });

  test("puts a query into the CONNECT of a namespace, which is its auth there", async () => {
    const io = world.start();
    io.of("/admin").use((socket, next) => {
      next(socket.handshake.auth.token === "é&x" ? undefined : new Error("no"));
    });
    const { client } = await world.join();
    const { socket } = await world.joinOver(client, "/admin", { token: "é&x", other: "?" });
    expect(socket.handshake.auth).toEqual({ token: "é&x", other: "?" });
    expect(socket.nsp.name).toBe("/admin");
  });

  test("leaves a namespace, and comes back under the same id", async () => {
    const io = world.start();
    io.of("/admin");
    const { client, socket } = await world.join();
    const first = await world.joinOver(client, "/admin");
    const { id } = first.socket;
    const other = once(io.of("/admin"), "connection");
    expect(await end(first, () => first.client.disconnect())).toEqual([
      "client namespace disconnect",
      "io client disconnect",
    ]);
    expect(socket.connected).toBeTrue();
    first.client.connect();
    const [second] = (await other) as [Socket];
    expect(second.id).toBe(id);
    expect(second).not.toBe(first.socket);
    await once(first.client, "connect");
    await arrived({ client: first.client, socket: second });
  });

  test("is told where there is no such namespace", async () => {
    world.start();
    const { client } = await world.join();
    const nowhere = client.io.socket("/nowhere");
    expect(await once(nowhere, "error")).toEqual([{ message: "Invalid namespace" }]);
    expect(client.connected).toBeTrue();
  });

  test("is told why a middleware refuses it: the data, or else the message", async () => {
    const io = world.start();
    io.of("/data").use((_socket, next) => next(Object.assign(new Error("m"), { data: { a: 1 } })));
    io.of("/message").use((_socket, next) => next(new Error("not you")));
    const { client } = await world.join();
    for (const [name, reason] of [
      ["/data", { a: 1 }],
      ["/message", "not you"],
    ] as const) {
      const refused = client.io.socket(name);
      expect(await once(refused, "error")).toEqual([reason]);
      expect(io.of(name).sockets.size).toBe(0);
    }
  });

  test("is told why a middleware of / refuses it", async () => {
    const io = world.start();
    io.use((_socket, next) => next(new Error("not you")));
    expect(await once(world.make(), "error")).toEqual(["not you"]);
    expect(io.of("/").sockets.size).toBe(0);
  });

  test("gets the broadcasts that clients of today get, text and bytes", async () => {
    const io = world.start();
    const old = await world.join();
    const second = await world.join();
    const today = await world.joinNew();
    const upgraded = await world.joinNew(["polling", "websocket"]);
    const pairs = [old, second, today, upgraded];
    for (const { socket } of pairs) {
      socket.join("room");
    }
    // Client 1 takes each byte of UTF-8 for a character when it polls.
    const text = world.kind.name === "client 1 over polling" ? "e" : "é";
    const lists = pairs.map(({ client }) => record(client, "all", "room", "others"));
    io.emit("all", text, 1);
    io.to("room").emit("room", BYTES, "and text", { deep: BYTES });
    io.to("room").emit("room", "text");
    old.socket.to("room").emit("others", BYTES);
    today.socket.broadcast.emit("others", "text");
    await Promise.all(pairs.map(arrived));
    const common = [
      ["all", text, 1],
      ["room", BYTES, "and text", { deep: BYTES }],
      ["room", "text"],
    ];
    const fromOld = ["others", BYTES];
    const fromToday = ["others", "text"];
    expect(lists[0]).toEqual([...common, fromToday]);
    expect(lists[1]).toEqual([...common, fromOld, fromToday]);
    expect(lists[2]).toEqual([...common, fromOld]);
    expect(lists[3]).toEqual([...common, fromOld, fromToday]);
  });

  test("acknowledges a broadcast beside clients of today", async () => {
    const io = world.start();
    const old = await world.join();
    const today = await world.joinNew();
    old.client.on("sum", (a: number, reply: (sum: number) => void) => reply(a + 1));
    today.client.on("sum", (a: number, reply: (sum: number) => void) => reply(a + 2));
    const sums = await io.timeout(5000).emitWithAck("sum", 1);
    expect(sums.sort()).toEqual([2, 3]);
  });

  test("gets volatile packets while it can take them, and may lose them while it cannot", async () => {
    world.start();
    const { client, socket } = await world.join();
    while (!socket.conn.transport.writable) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    const first = once(client, "maybe");
    socket.volatile.emit("maybe", 1);
    expect(await first).toEqual([1]);
    const events = record(client, "maybe");
    socket.emit("sure");
    socket.volatile.emit("maybe", BYTES);
    await arrived({ client, socket });
    expect(events.length).toBeLessThanOrEqual(1);
  });

  test("can be found, moved and disconnected from outside", async () => {
    const io = world.start();
    const pair = await world.join();
    const [remote] = await io.fetchSockets();
    expect(remote?.id).toBe(pair.socket.id);
    io.in(pair.socket.id).socketsJoin("room");
    expect(pair.socket.rooms).toContain("room");
    expect(await end(pair, () => io.in("room").disconnectSockets())).toEqual([
      "server namespace disconnect",
      "io server disconnect",
    ]);
  });

  test("hears the reasons of socket.disconnect(true)", async () => {
    const io = world.start();
    const pair = await world.join();
    const closed = once(pair.socket.conn, "close");
    expect(await end(pair, () => pair.socket.disconnect(true))).toEqual([
      "server namespace disconnect",
      "io server disconnect",
    ]);
    await closed;
    expect(io.engine.clientsCount).toBe(0);
  });

  test("hears the reasons of client.disconnect()", async () => {
    const io = world.start();
    const pair = await world.join();
    const closed = once(pair.socket.conn, "close");
    expect(await end(pair, () => pair.client.disconnect())).toEqual([
      "client namespace disconnect",
      "io client disconnect",
    ]);
    await closed;
    expect(io.engine.clientsCount).toBe(0);
  });

  test("hears the reasons of a connection that the client closes", async () => {
    world.start();
    const pair = await world.join();
    expect(await end(pair, () => pair.client.io.engine.close())).toEqual([
      "transport close",
      "forced close",
    ]);
  });

  test("hears the reasons of a session that the server closes", async () => {
    world.start();
    const pair = await world.join();
    expect(await end(pair, () => pair.socket.conn.close())).toEqual([
      "forced close",
      "transport close",
    ]);
  });

  test("hears the reason of a server that closes", async () => {
    const io = world.start();
    const pair = await world.join();
    const [server, client] = await end(pair, () => void io.close());
    expect(server).toBe("server shutting down");
    expect(["transport close", "transport error"]).toContain(client as string);
  });

  // The reference does not watch a session any more that has moved.
  if (!(world.isReference && world.upgrades)) {
    test("ends with a ping timeout when it pings no more", async () => {
      world.start({ pingInterval: 200, pingTimeout: 200 });
      const { client, socket } = await world.join();
      const { engine } = client.io;
      engine.ping = () => {};
      engine.pingTimeout = 60_000; // or it might be the first to give up
      clearTimeout(engine.pingTimeoutTimer);
      const [reason] = await once(socket, "disconnect");
      expect(reason).toBe("ping timeout");
    });
  }

  test("lives on its pings", async () => {
    const io = world.start({ pingInterval: 50, pingTimeout: 1000 });
    const { client, socket } = await world.join();
    let heartbeats = 0;
    await new Promise<void>((resolve) => {
      socket.conn.on("heartbeat", () => {
        heartbeats++;
        if (heartbeats === 3) {
          resolve();
        }
      });
    });
    await arrived({ client, socket });
    expect(io.engine.clientsCount).toBe(1);
  });

  test("ends when it sends what is no packet", async () => {
    world.start();
    const { client, socket } = await world.join();
    const failed = once<[Error]>(socket, "error");
    const gone = once(socket, "disconnect");
    client.io.engine.write("nonsense");
    expect((await failed)[0]).toBeInstanceOf(Error);
    expect((await gone)[0]).toBe("forced close");
  });

  test("ends when it sends more than maxHttpBufferSize", async () => {
    const io = world.start({ maxHttpBufferSize: 10_000 });
    const { client, socket } = await world.join();
    const gone = once(client, "disconnect");
    const closed = once(socket, "disconnect");
    client.emit("x", "x".repeat(20_000));
    await gone;
    if (!world.isPolling) {
      expect((await closed)[0]).toBe("transport error");
      expect(io.engine.clientsCount).toBe(0);
    }
  });
}
