// How connections end, and what both sides hear of it.

import { expect, test } from "bun:test";
import { once } from "../support/clients.ts";
import { arrived, type Pair, reachable, type World } from "../support/world.ts";

interface Ending {
  server: { disconnecting: unknown; rooms: string[]; disconnect: unknown; connected: boolean[] };
  client: unknown;
}

/** Ends a connection some way, and tells what both ends heard. */
async function end({ client, socket }: Pair, act: () => void): Promise<Ending> {
  const onClient = once(client, "disconnect");
  const onServer = once(socket, "disconnect");
  const connected: boolean[] = [];
  const rooms: string[] = [];
  let disconnecting: unknown;
  socket.on("disconnecting", (reason) => {
    disconnecting = reason;
    connected.push(socket.connected);
    rooms.push(...[...socket.rooms].map((room) => (room === socket.id ? "its own" : room)));
  });
  socket.on("disconnect", () => connected.push(socket.connected));
  act();
  const [disconnect] = await onServer;
  const [reason] = await onClient;
  return { server: { disconnecting, rooms, disconnect, connected }, client: reason };
}

function ending(server: string, client: string): Ending {
  return {
    server: {
      disconnecting: server,
      rooms: ["its own", "r1", "r2"],
      disconnect: server,
      connected: [true, false],
    },
    client,
  };
}

async function inRooms(pair: Pair): Promise<Pair> {
  await pair.socket.join(["r1", "r2"]);
  return pair;
}

