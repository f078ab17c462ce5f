// Namespaces that are made when the first client asks for them.

import { expect, test } from "bun:test";
import type { Server } from "bun-socket.io";
import { connected, once } from "../support/clients.ts";
import type { World } from "../support/world.ts";

/** How a client is refused. */
export async function refusal(world: World, name: string, options = {}): Promise<string> {
  const [error] = await once<[Error]>(world.make(name, options), "connect_error");
  return error.message;
}

/** Lists the names of the namespaces to come. */
export function recordNamespaces(io: Server): string[] {
  const names: string[] = [];
  io.on("new_namespace", ({ name }) => names.push(name));
  return names;
}

export function dynamicNamespaceSuite(world: World): void {
  test("makes a namespace whose name a regular expression matches, with what the parent has", async () => {
    const io = world.start();
    const calls: unknown[] = [];
    const made = recordNamespaces(io);
    const parent = io.of(/^\/dynamic-\d+$/, ({ nsp }) => calls.push(["of", nsp.name]));
    const used = parent.use(({ nsp }, next) => {
      calls.push(["middleware", nsp.name]);
      next();
    });
    const heard = parent.on("connection", ({ nsp }) => calls.push(["connection", nsp.name]));
    expect([used === parent, heard === parent]).toEqual([true, true]);
    expect(made).toEqual([]);
    const { socket } = await world.join("/dynamic-101");
    expect(socket.nsp.name).toBe("/dynamic-101");
    expect(io._nsps.get("/dynamic-101") === socket.nsp).toBeTrue();
    expect(io.of("/dynamic-101") === socket.nsp).toBeTrue();
    expect(io.of("dynamic-101") === socket.nsp).toBeTrue();
    expect(made).toEqual(["/dynamic-101"]);
    expect(calls).toEqual([
      ["middleware", "/dynamic-101"],
      ["of", "/dynamic-101"],
      ["connection", "/dynamic-101"],
    ]);
    expect(await refusal(world, "/dynamic-x")).toBe("Invalid namespace");
    expect([...io._nsps.keys()]).toEqual(["/", "/dynamic-101"]);
  });

  test("asks a function, with the name and what the client says of itself", async () => {
    const io = world.start();
    const asked: unknown[] = [];
    io.of((name, auth, next) => {
      asked.push([name, auth]);
      next(null, auth.token === "right");
    });
    const auth = { token: "right", more: { of: ["it"] } };
    const { socket } = await world.join("/a", { auth });
    expect(socket.handshake.auth).toEqual(auth);
    expect(await refusal(world, "/b", { auth: { token: "wrong" } })).toBe("Invalid namespace");
    expect(await refusal(world, "/c")).toBe("Invalid namespace");
    expect(asked).toEqual([
      ["/a", auth],
      ["/b", { token: "wrong" }],
      ["/c", {}],
    ]);
    expect([...io._nsps.keys()]).toEqual(["/", "/a"]);
  });

  test("waits for a function that decides later", async () => {
    const io = world.start();
    io.of(async (name, _auth, next) => {
      await Promise.resolve();
      setImmediate(() => next(null, name === "/yes"));
    });
    expect((await world.join("/yes")).socket.nsp.name).toBe("/yes");
    expect(await refusal(world, "/no")).toBe("Invalid namespace");
  });

  test("refuses where the function hands over an error, and tells the client nothing of it", async () => {
    const io = world.start();
    io.of((name, _auth, next) =>
      name === "/late"
        ? setImmediate(() => next(new Error("secret"), true))
        : next(new Error("s"), false),
    );
    expect(await refusal(world, "/early")).toBe("Invalid namespace");
    expect(await refusal(world, "/late")).toBe("Invalid namespace");
    expect([...io._nsps.keys()]).toEqual(["/"]);
  });

  test("asks the parents in the order they were made, up to the first that agrees", async () => {
    const io = world.start();
    const asked: string[] = [];
    const connections: string[] = [];
    io.of((_name, _auth, next) => {
      asked.push("refuses");
      next(null, false);
    }).on("connection", () => connections.push("refuses"));
    io.of(/^\/b/).on("connection", () => connections.push("/b"));
    io.of((_name, _auth, next) => {
      asked.push("fails");
      next(new Error("not me"), true);
    }).on("connection", () => connections.push("fails"));
    io.of((_name, _auth, next) => {
      asked.push("agrees");
      setImmediate(() => next(null, true));
    }).on("connection", () => connections.push("agrees"));
    io.of(/./).on("connection", () => connections.push("too late"));
    await world.join("/a");
    expect([asked.splice(0), connections.splice(0)]).toEqual([
      ["refuses", "fails", "agrees"],
      ["agrees"],
    ]);
    await world.join("/b");
    expect([asked.splice(0), connections.splice(0)]).toEqual([["refuses"], ["/b"]]);
    await world.join("/a");
    expect([asked, connections]).toEqual([[], ["agrees"]]);
  });

  test("asks nobody for a namespace that there is, whether it was made before or since", async () => {
    const io = world.start();
    const asked: string[] = [];
    const calls: string[] = [];
    io.of("/static").on("connection", () => calls.push("static"));
    io.of((name, _auth, next) => {
      asked.push(name);
      next(null, true);
    }).on("connection", () => calls.push("dynamic"));
    io.of("/since").on("connection", () => calls.push("since"));
    for (const name of ["/", "/static", "/since", "/dynamic", "/dynamic"]) {
      await world.join(name);
    }
    expect(asked).toEqual(["/dynamic"]);
    expect(calls).toEqual(["static", "since", "dynamic", "dynamic"]);
  });

  test("makes of() with a name that a regular expression matches a child of its parent", async () => {
    const io = world.start();
    const calls: string[] = [];
    const made = recordNamespaces(io);
    const parent = io.of(/^\/dynamic-/);
    parent.on("connection", ({ nsp }) => calls.push(nsp.name));
    const child = io.of("/dynamic-1");
    expect(io.of("dynamic-1")).toBe(child);
    expect(made).toEqual(["/dynamic-1"]);
    const pair = await world.join("/dynamic-1");
    expect(pair.socket.nsp).toBe(child);
    expect(calls).toEqual(["/dynamic-1"]);
    const hello = once(pair.client, "hello");
    parent.emit("hello", 1);
    expect(await hello).toEqual([1]);
  });

  test("lets a namespace of its own win over the regular expression that matches it", async () => {
    const io = world.start();
    const calls: string[] = [];
    io.of("/dynamic-static", () => calls.push("static"));
    io.of(/^\/dynamic-/, () => calls.push("dynamic"));
    await world.join("/dynamic-static");
    await world.join("/dynamic-1");
    expect(calls).toEqual(["static", "dynamic"]);
  });

  test("takes for a child the middlewares and listeners that the parent has then", async () => {
    const io = world.start();
    const calls: string[] = [];
    const parent = io.of(/^\/dynamic-/);
    parent.on("connect", ({ nsp }) => calls.push(`connect ${nsp.name}`));
    await world.join("/dynamic-1");
    parent.use((_socket, next) => {
      calls.push("middleware");
      next();
    });
    parent.on("connection", ({ nsp }) => calls.push(`connection ${nsp.name}`));
    await world.join("/dynamic-1");
    expect(calls.splice(0)).toEqual(["connect /dynamic-1", "connect /dynamic-1"]);
    await world.join("/dynamic-2");
    expect(calls).toEqual(["middleware", "connect /dynamic-2", "connection /dynamic-2"]);
  });

  test("lets a child have middlewares and listeners besides, which its siblings do not share", async () => {
    const io = world.start();
    const calls: string[] = [];
    io.on("new_namespace", (namespace) => {
      if (namespace.name === "/dynamic-1") {
        namespace.use((_socket, next) => {
          calls.push("its middleware");
          next();
        });
        namespace.on("connection", () => calls.push("its listener"));
      }
    });
    const parent = io.of(/^\/dynamic-/);
    parent.use((_socket, next) => {
      calls.push("middleware");
      next();
    });
    parent.on("connection", () => calls.push("listener"));
    await world.join("/dynamic-1");
    expect(calls.splice(0)).toEqual(["middleware", "its middleware", "listener", "its listener"]);
    await world.join("/dynamic-2");
    expect(calls).toEqual(["middleware", "listener"]);
  });

  test("refuses with a middleware of the parent", async () => {
    const io = world.start();
    const parent = io.of(/^\/dynamic-/);
    parent.use(({ nsp }, next) => next(nsp.name === "/dynamic-1" ? new Error("no") : undefined));
    expect(await refusal(world, "/dynamic-1")).toBe("no");
    await world.join("/dynamic-2");
    expect(io.of("/dynamic-1").sockets.size).toBe(0);
  });

  test("makes a child once for clients that ask for it at the same time", async () => {
    const io = world.start();
    const made = recordNamespaces(io);
    const waiting: (() => void)[] = [];
    const connections: string[] = [];
    io.of((_name, _auth, next) => {
      waiting.push(() => next(null, true));
      if (waiting.length === 4) {
        for (const decide of waiting) {
          decide();
        }
      }
    }).on("connection", ({ id }) => connections.push(id));
    const clients = ["/a", "/b", "/a", "/a"].map((name) => world.make(name));
    await Promise.all(clients.map(connected));
    expect(made.toSorted()).toEqual(["/a", "/b"]);
    const ids = (name: string): string[] => [...io.of(name).sockets.keys()].toSorted();
    const [a1, b, a2, a3] = clients.map(({ id }) => `${id}`);
    expect(ids("/a")).toEqual([`${a1}`, `${a2}`, `${a3}`].toSorted());
    expect(ids("/b")).toEqual([`${b}`]);
    expect(connections).toHaveLength(4);
  });

  test("makes a child once where of() made it while a function was deciding", async () => {
    const io = world.start();
    const made = recordNamespaces(io);
    io.of((name, _auth, next) => {
      io.of(name);
      next(null, true);
    });
    const { socket } = await world.join("/a");
    expect(made).toEqual(["/a"]);
    expect(socket.nsp).toBe(io.of("/a"));
  });
}
