// A server over an engine that is not its own.

import { expect, test } from "bun:test";
import { once } from "../support/clients.ts";
import { arrived, departed, recordEvents, type World } from "../support/world.ts";

export function bindSuite(world: World): void {
  test("serves events, acknowledgements and bytes, both ways", async () => {
    const io = world.start();
    io.of("/a");
    const pair = await world.join();
    const { client, socket } = pair;
    const bytes = Buffer.from([0, 1, 255]);
    socket.on("echo", (value, reply) => reply(value));
    client.on("echo", (value, reply) => reply(value));
    for (const value of ["text", "ünï 🚀", { bytes }, "x".repeat(20_000)]) {
      expect(await client.emitWithAck("echo", value)).toEqual(value);
      expect(await socket.emitWithAck("echo", value)).toEqual(value);
      expect(await io.timeout(5000).emitWithAck("echo", value)).toEqual([value]);
    }
    const a = await world.joinOver(client, "/a");
    const events = [pair, a].map((each) => recordEvents(each.client));
    await socket.join("room");
    io.to("room").emit("room", bytes);
    io.of("/a").emit("namespace");
    await arrived(pair, a);
    await departed(pair, a);
    expect(events).toEqual([[["room", bytes]], [["namespace"]]]);
    expect([socket.conn === a.socket.conn, socket.conn.readyState]).toEqual([true, "open"]);
    const name = world.isPolling ? "polling" : "websocket";
    expect(socket.conn.transport.name).toBe(name);
  });

  test("has what the client asked with: headers, query, auth", async () => {
    world.start();
    const { socket } = await world.join("/", {
      auth: { token: "t" },
      query: { color: "red" },
      extraHeaders: { "x-custom": "yes" },
    });
    const { auth, query, headers, secure } = socket.handshake;
    expect([auth, query.color, query.EIO, headers["x-custom"], secure]).toEqual([
      { token: "t" },
      "red",
      "4",
      "yes",
      false,
    ]);
  });

  test("hears of clients that go, with the reason, and forgets them", async () => {
    const io = world.start();
    for (const [end, reason] of [
      ["client.disconnect()", "client namespace disconnect"],
      ["engine.close()", "transport close"],
      ["socket.disconnect()", "server namespace disconnect"],
      ["conn.close()", "forced close"],
    ] as const) {
      const { client, socket } = await world.join();
      const gone = once(socket, "disconnect");
      const lost = once(client, "disconnect");
      switch (end) {
        case "client.disconnect()":
          client.disconnect();
          break;
        case "engine.close()":
          client.io.engine.close();
          break;
        case "socket.disconnect()":
          socket.disconnect();
          break;
        default:
          socket.conn.close();
      }
      expect([end, (await gone)[0]]).toEqual([end, reason]);
      await lost;
      expect(io.of("/").sockets.size).toBe(0);
    }
  });

  test("ends the connection of a client whose packets it cannot read, and no other", async () => {
    const io = world.start();
    const [bad, good] = [await world.join(), await world.join()];
    const failed = once<[Error]>(bad.socket, "error");
    const gone = once(bad.socket, "disconnect");
    bad.client.io.engine.write("9garbage");
    expect((await failed)[0]).toBeInstanceOf(Error);
    expect((await gone)[0]).toBe("forced close");
    await arrived(good);
    expect([...io.of("/").sockets.keys()]).toEqual([good.socket.id]);
  });

  test("closes the engine with the server", async () => {
    const io = world.start();
    const { client, socket } = await world.join();
    const gone = once(socket, "disconnect");
    const lost = once(client, "disconnect");
    await io.close();
    expect((await gone)[0]).toBe("server shutting down");
    await lost;
    expect([...io.of("/").sockets, ...io.of("/").adapter.rooms]).toEqual([]);
  });
}
