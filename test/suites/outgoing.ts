// What leaves: catch-all listeners for it, and whether it is compressed; and who is there to get it.

import { expect, test } from "bun:test";
import { once } from "../support/clients.ts";
import { HOSTS } from "../support/hosts.ts";
import { RawClient } from "../support/raw-client.ts";
import { OPCODES, requestWebSocket } from "../support/raw-websocket.ts";
import { arrived, type World } from "../support/world.ts";

const LONG = 5_000;
/** Time enough to join a namespace, also on a busy machine. */
const SHORT = 150;
const OFFER = { "Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits" };

export function outgoingSuite(world: World): void {
  const transport = world.isPolling ? "polling" : "websocket";

  test("tells outgoing listeners of events however they are sent, and of nothing else", async () => {
    const io = world.start();
    io.of("/a");
    const pair = await world.join();
    const { client, socket } = pair;
    const other = await world.joinOver(client, "/a");
    await socket.join("room");
    const calls: unknown[][] = [];
    socket.onAnyOutgoing((...event) => calls.push(event));
    socket.on("question", (reply) => reply("an acknowledgement"));
    client.on("question", (reply) => reply("answer"));
    const bytes = Buffer.from("x");
    socket.send("sent");
    socket.compress(false).emit("compress", bytes);
    await arrived(pair);
    socket.volatile.emit("volatile"); // told, whether or not it is lost
    io.local.to("room").emit("local");
    io.except("room").emit("not for it");
    io.to("nobody's").emit("not for it");
    io.of("/a").emit("not for it");
    other.socket.emit("not for it");
    const [fetched] = await io.in("room").fetchSockets();
    fetched?.emit("fetched", 1);
    expect(await io.timeout(LONG).emitWithAck("question")).toEqual(["answer"]);
    expect(await client.emitWithAck("question")).toBe("an acknowledgement");
    await arrived(pair);
    socket.disconnect();
    expect(calls).toEqual([
      ["message", "sent"],
      ["compress", bytes],
      ["settled"],
      ["volatile"],
      ["local"],
      ["fetched", 1],
      ["question"],
      ["settled"],
    ]);
  });

  test("calls an outgoing listener as often as it was added, with the socket for this", async () => {
    const io = world.start();
    const { socket } = await world.join();
    const calls: unknown[] = [];
    function listener(this: unknown, event: unknown): void {
      calls.push([this === socket, event]);
    }
    const returned = socket.onAnyOutgoing(listener).onAnyOutgoing(listener);
    expect(returned === socket).toBeTrue();
    socket.emit("a");
    io.emit("b");
    expect(calls.splice(0)).toEqual(["a", "a", "b", "b"].map((event) => [true, event]));
    expect(socket.offAnyOutgoing(listener) === socket).toBeTrue();
    io.emit("c");
    expect(calls.splice(0)).toEqual([[true, "c"]]);
    socket.offAnyOutgoing(listener).offAnyOutgoing(listener);
    io.emit("d");
    expect([calls, socket.listenersAnyOutgoing()]).toEqual([[], []]);
  });

  test("lets outgoing listeners be added and removed by one of them, for the next event", async () => {
    world.start();
    const { socket } = await world.join();
    const calls: string[] = [];
    const late = (): void => {
      calls.push("late");
    };
    const once = (): void => {
      calls.push("once");
      socket.offAnyOutgoing(once);
      socket.onAnyOutgoing(late);
    };
    const last = (): void => {
      calls.push("last");
    };
    socket.onAnyOutgoing(once).onAnyOutgoing(last);
    socket.emit("a");
    expect(calls.splice(0)).toEqual(["once", "last"]);
    socket.emit("b");
    expect(calls).toEqual(["last", "late"]);
  });

  test("removes nothing with an outgoing listener that was never added", async () => {
    world.start();
    const { socket } = await world.join();
    const listener = (): void => {};
    socket.offAnyOutgoing(listener).offAnyOutgoing();
    expect(socket.listenersAnyOutgoing()).toEqual([]);
    socket.onAnyOutgoing(listener).offAnyOutgoing(() => {});
    expect(socket.listenersAnyOutgoing()).toEqual([listener]);
    expect(socket.listenersAny()).toEqual([]);
  });

  test("tells the ids of everyone, of rooms, and of a namespace", async () => {
    const io = world.start();
    io.of("/a");
    const [first, second] = [await world.join(), await world.join()];
    const a = await world.joinOver(first.client, "/a");
    await first.socket.join("room");
    const [id, id2] = [first.socket.id, second.socket.id];
    expect(await io.allSockets()).toEqual(new Set([id, id2]));
    expect(await io.in("room").allSockets()).toEqual(new Set([id]));
    expect(await io.to(id2).in("room").allSockets()).toEqual(new Set([id, id2]));
    expect(await io.in("nobody's").allSockets()).toEqual(new Set());
    expect(await io.of("/a").allSockets()).toEqual(new Set([a.socket.id]));
    expect(await io.of("/a").in(id).allSockets()).toEqual(new Set());
  });

  test("asks the other servers with local for nobody", async () => {
    const io = world.start();
    const { client, socket } = await world.join();
    client.on("question", (reply) => reply("answer"));
    expect(await io.local.timeout(LONG).emitWithAck("question")).toEqual(["answer"]);
    expect((await io.local.fetchSockets()).map(({ id }) => id)).toEqual([socket.id]);
    await socket.join("room");
    io.local.in("room").socketsJoin("other");
    expect(socket.rooms.has("other")).toBeTrue();
    const gone = once(client, "disconnect");
    io.local.disconnectSockets();
    await gone;
  });

  if (world.host !== HOSTS[0] && !world.isReference) {
    return; // these take their time, and the host has no say in the rest
  }

  test("keeps a client that has joined a namespace in time, also when it leaves it again", async () => {
    const io = world.start({ connectTimeout: SHORT });
    const joined = await world.join();
    const raw = await RawClient.open(world.running.url, transport);
    await raw.connect();
    await raw.send("41");
    const mute = await RawClient.open(world.running.url, transport);
    await mute.closed; // its time was up last
    await arrived(joined);
    expect(io.engine.clientsCount).toBe(2);
    raw.close();
  });

  test("cuts a client that a middleware keeps waiting, after connectTimeout", async () => {
    const io = world.start({ connectTimeout: SHORT });
    const pending: (() => void)[] = [];
    io.use((_socket, next) => pending.push(next));
    let connections = 0;
    io.on("connection", () => connections++);
    const raw = await RawClient.open(world.running.url, transport);
    await raw.send("40");
    await raw.closed;
    expect([io.engine.clientsCount, pending.length]).toEqual([0, 1]);
    pending[0]?.();
    await new Promise((resolve) => setImmediate(resolve));
    expect([connections, io.of("/").sockets.size, io.of("/").adapter.sids.size]).toEqual([0, 0, 0]);
  });

  if (transport === "polling" || world.transports.length > 1 || world.isReference) {
    // The rest is about frames of a WebSocket. On Bun, the reference compresses every one of them.
    return;
  }

  test("compresses what is sent from the threshold on, unless told otherwise", async () => {
    const io = world.start({ perMessageDeflate: { threshold: 64 } });
    const path = "/socket.io/?EIO=4&transport=websocket";
    const { webSocket } = await requestWebSocket(world.running.port, path, OFFER);
    if (webSocket === null) {
      throw new Error("there is no WebSocket");
    }
    expect(webSocket.answer.headers["sec-websocket-extensions"]).toContain("permessage-deflate");
    const connection = once<[Awaited<ReturnType<World["join"]>>["socket"]]>(io, "connection");
    await webSocket.frame(); // the handshake
    webSocket.send("40");
    const [socket] = await connection;
    await webSocket.frame(); // that it is connected
    const large = "compress me ".repeat(50);
    socket.emit("emit", large);
    socket.compress(true).emit("emit compress", large);
    socket.compress(false).emit("emit plain", large);
    io.emit("broadcast", large);
    io.compress(true).emit("broadcast compress", large);
    io.compress(false).emit("broadcast plain", large);
    io.to(socket.id).compress(false).emit("room plain", large);
    io.to(socket.id).emit("room", large);
    io.of("/").compress(false).emit("namespace plain", large);
    socket.emit("small", "x");
    const events = [
      "emit",
      "emit compress",
      "emit plain",
      "broadcast",
      "broadcast compress",
      "broadcast plain",
      "room plain",
      "room",
      "namespace plain",
      "small",
    ];
    const seen: string[] = [];
    for (const event of events) {
      const { opcode, rsv, payload } = await webSocket.frame();
      expect([event, opcode]).toEqual([event, OPCODES.text]);
      if (rsv === 4) {
        seen.push(event);
      } else {
        expect(`${payload}`).toStartWith(`42["${event}"`);
      }
    }
    expect(seen).toEqual(["emit", "emit compress", "broadcast", "broadcast compress", "room"]);
    webSocket.connection.destroy();
  });
}
