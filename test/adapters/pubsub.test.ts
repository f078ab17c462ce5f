// The adapters over pub/sub: rooms and channels, several servers, closing.

import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { once } from "../support/clients.ts";
import { HOSTS } from "../support/hosts.ts";
import { Fleet, MODES, pubSubOf, until } from "../support/pubsub.ts";

const fleet = new Fleet();
beforeEach(() => fleet.startRedis());
afterEach(() => fleet.end());

/** The channels and patterns that somebody is subscribed to. */
async function subscribed(): Promise<unknown> {
  const channels = await Promise.all([
    fleet.ask("PUBSUB", "CHANNELS"),
    fleet.ask("PUBSUB", "SHARDCHANNELS"),
  ]);
  return [
    ...channels.map((list) => (list as string[]).toSorted()),
    await fleet.ask("PUBSUB", "NUMPAT"),
  ];
}
const NOTHING = [[], [], 0];

describe.each(MODES)("an adapter over pub/sub ($name)", (mode) => {
  const isDynamic = mode.subscriptionMode !== "static";

  test("hears what is sent to a room once joining it is over", async () => {
    const [first, second] = await fleet.startNodes(2, mode);
    if (first === undefined || second === undefined) throw new Error("no nodes");
    const { client, socket } = await fleet.join(second);
    for (const room of ["a", "b", "c"]) {
      await socket.join(room);
      const heard = once(client, "hello");
      first.io.to(room).emit("hello", room);
      expect(await heard).toEqual([room]);
    }
  });

  test("joins a room that it holds, or one without a channel, at once", async () => {
    const [node] = await fleet.startNodes(1, mode);
    if (node === undefined) throw new Error("no node");
    const { socket } = await fleet.join(node);
    const { socket: other } = await fleet.join(node);
    const joining = socket.join("a");
    expect(joining instanceof Promise).toBe(isDynamic);
    expect(socket.rooms.has("a")).toBeTrue();
    const second = other.join("a"); // Redis has not confirmed it, and so this is not over either
    expect(second instanceof Promise).toBe(isDynamic);
    await Promise.all([joining, second]);
    expect(socket.join("a")).toBeUndefined();
  });

  test("subscribes to the rooms that it holds, and to no others", async () => {
    const [node] = await fleet.startNodes(1, mode, { key: "k" });
    if (node === undefined) throw new Error("no node");
    const { socket } = await fleet.join(node);
    const { socket: other } = await fleet.join(node);
    await socket.join(["a", "b"]);
    await other.join(["a", socket.id]);
    void socket.join("c");
    socket.leave("c");
    const list = mode.isSharded ? "SHARDCHANNELS" : "CHANNELS";
    const rooms = async () => {
      const channels = (await fleet.ask("PUBSUB", list, "k#/#?*#")) as string[];
      return channels.map((channel) => channel.slice(4, -1)).filter((room) => room.length !== 16);
    };
    const ids = mode.subscriptionMode === "dynamic-private" ? [socket.id, other.id] : [];
    await until(async () => (await rooms()).length === (isDynamic ? 2 : 0) + ids.length);
    expect((await rooms()).sort()).toEqual((isDynamic ? ["a", "b", ...ids] : []).sort());
    socket.leave("a");
    socket.leave("b");
    const still = [...(isDynamic ? ["a"] : []), ...ids].sort();
    await until(async () => (await rooms()).length === still.length);
    expect((await rooms()).sort()).toEqual(still);
  });

  test("hears a room of a name that is a number, and one with signs of patterns", async () => {
    const [first, second] = await fleet.startNodes(2, mode);
    if (first === undefined || second === undefined) throw new Error("no nodes");
    const { client, socket } = await fleet.join(second);
    const rooms = ["a*", "[b]?", "#", "\\", "é"];
    await Promise.all([...rooms.map((room) => socket.join(room)), socket.join(7 as never)]);
    const heard: unknown[] = [];
    client.on("hello", (room) => heard.push(room));
    for (const room of rooms) {
      first.io.to(room).emit("hello", room);
    }
    first.io.to(7 as never).emit("hello", 7);
    first.io.to("7").emit("hello", "of another room");
    const end = once(client, "end");
    first.io.emit("end");
    await end;
    await until(() => heard.length >= rooms.length + 1);
    expect(heard).toEqual([...rooms, 7]);
  });

  test("lets several servers and namespaces share its clients of Redis", async () => {
    const [pub, sub] = [fleet.connect(), fleet.connect()];
    const adapter = fleet.adapter(mode, {}, pub, sub);
    const servers = [0, 1].map(() => fleet.add({ adapter }, pub, sub));
    const apart = fleet.startNode(mode);
    const [first, second] = servers;
    if (first === undefined || second === undefined) throw new Error("no nodes");
    for (const { io } of [...servers, apart]) {
      io.of("/other");
    }
    const heard: string[] = [];
    const sockets = [];
    for (const [index, node] of [first, second, apart].entries()) {
      for (const namespace of ["/", "/other"]) {
        const { client, socket } = await fleet.join(node, namespace);
        sockets.push({ client, socket });
        await socket.join("room");
        client.on("hello", (text) => heard.push(`${index} ${namespace} ${text}`));
      }
    }
    expect(await first.io.of("/").adapter.serverCount()).toBe(3);
    first.io.to("room").emit("hello", "to a room");
    second.io.of("/other").emit("hello", "to all");
    await until(() => heard.length === 6);
    await second.close();
    first.io.to("room").emit("hello", "again");
    await until(() => heard.length === 8);
    expect(heard.sort()).toEqual(
      [
        ...[0, 1, 2].flatMap((index) => [`${index} / to a room`, `${index} /other to all`]),
        "0 / again",
        "2 / again",
      ].sort(),
    );
  });

  test("leaves nothing behind when it is closed, and the clients as they were", async () => {
    const bystander = fleet.connect();
    const listeners = (client: typeof bystander) =>
      client.eventNames().map((event) => [event, client.listenerCount(event)]);
    const node = fleet.startNode(mode);
    const { io, pub, sub } = node;
    io.of("/other");
    await Promise.all([pubSubOf(io).init(), pubSubOf(io, "/other").init()]);
    const once_ = [listeners(pub), listeners(sub)];
    const { socket } = await fleet.join(node);
    await socket.join(["a", "b"]);
    for (let index = 0; index < 20; index++) {
      io.of(`/more-${index}`);
    }
    expect([listeners(pub), listeners(sub)]).toEqual(once_); // however many adapters there are
    io.emit("last words");
    await node.close();
    await until(async () => Bun.deepEquals(await subscribed(), NOTHING));
    expect(await pub.ping()).toBe("PONG");
    expect(await sub.ping()).toBe("PONG");
    expect(pubSubOf(io).stats.outbox).toMatchObject({ waiting: 0, inFlight: 0, dropped: 0 });
    // Of the connections, those are left that the test has made: three, and the one that asks.
    const count = async () =>
      String(await fleet.ask("CLIENT", "LIST"))
        .trim()
        .split("\n").length;
    await until(async () => (await count()) === 4);
  });

  test("leaves nothing behind in Redis when dynamic namespaces come and go", async () => {
    const node = fleet.startNode(mode, {}, { cleanupEmptyChildNamespaces: true });
    node.io.of(/^\/child-\d+$/);
    await pubSubOf(node.io).init();
    const before = await subscribed();
    for (let index = 0; index < 10; index++) {
      const { client, socket } = await fleet.join(node, `/child-${index % 3}`);
      await socket.join("room");
      const gone = once(socket as never, "disconnect");
      client.disconnect();
      await gone;
    }
    await until(async () => Bun.deepEquals(await subscribed(), before));
    expect([...node.io._nsps.keys()]).toEqual(["/"]);
  });
});

test("a program whose server and clients are closed has nothing left to do", async () => {
  const program = `${import.meta.dir}/../support/quiet-redis-end.ts`;
  const child = Bun.spawn([process.execPath, program, String(fleet.redis.port)], {
    stdout: "pipe",
    stderr: "inherit",
  });
  expect((await new Response(child.stdout).text()).trim()).toBe("heard");
  expect(await child.exited).toBe(0);
});

test("a host of node:http has the adapter closed as well", async () => {
  const host = HOSTS.find(({ isNode }) => isNode);
  const [mode] = MODES;
  if (mode === undefined || host === undefined) throw new Error("no host");
  const [pub, sub] = [fleet.connect(), fleet.connect()];
  const node = fleet.add({ adapter: fleet.adapter(mode, {}, pub, sub) }, pub, sub, host);
  await pubSubOf(node.io).init();
  await node.close();
  await until(async () => Bun.deepEquals(await subscribed(), NOTHING));
  expect(await pub.ping()).toBe("PONG");
});