export function disconnectionSuite(world: World): void {
  test("tells the reasons of socket.disconnect(), and disconnecting still sees the rooms", async () => {
    world.start();
    const pair = await inRooms(await world.join());
    expect(await end(pair, () => pair.socket.disconnect())).toEqual(
      ending("server namespace disconnect", "io server disconnect"),
    );
    expect(pair.socket.rooms.size).toBe(0);
    expect(pair.socket.disconnected).toBeTrue();
  });

  test("tells the reasons of socket.disconnect(true), in every namespace of the connection", async () => {
    const io = world.start();
    io.of("/a");
    const main = await inRooms(await world.join());
    const a = await inRooms(await world.joinOver(main.client, "/a"));
    const closed = once(main.socket.conn, "close");
    const endings = await Promise.all([
      end(main, () => {}),
      end(a, () => main.socket.disconnect(true)),
    ]);
    const expected = ending("server namespace disconnect", "io server disconnect");
    expect(endings).toEqual([expected, expected]);
    await closed;
    expect(io.engine.clientsCount).toBe(0);
  });

  test("tells the reasons of client.disconnect()", async () => {
    world.start();
    const pair = await inRooms(await world.join());
    expect(await end(pair, () => pair.client.disconnect())).toEqual(
      ending("client namespace disconnect", "io client disconnect"),
    );
  });

  test("tells the reasons of a client that closes its connection", async () => {
    const io = world.start();
    io.of("/a");
    const main = await inRooms(await world.join());
    const a = await inRooms(await world.joinOver(main.client, "/a"));
    const endings = await Promise.all([
      end(main, () => {}),
      end(a, () => main.client.io.engine.close()),
    ]);
    const expected = ending("transport close", "forced close");
    expect(endings).toEqual([expected, expected]);
  });

  test("tells the reasons of a server that closes the connection", async () => {
    world.start();
    const pair = await inRooms(await world.join());
    expect(await end(pair, () => pair.socket.conn.close())).toEqual(
      ending("forced close", "transport close"),
    );
  });

  test("tells the reasons of io.close()", async () => {
    const io = world.start();
    const pair = await inRooms(await world.join());
    await reachable(pair.socket);
    expect(await end(pair, () => void io.close())).toEqual(
      ending("server shutting down", "transport close"),
    );
  });

  test("sends what was emitted before the disconnection", async () => {
    world.start();
    const { client, socket } = await world.join();
    const events: unknown[] = [];
    client.onAny((...event) => events.push(event));
    const gone = once(client, "disconnect");
    socket.emit("last words", Buffer.from("!"));
    socket.disconnect(true);
    await gone;
    expect(events).toEqual([["last words", Buffer.from("!")]]);
  });

  test("hears what a client emitted before it disconnected", async () => {
    world.start();
    const { client, socket } = await world.join();
    const calls: unknown[] = [];
    socket.onAny((...event) => calls.push(event));
    const gone = once(socket, "disconnect");
    client.emit("last words", 1);
    client.disconnect();
    await gone;
    expect(calls).toEqual([["last words", 1]]);
  });

  test("lets a disconnecting listener join a room, and a disconnect listener none", async () => {
    const io = world.start();
    const { client, socket } = await world.join();
    const rooms: string[][] = [];
    const ended = new Promise<void>((resolve) => {
      socket.on("disconnecting", () => {
        void socket.join("late");
        rooms.push([...socket.rooms]);
      });
      socket.on("disconnect", () => {
        void socket.join("too late");
        rooms.push([...socket.rooms]);
        resolve();
      });
    });
    client.disconnect();
    await ended;
    expect(rooms).toEqual([[socket.id, "late"], []]);
    expect(io.of("/").adapter.rooms.size).toBe(0);
  });

  test("lets a disconnecting listener tell the rooms that the socket leaves", async () => {
    world.start();
    const [leaving, staying] = [
      await inRooms(await world.join()),
      await inRooms(await world.join()),
    ];
    const news: unknown[] = [];
    staying.client.on("left", (...args) => news.push(args));
    const { socket } = leaving;
    socket.on("disconnecting", (reason) => socket.to([...socket.rooms]).emit("left", reason));
    const gone = once(socket, "disconnect");
    leaving.client.disconnect();
    await gone;
    await arrived(staying);
    expect(news).toEqual([["client namespace disconnect"]]);
  });

  test("lets a socket be disconnected by its connection listener", async () => {
    const io = world.start();
    io.on("connection", (socket) => socket.disconnect());
    const client = world.make();
    const connected = once(client, "connect");
    expect((await once(client, "disconnect"))[0]).toBe("io server disconnect");
    await connected;
    expect(io.of("/").sockets.size).toBe(0);
  });

  if (world.isReference) {
    return; // it recurses in the first, and closes the whole connection in the second
  }

  test("emits disconnect once, however often and in however many ways a socket is disconnected", async () => {
    world.start();
    const { client, socket } = await world.join();
    const reasons: string[] = [];
    socket.on("disconnecting", (reason) => {
      reasons.push(reason);
      socket.disconnect(true);
      socket.conn.close(true);
    });
    socket.on("disconnect", (reason) => reasons.push(reason));
    const gone = once(client, "disconnect");
    expect(socket.disconnect().disconnect(true).disconnect()).toBe(socket);
    socket.conn.close();
    await gone;
    expect(reasons).toEqual(["server namespace disconnect", "server namespace disconnect"]);
  });

  test("drops the events that are still on their way when the server disconnects a namespace, and no more", async () => {
    const io = world.start();
    io.of("/a");
    const main = await world.join();
    const a = await world.joinOver(main.client, "/a");
    const calls: string[] = [];
    a.socket.on("quit", () => {
      calls.push("quit");
      a.socket.disconnect();
    });
    a.socket.on("after", () => calls.push("after"));
    const gone = once(a.client, "disconnect");
    const heard = once(main.socket, "hello");
    a.client.emit("quit");
    a.client.emit("after", () => {});
    a.client.emit("after");
    main.client.emit("hello", 1);
    expect((await gone)[0]).toBe("io server disconnect");
    expect(await heard).toEqual([1]);
    expect(calls).toEqual(["quit"]);
    expect(main.socket.connected).toBeTrue();
  });

  test("lets both ends disconnect a namespace at once, and the others go on", async () => {
    const io = world.start();
    io.of("/a");
    const main = await world.join();
    const a = await world.joinOver(main.client, "/a");
    const heard = once(main.socket, "hello");
    a.client.disconnect();
    a.socket.disconnect();
    main.client.emit("hello", 1);
    expect(await heard).toEqual([1]);
    await arrived(main); // and before it the server's word that /a is disconnected
    await arrived(await world.joinOver(main.client, "/a"));
    expect(io.of("/a").sockets.size).toBe(1);
    expect(io.engine.clientsCount).toBe(1);
  });
}
