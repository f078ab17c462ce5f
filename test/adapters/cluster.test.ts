// One adapter, written for the contract of socket.io-adapter, over the classes of this package and
// over the reference's: alone and in one fleet, they do the same.

import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { BusAdapterKind } from "../support/bus.ts";
import { once } from "../support/clients.ts";
import { Fleet, until } from "../support/fleet.ts";

const FLEETS: readonly (readonly BusAdapterKind[])[] = [
  ["own", "own", "own"],
  ["own, with heartbeats", "own, with heartbeats", "own, with heartbeats"],
  ["reference", "reference", "reference"],
  ["reference, with heartbeats", "reference, with heartbeats", "reference, with heartbeats"],
  ["own", "reference", "own"],
  ["reference", "own", "reference"],
  ["own, with heartbeats", "reference, with heartbeats", "own, with heartbeats"],
  ["reference, with heartbeats", "own, with heartbeats", "reference, with heartbeats"],
];

describe.each(FLEETS.map((kinds) => [kinds.join(" | "), kinds] as const))("%s", (_name, kinds) => {
  let fleet: Fleet;
  beforeEach(async () => {
    fleet = new Fleet();
    await fleet.start(kinds);
  });
  afterEach(() => fleet.stop());

  test("broadcasts to the clients of all nodes, with bytes", async () => {
    const heard = fleet.nodes.map(({ client }) => once(client, "all"));
    fleet.node(0).io.emit("all", Buffer.from([1, 2]), { deep: [null] });
    for (const [bytes, value] of await Promise.all(heard)) {
      expect([...(bytes as Buffer)]).toEqual([1, 2]);
      expect(value).toEqual({ deep: [null] });
    }
  });

  test("broadcasts to rooms, leaves out others, and keeps to the node what is local", async () => {
    const heard: string[] = [];
    for (const [index, { client, socket }] of fleet.nodes.entries()) {
      client.onAny((event) => heard.push(`${event} ${index}`));
      await socket.join(index === 2 ? ["some", "few"] : ["some"]);
    }
    fleet.node(1).io.to("some").except("few").emit("a");
    fleet.node(1).socket.to("some").emit("b");
    fleet.node(1).io.local.emit("c");
    fleet.node(1).io.volatile.to(["few", "some"]).emit("d");
    const end = fleet.nodes.map(({ client }) => once(client, "end"));
    fleet.node(1).io.emit("end");
    await Promise.all(end);
    expect(heard.sort()).toEqual(
      ["a 0", "a 1", "b 0", "b 2", "c 1", "d 0", "d 1", "d 2", "end 0", "end 1", "end 2"].sort(),
    );
  });

  test("finds, moves and disconnects the sockets of all nodes", async () => {
    for (const [index, { socket }] of fleet.nodes.entries()) {
      socket.data = { index };
      Object.assign(socket.handshake, { sessionStore: { circle: () => {} } });
    }
    const { io } = fleet.node(0);
    const found = await io.fetchSockets();
    expect(found.map(({ id, data }) => [data.index, id]).sort()).toEqual(
      fleet.nodes.map(({ socket }, index) => [index, socket.id]),
    );
    expect(found.every(({ id, rooms, handshake }) => rooms.has(id) && handshake.time)).toBeTrue();
    found.find(({ data }) => data.index === 2)?.join(["vip", "other"]);
    await until(() => fleet.node(2).socket.rooms.has("vip"));
    io.in("vip").socketsLeave("other");
    await until(() => !fleet.node(2).socket.rooms.has("other"));
    expect((await io.in("vip").fetchSockets()).map(({ data }) => data.index)).toEqual([2]);
    const gone = once(fleet.node(2).client, "disconnect");
    io.in("vip").disconnectSockets(true);
    expect((await gone)[0]).toBe("io server disconnect");
    expect(await io.fetchSockets()).toHaveLength(2);
  });

  test("counts the sockets of all nodes", async () => {
    await fleet.node(1).socket.join("room");
    await fleet.node(2).socket.join("room");
    const { io } = fleet.node(0);
    expect(await io.count()).toBe(3);
    expect(await io.in("room").count()).toBe(2);
    expect(await io.in("room").except(fleet.node(1).socket.id).count()).toBe(1);
    expect(await io.local.in("room").count()).toBe(0);
    expect(await io.in("nowhere").count()).toBe(0);
  });

  test("collects the acknowledgements of all clients", async () => {
    for (const [index, { client }] of fleet.nodes.entries()) {
      client.on("ask", (reply) => reply(index));
    }
    const { io } = fleet.node(1);
    expect((await io.timeout(5_000).emitWithAck("ask")).sort()).toEqual([0, 1, 2]);
    expect(await io.in("nowhere").timeout(5_000).emitWithAck("ask")).toEqual([]);
    const [remote] = (await io.fetchSockets()).filter(({ id }) => id === fleet.node(2).socket.id);
    expect(await remote?.timeout(5_000).emitWithAck("ask")).toBe(2);
    expect(await io.local.timeout(5_000).emitWithAck("ask")).toEqual([1]);
  });

  test("sends events to the other servers, and collects their answers", async () => {
    const heard: unknown[] = [];
    for (const [index, { io }] of fleet.nodes.entries()) {
      io.on("plain", (...args: unknown[]) => heard.push([index, ...args]));
      io.on("ask", (text: string, reply: (text: string) => void) => {
        reply(`${text} ${index}`);
        reply("again");
      });
    }
    fleet.node(0).io.serverSideEmit("plain", 1, { a: Buffer.from([1]) });
    const answers = await fleet.node(0).io.serverSideEmitWithAck("ask", "who");
    expect(answers.sort()).toEqual(["who 1", "who 2"]);
    const [[first, ...args], ...rest] = heard.sort() as [unknown[], ...unknown[][]];
    expect([first, rest.length]).toEqual([1, 1]);
    expect(args).toEqual([1, { a: Buffer.from([1]) }]);
  });

  test("says what did arrive where a server does not answer in time", async () => {
    for (const { client } of [fleet.node(0), fleet.node(1)]) {
      client.on("ask", (reply) => reply("yes"));
    }
    const sent = fleet.node(0).io.timeout(300).emitWithAck("ask");
    const error = await sent.then(
      () => null,
      (reason) => reason,
    );
    expect(error.responses).toEqual(["yes", "yes"]);
  });

  test("goes on without a node that closes", async () => {
    await fleet.node(2).io.close();
    const { io } = fleet.node(0);
    await until(async () => (await io.of("/").adapter.serverCount()) === 2);
    expect(await io.fetchSockets()).toHaveLength(2);
  });
});
