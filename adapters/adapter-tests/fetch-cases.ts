import { expect } from "bun:test";
import type { Case, Group } from "./cases.ts";
import type { Fleet } from "./fleet.ts";
import type { Member } from "./member.ts";
import type { Selection, SocketDetails } from "./program.ts";
import { lives, needing, without } from "./shared.ts";
import { until } from "./waiting.ts";

const SHORT_MS = 100;

function idsOf(sockets: readonly { id: string }[]): string[] {
  return sockets.map(({ id }) => id).sort();
}

/** Holds which sockets each node finds. */
async function finds(
  fleet: Fleet,
  selection: Selection,
  expected: readonly Member[],
): Promise<SocketDetails[]> {
  let found: SocketDetails[] = [];
  for (const [from, node] of fleet.nodes.entries()) {
    found = await node.call("fetch", selection);
    expect({ from, ids: idsOf(found) }).toEqual({ from, ids: idsOf(expected) });
  }
  return found;
}

const fetching: Case[] = [
  {
    name: "finds the sockets of all nodes, by rooms and exceptions",
    async run(fleet) {
      const members = await fleet.connectEach();
      const extra = await fleet.connect(0);
      const everybody = [...members, extra];
      const [room, quiet] = [fleet.name("room"), fleet.name("quiet")];
      await Promise.all(members.map((member) => member.join(room)));
      const last = members.at(-1);
      await last?.join(quiet);
      await finds(fleet, {}, everybody);
      await finds(fleet, { rooms: [room] }, members);
      await finds(fleet, { rooms: [room, quiet, extra.id] }, everybody);
      await finds(fleet, { rooms: [room], except: [quiet] }, without(members, last));
      await finds(fleet, { except: [quiet] }, without(everybody, last));
      await finds(fleet, { rooms: [extra.id] }, [extra]);
      await finds(fleet, { rooms: [fleet.name("nobody")] }, []);
    },
  },
  {
    name: "finds their rooms, data and handshakes",
    async run(fleet) {
      const member = await fleet.connect(fleet.nodes.length - 1, "/", {
        auth: { token: "secret" },
        query: { who: "alice" },
      });
      const room = fleet.name("room");
      await member.join(room);
      await member.request("set data", { name: "alice", deep: { list: [1, null] } });
      const [found] = await finds(fleet, { rooms: [room] }, [member]);
      for (const node of fleet.nodes) {
        const [socket] = await node.call("fetch", { rooms: [room] });
        expect(socket?.rooms.sort()).toEqual([member.id, room].sort());
        expect(socket?.data).toEqual({
          node: member.index,
          name: "alice",
          deep: { list: [1, null] },
        });
        expect(socket?.handshake.auth).toEqual({ token: "secret" });
        expect(socket?.handshake.query).toMatchObject({ who: "alice" });
      }
      expect(found).toBeDefined();
    },
  },
  {
    name: "finds only the node's own sockets with the flag local",
    async run(fleet) {
      const members = await fleet.connectEach();
      for (const [from, node] of fleet.nodes.entries()) {
        const own = members.filter(({ index }) => index === from);
        expect(idsOf(await node.call("fetch", { local: true }))).toEqual(idsOf(own));
      }
    },
  },
  {
    name: "no longer finds a socket that is gone",
    async run(fleet) {
      const members = await fleet.connectEach();
      const last = members.at(-1);
      const [node, id] = [last?.node, last?.id ?? ""];
      last?.client.disconnect();
      await until(
        async () => (await node?.call("socketRooms", "/", id)) === null,
        fleet.deadlineMs,
        () => "the socket is still there",
      );
      await finds(fleet, {}, without(members, last));
    },
  },
  {
    name: "counts them",
    async run(fleet) {
      const members = await fleet.connectEach();
      const room = fleet.name("room");
      await Promise.all(members.map((member) => member.join(room)));
      const last = members.at(-1);
      for (const node of fleet.nodes) {
        expect(await node.call("count", {})).toBe(members.length);
        expect(await node.call("count", { rooms: [room] })).toBe(members.length);
        expect(await node.call("count", { rooms: [room, last?.id ?? ""] })).toBe(members.length);
        expect(await node.call("count", { except: [last?.id ?? ""] })).toBe(members.length - 1);
        expect(await node.call("count", { rooms: [fleet.name("nobody")] })).toBe(0);
      }
    },
  },
  {
    name: "lists the ids of all",
    needs: ["allSockets"],
    async run(fleet) {
      const members = await fleet.connectEach();
      const [member] = members;
      const room = fleet.name("room");
      await member?.join(room);
      for (const node of fleet.nodes) {
        expect(await node.call("allSockets", {})).toEqual(idsOf(members));
        expect(await node.call("allSockets", { rooms: [room] })).toEqual([member?.id ?? ""]);
      }
    },
  },
  {
    name: "answers what is asked at once, each for itself",
    async run(fleet) {
      const members = await fleet.connectEach();
      const found = await Promise.all(
        members.flatMap((member) =>
          fleet.nodes.map((node) => node.call("fetch", { rooms: [member.id] })),
        ),
      );
      expect(found.map(idsOf)).toEqual(
        members.flatMap((member) => fleet.nodes.map(() => [member.id])),
      );
    },
  },
];

