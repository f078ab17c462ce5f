// Several namespaces over one connection.

import { expect, test } from "bun:test";
import { connected, once } from "../support/clients.ts";
import { arrived, recordEvents, type World } from "../support/world.ts";

export function namespaceSuite(world: World): void {
  test("serves several namespaces over one connection, each with its own sockets and events", async () => {
    const io = world.start();
    for (const name of ["/a", "/b"]) {
      io.of(name).on("connection", (socket) => {
        socket.on("who", (reply) => reply(name, socket.nsp.name));
      });
    }
    const main = await world.join("/");
    const a = await world.joinOver(main.client, "/a");
    const b = await world.joinOver(main.client, "/b");
    expect(await a.client.emitWithAck("who")).toBe("/a");
    expect(await b.client.emitWithAck("who")).toBe("/b");
    expect(io.engine.clientsCount).toBe(1);
    expect(a.socket.conn).toBe(main.socket.conn);
    expect(a.socket.client).toBe(b.socket.client);
    expect(new Set([main.socket.id, a.socket.id, b.socket.id, main.socket.conn.id]).size).toBe(4);

    const events = [main, a, b].map(({ client }) => recordEvents(client));
    io.of("/a").emit("only a");
    io.emit("only /");
    await arrived(main, a, b);
    expect(events).toEqual([[["only /"]], [["only a"]], []]);
  });

  test("lets a client into a namespace without having joined /", async () => {
    const io = world.start();
    io.of("/a");
    const { client, socket } = await world.join("/a");
    expect(socket.nsp).toBe(io.of("/a"));
    expect(io.of("/").sockets.size).toBe(0);
    expect(await Promise.all([once(client, "hi"), socket.emit("hi", 1)])).toEqual([[1], true]);
  });

  test("refuses a namespace that does not exist with connect_error, and the connection goes on", async () => {
    world.start();
    const main = await world.join("/");
    const [error] = await once<[Error]>(main.client.io.socket("/unknown"), "connect_error");
    expect(error.message).toBe("Invalid namespace");
    expect(main.client.connected).toBeTrue();
    await arrived(main);
    expect(main.socket.connected).toBeTrue();
  });

  test("lets a client into a namespace that was made after it was refused there", async () => {
    const io = world.start();
    const main = await world.join("/");
    const late = main.client.io.socket("/late");
    await once(late, "connect_error");
    io.of("/late");
    late.disconnect().connect();
    await connected(late);
    expect(io.of("/late").sockets.has(late.id ?? "")).toBeTrue();
  });

  test("treats names with a query, a dot or unicode as they are", async () => {
    const io = world.start();
    for (const name of ["/a.b", "/ünï", "/deep/er", "/__proto__", "/with space"]) {
      io.of(name);
      const { client, socket } = await world.join("/");
      const pair = await world.joinOver(client, name);
      expect(pair.socket.nsp.name).toBe(name);
      await arrived(pair, { client, socket });
    }
  });

  test("leaves the other namespaces alone when a client leaves one", async () => {
    const io = world.start();
    io.of("/a");
    const main = await world.join("/");
    const a = await world.joinOver(main.client, "/a");
    const gone = once(a.socket, "disconnect");
    a.client.disconnect();
    expect((await gone)[0]).toBe("client namespace disconnect");
    expect(a.socket.connected).toBeFalse();
    await arrived(main);
    expect(main.socket.connected).toBeTrue();
    expect(io.of("/a").sockets.size).toBe(0);
    expect(io.engine.clientsCount).toBe(1);
  });

  test("leaves the other namespaces alone when the server disconnects one", async () => {
    const io = world.start();
    io.of("/a");
    const main = await world.join("/");
    const a = await world.joinOver(main.client, "/a");
    const gone = once(a.client, "disconnect");
    a.socket.disconnect();
    expect((await gone)[0]).toBe("io server disconnect");
    await arrived(main);
    expect(main.client.connected).toBeTrue();
    expect(io.engine.clientsCount).toBe(1);
  });

  test("lets a client come back to a namespace over the same connection, as another socket", async () => {
    const io = world.start();
    io.of("/a");
    const main = await world.join("/");
    const a = await world.joinOver(main.client, "/a");
    const firstId = a.socket.id;
    const gone = once(a.socket, "disconnect");
    a.client.disconnect();
    await gone;
    a.client.connect();
    await connected(a.client);
    expect(a.client.id).not.toBe(firstId);
    expect([...io.of("/a").sockets.keys()]).toEqual([a.client.id ?? ""]);
    expect(io.engine.clientsCount).toBe(1);
  });

  test("keeps rooms of the same name in different namespaces apart", async () => {
    const io = world.start();
    io.of("/a");
    const main = await world.join("/");
    const a = await world.joinOver(main.client, "/a");
    await main.socket.join("room");
    await a.socket.join("room");
    const events = [main, a].map(({ client }) => recordEvents(client));
    io.to("room").emit("for /");
    io.of("/a").to("room").emit("for a");
    await arrived(main, a);
    expect(events).toEqual([[["for /"]], [["for a"]]]);
  });

  test("makes a namespace once, with or without its slash, and tells new_namespace of it", () => {
    const io = world.start();
    const made: string[] = [];
    io.on("new_namespace", (namespace) => made.push(namespace.name));
    const a = io.of("/a");
    expect(io.of("/a")).toBe(a);
    expect(io.of("a")).toBe(a);
    io.of("/b");
    expect(io.of("/")).toBe(io.sockets);
    expect(made).toEqual(["/a", "/b"]);
    expect([a.name, io.of("").name]).toEqual(["/a", "/"]);
  });

  test("adds the listener that of() is given, each time", async () => {
    const io = world.start();
    const calls: string[] = [];
    io.of("/a", (socket) => calls.push(`first ${socket.nsp.name}`));
    io.of("/a", (socket) => calls.push(`second ${socket.nsp.name}`));
    await world.join("/a");
    expect(calls).toEqual(["first /a", "second /a"]);
  });

  test("emits connect before connection, both with the connected socket", async () => {
    const io = world.start();
    const calls: unknown[] = [];
    io.on("connection", (socket) => calls.push(["connection", socket.id, socket.connected]));
    io.on("connect", (socket) => calls.push(["connect", socket.id, socket.disconnected]));
    const { socket } = await world.join();
    expect(calls).toEqual([
      ["connect", socket.id, false],
      ["connection", socket.id, true],
    ]);
  });

  test("lets io.on, once, off, listeners, eventNames and listenerCount act on the namespace /", async () => {
    const io = world.start();
    const calls: string[] = [];
    const removed = (): void => {
      calls.push("removed");
    };
    const kept = (): void => {
      calls.push("kept");
    };
    io.on("connection", removed).on("connection", kept);
    io.once("connection", () => calls.push("once"));
    io.off("connection", removed);
    io.removeAllListeners("connect");
    expect(io.listeners("connection")).toHaveLength(2);
    expect(io.sockets.listeners("connection")[0]).toBe(kept);
    expect(io.listenerCount("connection")).toBe(2);
    expect(io.eventNames()).toEqual(["connection"]);
    await world.joinMany(2);
    expect(calls).toEqual(["kept", "once", "kept"]);
  });

  test("reaches the listeners of / alone with the server's emit, send and write", async () => {
    const io = world.start();
    io.of("/a");
    const main = await world.join();
    const a = await world.joinOver(main.client, "/a");
    const events = [main, a].map(({ client }) => recordEvents(client));
    expect(io.emit("hello", 1)).toBeTrue();
    expect(Object.is(io.send("x", 2), io)).toBeTrue();
    io.write("y").of("/a").send("z");
    await arrived(main, a);
    expect(events).toEqual([
      [
        ["hello", 1],
        ["message", "x", 2],
        ["message", "y"],
      ],
      [["message", "z"]],
    ]);
  });
}
