// Children of a parent namespace that go when their last client has gone: cleanupEmptyChildNamespaces.

import { expect, test } from "bun:test";
import { Adapter, type AdapterNamespace, type Server, type ServerOptions } from "bun-socket.io";
import { once } from "../support/clients.ts";
import { arrived, type Pair, type World } from "../support/world.ts";

async function leave({ client, socket }: Pair): Promise<void> {
  const gone = once(socket, "disconnect");
  client.disconnect();
  await gone;
}

export function emptyNamespaceSuite(world: World): void {
  function start(options: ServerOptions = {}): { io: Server; made: string[]; closed: string[] } {
    const closed: string[] = [];
    class TellingAdapter extends Adapter {
      readonly #name: string;

      constructor(namespace: AdapterNamespace) {
        super(namespace);
        this.#name = namespace.name;
      }

      override close(): void {
        closed.push(this.#name);
      }
    }
    const io = world.start({
      cleanupEmptyChildNamespaces: true,
      adapter: TellingAdapter,
      ...options,
    });
    const made: string[] = [];
    io.on("new_namespace", ({ name }) => made.push(name));
    return { io, made, closed };
  }

  test("removes a child and closes its adapter when the last client leaves", async () => {
    const { io, closed } = start();
    io.of(/^\/dynamic-/);
    const [a, b, c] = [
      await world.join("/dynamic-1"),
      await world.join("/dynamic-1"),
      await world.join("/dynamic-2"),
    ];
    await leave(a);
    await arrived(b);
    expect([[...io._nsps.keys()], closed]).toEqual([["/", "/dynamic-1", "/dynamic-2"], []]);
    await leave(b);
    expect([[...io._nsps.keys()], closed]).toEqual([["/", "/dynamic-2"], ["/dynamic-1"]]);
    await leave(c);
    expect([[...io._nsps.keys()], closed]).toEqual([["/"], ["/dynamic-1", "/dynamic-2"]]);
    for (const { socket } of [a, b, c]) {
      const { sockets, adapter } = socket.nsp;
      expect([...sockets, ...adapter.rooms, ...adapter.sids]).toEqual([]);
    }
  });

  test("removes a child however its last client goes", async () => {
    const { io } = start();
    io.of(/^\/dynamic-/);
    const ways: ((pair: Pair) => void)[] = [
      ({ client }) => client.io.engine.close(),
      ({ socket }) => socket.disconnect(),
      ({ socket }) => socket.disconnect(true),
      ({ socket }) => socket.conn.close(),
      ({ socket }) => socket.nsp.disconnectSockets(true),
    ];
    for (const end of ways) {
      const pair = await world.join("/dynamic-1");
      expect(io._nsps.has("/dynamic-1")).toBeTrue();
      const gone = once(pair.socket, "disconnect");
      end(pair);
      await gone;
      expect(io._nsps.has("/dynamic-1")).toBeFalse();
    }
  });

  test("makes a child anew when a client comes again", async () => {
    const { io, made } = start();
    const connections: unknown[] = [];
    const parent = io.of((_name, _auth, next) => next(null, true));
    parent.on("connection", ({ nsp }) => connections.push(nsp));
    const first = await world.join("/a");
    await leave(first);
    const second = await world.join("/a");
    expect(second.socket.nsp).not.toBe(first.socket.nsp);
    expect(second.socket.nsp).toBe(io.of("/a"));
    expect(connections).toEqual([first.socket.nsp, second.socket.nsp]);
    expect(made).toEqual(["/a", "/a"]);
    const hello = once(second.client, "hello");
    parent.emit("hello");
    await hello;
  });

  test("lets a client leave a child and come back over the same connection", async () => {
    const { io } = start();
    io.of(/^\/dynamic-/);
    const main = await world.join("/");
    for (let round = 0; round < 3; round++) {
      const child = await world.joinOver(main.client, "/dynamic-1");
      await arrived(child);
      await leave(child);
      expect([...io._nsps.keys()]).toEqual(["/"]);
    }
    await arrived(main);
  });

  test("removes a child that refuses its first client", async () => {
    const { io, closed } = start();
    const parent = io.of(/^\/dynamic-/);
    parent.use((_socket, next) => next(new Error("no")));
    const [error] = await once<[Error]>(world.make("/dynamic-1"), "connect_error");
    expect(error.message).toBe("no");
    expect([[...io._nsps.keys()], closed]).toEqual([["/"], ["/dynamic-1"]]);
  });

  test("keeps a child that refuses one client while it has another", async () => {
    const { io, closed } = start();
    const parent = io.of(/^\/dynamic-/);
    parent.use(({ handshake }, next) =>
      next(handshake.auth.ok === true ? undefined : new Error("no")),
    );
    const pair = await world.join("/dynamic-1", { auth: { ok: true } });
    await once(world.make("/dynamic-1"), "connect_error");
    await arrived(pair);
    expect([io._nsps.get("/dynamic-1") === pair.socket.nsp, closed]).toEqual([true, []]);
  });

  test("removes a child whose only client goes while a middleware is pending", async () => {
    const { io } = start();
    const pending = Promise.withResolvers<() => void>();
    const parent = io.of(/^\/dynamic-/);
    parent.use((_socket, next) => pending.resolve(next));
    const closed = new Promise<void>((resolve) => {
      io.engine.once("connection", (conn) => conn.once("close", () => resolve()));
    });
    const client = world.make("/dynamic-1");
    const next = await pending.promise;
    client.io.engine.close();
    await closed;
    next();
    await arrived(await world.join("/"));
    expect([...io._nsps.keys()]).toEqual(["/"]);
  });

  test("keeps the namespaces that are no children", async () => {
    const { io, closed } = start();
    io.of("/static");
    io.of("/dynamic-static");
    io.of(/^\/dynamic-/);
    for (const name of ["/", "/static", "/dynamic-static"]) {
      await leave(await world.join(name));
    }
    expect([...io._nsps.keys()]).toEqual(["/", "/static", "/dynamic-static"]);
    expect(closed).toEqual([]);
  });

  test("removes a child that of() made, once a client has come and gone", async () => {
    const { io } = start();
    io.of(/^\/dynamic-/);
    const child = io.of("/dynamic-1");
    expect(io._nsps.get("/dynamic-1")).toBe(child);
    await leave(await world.join("/dynamic-1"));
    expect(io._nsps.has("/dynamic-1")).toBeFalse();
    expect(io.of("/dynamic-1")).not.toBe(child);
  });

  test("reaches no child that has been removed, and those that are there", async () => {
    const { io } = start();
    const parent = io.of(/^\/dynamic-/);
    await leave(await world.join("/dynamic-1"));
    const pair = await world.join("/dynamic-2");
    const hello = once(pair.client, "hello");
    parent.to(pair.socket.id).emit("hello", 1);
    expect(await hello).toEqual([1]);
  });

  test("keeps children where the option is not set", async () => {
    const { io } = start({ cleanupEmptyChildNamespaces: false });
    io.of(/^\/dynamic-/);
    await leave(await world.join("/dynamic-1"));
    expect([...io._nsps.keys()]).toEqual(["/", "/dynamic-1"]);
  });

  if (world.isReference) {
    return; // what follows it does otherwise: see each test
  }

  test("keeps a child that refuses a client while another waits for its middleware", async () => {
    // There, the other gets into a namespace that is no longer the server's.
    const { io, closed } = start();
    const pending = Promise.withResolvers<() => void>();
    const parent = io.of(/^\/dynamic-/);
    parent.use(({ handshake }, next) => {
      if (handshake.auth.refused) {
        next(new Error("no"));
      } else {
        pending.resolve(next);
      }
    });
    const joined = world.join("/dynamic-1");
    const next = await pending.promise;
    await once(world.make("/dynamic-1", { auth: { refused: true } }), "connect_error");
    expect([io._nsps.has("/dynamic-1"), closed]).toEqual([true, []]);
    next();
    const pair = await joined;
    expect(io._nsps.get("/dynamic-1") === pair.socket.nsp).toBeTrue();
    await leave(pair);
    expect([io._nsps.has("/dynamic-1"), closed]).toEqual([false, ["/dynamic-1"]]);
  });

  test("closes the adapter of each child once, also when the server closes", async () => {
    // There, twice.
    const { io, closed } = start();
    io.of(/^\/dynamic-/);
    await world.join("/dynamic-1");
    await world.join("/dynamic-2");
    await io.close();
    expect(closed.toSorted()).toEqual(["/", "/dynamic-1", "/dynamic-2"]);
    expect([...io._nsps.keys()]).toEqual(["/"]);
  });
}