const fetched: Case[] = [
  {
    name: "gets events",
    async run(fleet) {
      const members = await fleet.connectEach();
      await fleet.settleOwn(members);
      for (const node of fleet.nodes) {
        for (const member of members) {
          const event = fleet.name("only you");
          await node.call("remoteEmit", member.id, event, 1, { two: 2 });
          expect(await member.gets(event)).toEqual([[1, { two: 2 }]]);
          for (const other of without(members, member)) {
            expect(other.got(event)).toEqual([]);
          }
        }
      }
    },
  },
  {
    name: "answers with its one response, bare",
    needs: ["acks"],
    async run(fleet) {
      const members = await fleet.connectEach();
      await fleet.settleOwn(members);
      for (const node of fleet.nodes) {
        for (const { id, index } of members) {
          const answer = await node.call("remoteAsk", id, fleet.deadlineMs, "ask", "x");
          expect(answer).toEqual({ node: index, args: ["x"] });
        }
      }
    },
  },
  {
    name: "that does not answer in time gives an error",
    needs: ["acks"],
    async run(fleet) {
      const members = await fleet.connectEach();
      const last = members.at(-1);
      const asked = fleet.nodes.map((node) =>
        node
          .call("remoteAsk", last?.id ?? "", SHORT_MS, "ask unless", last?.index)
          .then(String, (error: Error) => error.message),
      );
      expect(await Promise.all(asked)).toEqual(asked.map(() => "operation has timed out"));
    },
  },
  {
    name: "joins and leaves rooms",
    needs: ["remoteSockets"],
    async run(fleet) {
      const members = await fleet.connectEach();
      for (const node of fleet.nodes) {
        for (const member of members) {
          const [one, two, old] = [fleet.name("one"), fleet.name("two"), fleet.name("old")];
          await member.join(old);
          await node.call("remoteMove", member.id, [one, two], old);
          await member.isIn(one, two);
          await member.leave(one);
          await member.leave(two);
        }
      }
    },
  },
  {
    name: "is disconnected, with its connection or without",
    needs: ["remoteSockets"],
    async run(fleet) {
      const target = fleet.nodes.length - 1;
      for (const node of fleet.nodes) {
        for (const close of [false, true]) {
          const member = await fleet.connect(target);
          const sibling = await member.addSibling();
          const gone = member.isGone();
          await node.call("remoteDisconnect", member.id, close);
          expect(await gone).toBe("io server disconnect");
          await lives(fleet, sibling, !close);
        }
      }
    },
  },
];

export const fetchCases: Group = { title: "a node", cases: needing(["fetchSockets"], fetching) };
export const remoteCases: Group = {
  title: "a socket that was fetched",
  cases: needing(["fetchSockets"], fetched),
};
