// Namespaces that are made by a path, on the wire.

import { expect, test } from "bun:test";
import { path } from "bun-socket.io/path";
import { once } from "../support/clients.ts";
import { HOSTS } from "../support/hosts.ts";
import { arrived, everywhere, type Pair, type World } from "../support/world.ts";

async function leave({ client, socket }: Pair): Promise<void> {
  const gone = once(socket, "disconnect");
  client.disconnect();
  await gone;
}

async function refusal(world: World, name: string): Promise<string> {
  const [error] = await once<[Error]>(world.make(name), "connect_error");
  return error.message;
}

function pathSuite(world: World): void {
  test("a socket has the parameters, in middlewares and listeners", async () => {
    const io = world.start();
    const seen: unknown[] = [];
    const rooms = io.of(path("/:org/rooms/:roomId"), ({ params }) => seen.push(["of", params]));
    rooms.use(({ params }, next) => {
      seen.push(["use", params]);
      next(params.org === "acme" ? undefined : new Error(`no ${params.org}`));
    });
    rooms.on("connection", ({ params }) => seen.push(["on", params]));
    const { socket } = await world.join("/acme/rooms/caf%C3%A9");
    const params = { org: "acme", roomId: "café" };
    expect(seen).toEqual([
      ["use", params],
      ["of", params],
      ["on", params],
    ]);
    expect(socket.nsp.name).toBe("/acme/rooms/caf%C3%A9");
    expect(await refusal(world, "/evil/rooms/1")).toBe("no evil");
  });

  test("a wildcard takes the rest of the name", async () => {
    const io = world.start();
    const opened: string[] = [];
    io.of(path("/files/*")).on("connection", ({ params }) => opened.push(params["*"]));
    await world.join("/files/a/b%20c");
    expect(opened).toEqual(["a/b c"]);
  });

  test("a name that does not fit is refused, and one whose encoding is broken", async () => {
    const io = world.start();
    io.of(path("/rooms/:roomId"));
    for (const name of ["/rooms", "/rooms/1/2", "/rooms/%FF", "/rooms/%"]) {
      expect(await refusal(world, name)).toBe("Invalid namespace");
    }
    expect([...io._nsps.keys()]).toEqual(["/"]);
  });

  test("children are apart, and the parent reaches all of them", async () => {
    const io = world.start();
    const path1 = path("/rooms/:roomId");
    const rooms = io.of(path1);
    const [a, b] = [await world.join("/rooms/a"), await world.join("/rooms/b")];
    const got: unknown[] = [];
    a.client.onAny((...event) => got.push(["a", ...event.slice(0, 2)]));
    b.client.onAny((...event) => got.push(["b", ...event.slice(0, 2)]));
    io.of(path1.toName({ roomId: "a" })).emit("one", 1);
    await arrived(a, b);
    rooms.emit("all", 2);
    await arrived(a, b);
    const events = got.filter((each) => !String(each).includes("settled"));
    expect(events).toHaveLength(3);
    expect(events).toEqual(
      expect.arrayContaining([
        ["a", "one", 1],
        ["a", "all", 2],
        ["b", "all", 2],
      ]),
    );
  });

  test("children go with their last socket, without the option of the server", async () => {
    const io = world.start();
    const rooms = io.of(path("/rooms/:roomId"));
    io.of(/^\/other-/);
    const [a, b] = [await world.join("/rooms/a"), await world.join("/rooms/a")];
    const other = await world.join("/other-1");
    await leave(a);
    expect([...io._nsps.keys()]).toEqual(["/", "/rooms/a", "/other-1"]);
    await leave(b);
    await leave(other);
    expect([...io._nsps.keys()]).toEqual(["/", "/other-1"]);
    expect(rooms.children.size).toBe(0);
    const again = await world.join("/rooms/a");
    expect(again.socket.nsp).not.toBe(a.socket.nsp);
    await leave(again);
    expect([...io._nsps.keys()]).toEqual(["/", "/other-1"]);
  });

  test("a child that refuses its only client goes too", async () => {
    const io = world.start();
    io.of(path("/rooms/:roomId")).use((_socket, next) => next(new Error("no")));
    expect(await refusal(world, "/rooms/a")).toBe("no");
    expect([...io._nsps.keys()]).toEqual(["/"]);
  });

  test("a namespace that is there goes first, then the rules in their order", async () => {
    const io = world.start();
    const taken: string[] = [];
    const as = (rule: string) => () => taken.push(rule);
    io.of("/rooms/lobby").on("connection", as("lobby"));
    io.of(path("/rooms/vip")).on("connection", as("vip"));
    io.of(path("/rooms/:roomId")).on("connection", as("parameter"));
    io.of(/^\/rooms\/deep/).on("connection", as("regular expression"));
    io.of(path("/*")).on("connection", as("wildcard"));
    io.of(() => true).on("connection", as("function"));
    for (const name of ["/rooms/vip", "/rooms/lobby", "/rooms/1", "/rooms/deep/1", "/x"]) {
      await world.join(name);
    }
    expect(taken).toEqual(["vip", "lobby", "parameter", "regular expression", "wildcard"]);
  });

  test("a namespace of a name that fits, made by the server, is a child", async () => {
    const io = world.start();
    const seen: unknown[] = [];
    io.of(path("/rooms/:roomId")).on("connection", ({ params }) => seen.push(params));
    const child = io.of("/rooms/a");
    const { socket } = await world.join("/rooms/a");
    expect(socket.nsp).toBe(child);
    expect(seen).toEqual([{ roomId: "a" }]);
  });
}

const [listening, , , node] = HOSTS;
if (listening === undefined || node === undefined) {
  throw new Error("the hosts are other ones by now");
}
everywhere(pathSuite, [listening, node]);

test("a socket that is recovered has the parameters too, though it skips the middlewares", async () => {
  const running = listening.start({ connectionStateRecovery: {} });
  const { Clients } = await import("../support/clients.ts");
  const clients = new Clients();
  const seen: unknown[] = [];
  running.io.of(path("/rooms/:roomId")).on("connection", (socket) => {
    seen.push([socket.recovered, socket.params]);
    socket.emit("offset");
  });
  const client = clients.make(`${running.url}/rooms/a`, {
    reconnection: true,
    reconnectionDelay: 10,
    transports: ["websocket"],
  });
  await once(client, "offset");
  const back = once(client, "connect");
  client.io.engine.close();
  await back;
  expect(seen).toEqual([
    [false, { roomId: "a" }],
    [true, { roomId: "a" }],
  ]);
  clients.closeAll();
  await running.close();
});
