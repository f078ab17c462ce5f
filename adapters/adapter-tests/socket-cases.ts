import { expect } from "bun:test";
import type { Socket } from "socket.io-client";
import type { Case, Group } from "./cases.ts";
import type { Fleet } from "./fleet.ts";
import type { Member } from "./member.ts";
import type { Selection, SocketDetails } from "./program.ts";
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

/** Holds whether a connection lives on: by its other namespace, which is asked something. */
async function lives(fleet: Fleet, sibling: Socket, isAlive: boolean): Promise<void> {
  if (isAlive) {
    await sibling.timeout(fleet.deadlineMs).emitWithAck("set data", {});
  } else {
    await until(
      () => !sibling.connected,
      fleet.deadlineMs,
      () => "the connection is still there",
    );
  }
}

function without(members: readonly Member[], member: Member | undefined): Member[] {
  return members.filter((other) => other !== member);
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

const moving: Case[] = [
  {
    name: "makes sockets of all nodes join and leave rooms",
    async run(fleet) {
      const members = await fleet.connectEach();
      for (const node of fleet.nodes) {
        const [one, two] = [fleet.name("one"), fleet.name("two")];
        await node.call("socketsJoin", {}, one);
        await Promise.all(members.map((member) => member.isIn(one)));
        await node.call("socketsJoin", { rooms: [one] }, [two]);
        await Promise.all(members.map((member) => member.isIn(one, two)));
        await node.call("socketsLeave", {}, [one, two]);
        await Promise.all(members.map((member) => member.isIn()));
      }
    },
  },
  {
    name: "does so only to those in the rooms, without those excepted",
    async run(fleet) {
      const members = await fleet.connectEach();
      const outsider = await fleet.connect(0);
      const [room, quiet] = [fleet.name("room"), fleet.name("quiet")];
      await Promise.all(members.map((member) => member.join(room)));
      const excepted = await fleet.connect(fleet.nodes.length - 1);
      await excepted.join(room, quiet);
      for (const node of fleet.nodes) {
        const added = fleet.name("added");
        await node.call("socketsJoin", { rooms: [room], except: [quiet] }, added);
        await Promise.all(members.map((member) => member.isIn(room, added)));
        await outsider.isIn();
        await excepted.isIn(room, quiet);
        await node.call("socketsLeave", { rooms: [added] }, added);
        await Promise.all(members.map((member) => member.isIn(room)));
      }
    },
  },
  {
    name: "moves the node's own sockets at once",
    async run(fleet) {
      const members = await fleet.connectEach();
      for (const member of members) {
        const room = fleet.name("room");
        await member.node.call("socketsJoin", { local: true }, room);
        await member.isIn(room);
      }
      const rooms = await Promise.all(members.map((member) => member.rooms()));
      expect(rooms.map((each) => each.length)).toEqual(members.map(() => 2));
    },
  },
  {
    name: "moves a socket to a room of which events then reach it",
    needs: ["broadcast"],
    async run(fleet) {
      const members = await fleet.connectEach();
      const last = members.at(-1);
      const room = fleet.name("room");
      await fleet.node(0).call("socketsJoin", { rooms: [last?.id ?? ""] }, room);
      await last?.isIn(room);
      await fleet.settle([room], last === undefined ? [] : [last]);
      const event = fleet.name("moved");
      await fleet.node(0).call("emit", { rooms: [room] }, event, "x");
      expect(await last?.gets(event)).toEqual([["x"]]);
    },
  },
  {
    name: "disconnects sockets of all nodes, with their connections or without",
    async run(fleet) {
      for (const [from, node] of fleet.nodes.entries()) {
        const close = from % 2 === 0;
        const members = await fleet.connectEach();
        const siblings = await Promise.all(members.map((member) => member.addSibling()));
        const gone = members.map((member) => member.isGone());
        await node.call("disconnectSockets", {}, close);
        expect(await Promise.all(gone)).toEqual(members.map(() => "io server disconnect"));
        await Promise.all(siblings.map((sibling) => lives(fleet, sibling, !close)));
      }
    },
  },
  {
    name: "disconnects only those in the rooms, without those excepted",
    async run(fleet) {
      const members = await fleet.connectEach();
      const staying = await fleet.connect(fleet.nodes.length - 1);
      const [room, quiet] = [fleet.name("room"), fleet.name("quiet")];
      await Promise.all([...members, staying].map((member) => member.join(room)));
      await staying.join(quiet);
      const outsider = await fleet.connect(0);
      const gone = members.map((member) => member.isGone());
      await fleet.node(0).call("disconnectSockets", { rooms: [room], except: [quiet] }, true);
      await Promise.all(gone);
      await staying.isIn(room, quiet);
      await outsider.isIn();
      expect([staying.client.connected, outsider.client.connected]).toEqual([true, true]);
    },
  },
];

const with_ = (needs: Case["needs"], cases: readonly Case[]): Case[] =>
  cases.map((each) => ({ ...each, needs: [...(needs ?? []), ...(each.needs ?? [])] }));

export const fetchCases: Group = { title: "a node", cases: with_(["fetchSockets"], fetching) };
export const remoteCases: Group = {
  title: "a socket that was fetched",
  cases: with_(["fetchSockets"], fetched),
};
export const moveCases: Group = { title: "a node", cases: with_(["remoteSockets"], moving) };
