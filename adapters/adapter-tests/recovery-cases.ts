import { expect } from "bun:test";
import type { Group } from "./cases.ts";
import type { Fleet } from "./fleet.ts";
import type { Member, SessionTicket } from "./member.ts";
import { until } from "./waiting.ts";

const RECOVERY = {
  serverOptions: { connectionStateRecovery: { maxDisconnectionDuration: 60_000 } },
};

/** A client with a session that can be taken up again, in a room, whose connection is lost. */
async function lose(
  fleet: Fleet,
  room: string,
  index = 0,
): Promise<{ ticket: SessionTicket; id: string }> {
  const members = await fleet.connectEach();
  const member = members[index] as Member;
  await member.join(room);
  await member.request("set data", { name: "alice" });
  await fleet.settle([room], [member]);
  const { id, session: ticket } = member;
  member.client.io.engine.close();
  await until(
    async () => (await member.node.call("socketRooms", "/", id)) === null,
    fleet.deadlineMs,
    () => "the socket is still there",
  );
  return { ticket, id };
}

async function comeBack(fleet: Fleet, index: number, ticket: SessionTicket): Promise<Member> {
  return fleet.connect(index, "/", { session: ticket });
}

/** A client is lost by one node, misses events of all, and comes back to the same or another. */
async function recovers(fleet: Fleet, before: number, after: number): Promise<void> {
  const [room, other] = [fleet.name("room"), fleet.name("other room")];
  const { ticket, id } = await lose(fleet, room, before);
  const events = [fleet.name("missed"), fleet.name("of its room"), fleet.name("bytes")];
  const [toAll = "", toRoom = "", bytes = ""] = events;
  const unwanted = fleet.name("not for it");
  for (const [from, node] of fleet.nodes.entries()) {
    await node.call("emit", {}, toAll, from);
    await node.call("emit", { rooms: [room] }, toRoom, from, { deep: [null] });
    await node.call("emit", { rooms: [other] }, unwanted);
    await node.call("emit", { except: [room] }, unwanted);
  }
  await fleet.node(0).call("emit", {}, bytes, Buffer.from([1, 2, 255]));
  const back = await comeBack(fleet, after, ticket);
  expect([back.client.recovered, back.id]).toEqual([true, id]);
  const places = [...fleet.nodes.keys()];
  const all = await back.gets(toAll, places.length);
  expect(all.map(([from]) => from).sort()).toEqual(places);
  const some = await back.gets(toRoom, places.length);
  expect(some.map(([from]) => from).sort()).toEqual(places);
  expect(some.map(([, data]) => data)).toEqual(places.map(() => ({ deep: [null] })));
  const [[data] = []] = await back.gets(bytes);
  expect([...Buffer.from(data as Buffer)]).toEqual([1, 2, 255]);
  expect(back.got(unwanted)).toEqual([]);
  await back.isIn(room);
  const found = await back.node.call("fetch", { rooms: [room] });
  expect(found.map((socket) => [socket.id, socket.data])).toEqual([
    [id, { node: after, name: "alice" }],
  ]);
  // It gets what is sent from now on like any other.
  await fleet.settle([room], [back]);
  await fleet.reset();
}

export const recoveryCases: Group = {
  title: "a client that comes back",
  cases: [
    {
      name: "takes up its session again, with its id, rooms, data and what it has missed",
      needs: ["recovery"],
      ownFleet: RECOVERY,
      async run(fleet) {
        for (const index of fleet.nodes.keys()) {
          await recovers(fleet, index, index);
        }
      },
    },
    {
      name: "takes up its session again on another node",
      nodes: 2,
      needs: ["recovery", "recoveryElsewhere"],
      ownFleet: RECOVERY,
      async run(fleet) {
        for (const index of fleet.nodes.keys()) {
          await recovers(fleet, index, (index + 1) % fleet.nodes.length);
        }
      },
    },
    {
      name: "shares its session with nobody: of two that come back, one has it",
      needs: ["recovery"],
      ownFleet: RECOVERY,
      async run(fleet) {
        const { ticket, id } = await lose(fleet, fleet.name("room"));
        const first = await comeBack(fleet, 0, ticket);
        const second = await comeBack(fleet, 0, ticket);
        // A server may let the second take it from the first, which is then disconnected.
        await until(
          () => [first, second].filter(({ client }) => client.id === id).length === 1,
          fleet.deadlineMs,
          () => [first, second].map(({ client }) => [client.connected, client.id === id]),
        );
        expect(first.client.recovered).toBeTrue();
      },
    },
    {
      name: "begins anew with a session that nobody knows, or an offset that is none",
      needs: ["recovery"],
      ownFleet: RECOVERY,
      async run(fleet) {
        const { ticket } = await lose(fleet, fleet.name("room"));
        const tickets = [
          { ...ticket, pid: "unknown" },
          { ...ticket, offset: "no offset" },
        ];
        for (const each of tickets) {
          const member = await comeBack(fleet, 0, each);
          expect(member.client.recovered).toBeFalsy();
        }
      },
    },
  ],
};
