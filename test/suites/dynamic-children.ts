// Children of parent namespaces: who is in them, and whom their parent reaches.

import { expect, test } from "bun:test";
import { once } from "../support/clients.ts";
import { recordNamespaces, refusal } from "./dynamic-namespaces.ts";
import { arrived, type Pair, recordEvents, type World } from "../support/world.ts";

const LONG = 5_000;

/** Two clients of /dynamic-1 and one of /dynamic-2. */
async function children(world: World): Promise<[Pair, Pair, Pair]> {
  return [
    await world.join("/dynamic-1"),
    await world.join("/dynamic-1"),
    await world.join("/dynamic-2"),
  ];
}

export function dynamicChildrenSuite(world: World): void {
  test("reaches every child, and nobody else, with what is emitted on the parent", async () => {
    const io = world.start();
    const parent = io.of(/^\/dynamic-/);
    expect(parent.emit("to nobody")).toBeTrue();
    const pairs = [...(await children(world)), await world.join("/")];
    const events = pairs.map(({ client }) => recordEvents(client));
    expect(parent.emit("emit", 1, Buffer.from("x"))).toBeTrue();
    parent.send("sent");
    parent.write("written");
    parent.local.emit("local");
    parent.compress(false).emit("compress");
    await arrived(...pairs);
    const all = [
      ["emit", 1, Buffer.from("x")],
      ["message", "sent"],
      ["message", "written"],
      ["local"],
      ["compress"],
    ];
    expect(events).toEqual([all, all, all, []]);
  });

  test("reaches the rooms of every child with what is emitted on the parent", async () => {
    const io = world.start();
    const parent = io.of(/^\/dynamic-/);
    const [a, b, c] = await children(world);
    await Promise.all([a, c].map(({ socket }) => socket.join("room")));
    const events = [a, b, c].map(({ client }) => recordEvents(client));
    parent.to("room").emit("to", { bytes: Buffer.from("x") });
    parent.in(["room", "other"]).emit("in");
    parent.except("room").emit("except");
    parent.to(b.socket.id).to(c.socket.id).emit("ids");
    parent.to("nobody's").emit("nobody");
    await arrived(a, b, c);
    const to = ["to", { bytes: Buffer.from("x") }];
    expect(events).toEqual([
      [to, ["in"]],
      [["except"], ["ids"]],
      [to, ["in"], ["ids"]],
    ]);
  });

  test("keeps children apart: sockets, rooms, broadcasts", async () => {
    const io = world.start();
    io.of(/^\/dynamic-/);
    const pairs = await children(world);
    const [a, b, c] = pairs;
    await Promise.all(pairs.map(({ socket }) => socket.join("room")));
    expect(a.socket.nsp).toBe(b.socket.nsp);
    expect(a.socket.nsp).not.toBe(c.socket.nsp);
    expect([...io.of("/dynamic-2").sockets.keys()]).toEqual([c.socket.id]);
    const events = pairs.map(({ client }) => recordEvents(client));
    io.of("/dynamic-1").to("room").emit("one");
    a.socket.broadcast.emit("but a");
    io.of("/dynamic-2").emit("two");
    await arrived(...pairs);
    expect(events).toEqual([[["one"]], [["one"], ["but a"]], [["two"]]]);
  });

  test("has no sockets in a parent, which is no namespace that a client can join", async () => {
    const io = world.start();
    const parent = io.of(/^\/dynamic-/);
    await children(world);
    expect(parent.sockets.size).toBe(0);
    expect([...io._nsps.values()]).not.toContain(parent);
    expect(parent.name).toStartWith("/");
    expect(await refusal(world, parent.name)).toBe("Invalid namespace");
    expect(io.of(/^\/dynamic-/)).not.toBe(parent);
  });

  test("refuses to fetch the sockets of a parent", async () => {
    const io = world.start();
    const parent = io.of(/^\/dynamic-/);
    await world.join("/dynamic-1");
    const fetched = (async () => parent.fetchSockets())();
    await expect(fetched).rejects.toThrow(/fetchSockets\(\) .*not supported/);
    expect(await io.of("/dynamic-1").fetchSockets()).toHaveLength(1);
  });

  test("lets a client join several children over one connection, and leave them", async () => {
    const io = world.start();
    io.of(/^\/dynamic-/);
    const main = await world.join("/dynamic-1");
    const other = await world.joinOver(main.client, "/dynamic-2");
    expect(other.socket.conn).toBe(main.socket.conn);
    const gone = once(main.socket, "disconnect");
    main.client.disconnect();
    await gone;
    await arrived(other);
    expect(io.of("/dynamic-1").sockets.size).toBe(0);
    expect(io.of("/dynamic-2").sockets.size).toBe(1);
    expect(io.engine.clientsCount).toBe(1);
  });

  test("connects nobody when the client leaves while a function is deciding", async () => {
    const io = world.start();
    let connections = 0;
    const asked = Promise.withResolvers<() => void>();
    io.of((_name, _auth, next) => asked.resolve(() => next(null, true))).on("connection", () => {
      connections++;
    });
    const session = new Promise<void>((resolve) => {
      io.engine.once("connection", (conn) => conn.once("close", () => resolve()));
    });
    const client = world.make("/a");
    const decide = await asked.promise;
    client.io.engine.close();
    await session;
    decide();
    const other = await world.join("/");
    await arrived(other);
    expect(connections).toBe(0);
    expect(io._nsps.get("/a")?.sockets.size ?? 0).toBe(0);
    expect(io._nsps.get("/a")?.adapter.sids.size ?? 0).toBe(0);
  });

  test("cuts a client that a function leaves undecided, after connectTimeout", async () => {
    const io = world.start({ connectTimeout: 30 });
    io.of(() => {});
    const session = new Promise<void>((resolve) => {
      io.engine.once("connection", (conn) => conn.once("close", () => resolve()));
    });
    world.make("/a");
    await session;
    expect(io.engine.clientsCount).toBe(0);
    expect([...io._nsps.keys()]).toEqual(["/"]);
  });

  test("keeps a child whose last client has left", async () => {
    const io = world.start();
    const made = recordNamespaces(io);
    io.of(/^\/dynamic-/);
    const { client, socket } = await world.join("/dynamic-1");
    const gone = once(socket, "disconnect");
    client.disconnect();
    await gone;
    expect(io._nsps.get("/dynamic-1") === socket.nsp).toBeTrue();
    const again = await world.join("/dynamic-1");
    expect(again.socket.nsp).toBe(socket.nsp);
    expect(made).toEqual(["/dynamic-1"]);
  });

  test("ends the sockets of children when the server closes", async () => {
    const io = world.start();
    io.of(/^\/dynamic-/);
    const pairs = await children(world);
    const reasons = Promise.all(pairs.map(({ socket }) => once(socket, "disconnect")));
    await io.close();
    expect((await reasons).map(([reason]) => reason)).toEqual(
      Array(3).fill("server shutting down"),
    );
    for (const { adapter, sockets } of io._nsps.values()) {
      expect([...sockets, ...adapter.rooms, ...adapter.sids]).toEqual([]);
    }
  });

  test("collects the answers of a child's clients", async () => {
    const io = world.start();
    io.of(/^\/dynamic-/);
    const pairs = await children(world);
    for (const [index, { client }] of pairs.entries()) {
      client.on("letter?", (reply) => reply("abc"[index]));
    }
    const letters = await io.of("/dynamic-1").timeout(LONG).emitWithAck("letter?");
    expect(letters.toSorted()).toEqual(["a", "b"]);
  });

  if (world.isReference) {
    return; // what follows it does otherwise: see each test
  }

  test("matches every time, also with a regular expression that keeps its place", async () => {
    // There, every second client is refused.
    for (const flags of ["g", "y", "gy"]) {
      const io = world.start();
      io.of(new RegExp("^/dynamic-\\d+", flags));
      for (const name of ["/dynamic-1", "/dynamic-2", "/dynamic-3"]) {
        expect((await world.join(name)).socket.nsp.name).toBe(name);
      }
      io.of("/dynamic-4");
      io.of("/dynamic-5");
      await world.end();
    }
  });

  test("adds the listener that of() is given with a name that a regular expression matches", async () => {
    // There, it is forgotten the first time.
    const io = world.start();
    const calls: string[] = [];
    io.of(/^\/dynamic-/);
    io.of("/dynamic-1", ({ nsp }) => calls.push(nsp.name));
    await world.join("/dynamic-1");
    expect(calls).toEqual(["/dynamic-1"]);
  });

  test("hears a function once, when it calls next() twice", async () => {
    // There, the client is connected twice.
    const io = world.start();
    let connections = 0;
    io.of((_name, _auth, next) => {
      next(null, true);
      next(null, true);
      next(null, false);
    }).on("connection", () => {
      connections++;
    });
    const pair = await world.join("/a");
    await arrived(pair);
    expect([connections, pair.socket.nsp.sockets.size]).toEqual([1, 1]);
  });
}
