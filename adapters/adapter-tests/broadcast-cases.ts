import { expect } from "bun:test";
import type { Case, Group } from "./cases.ts";
import type { Fleet } from "./fleet.ts";
import type { Member } from "./member.ts";
import type { Selection } from "./program.ts";
import { needing } from "./shared.ts";

const MANY = 200;
const NAMES = [
  "room #1",
  "a*?[b]c\\",
  "ümlaut 日本 🙂",
  "__proto__",
  "constructor",
  "{x}",
  "-",
  " ",
];

/** Emits from each node in turn, and holds that exactly these clients get it, once. */
async function reaches(
  fleet: Fleet,
  selection: Selection,
  expected: readonly Member[],
  everybody: readonly Member[],
): Promise<void> {
  for (const [from, node] of fleet.nodes.entries()) {
    const event = fleet.name("broadcast");
    await node.call("emit", selection, event, from);
    await Promise.all(expected.map((member) => member.gets(event)));
    await fleet.fence(from, everybody, selection.nsp);
    for (const member of everybody) {
      const times = expected.includes(member) ? [[from]] : [];
      expect({ from, to: member.index, got: member.got(event) }).toEqual({
        from,
        to: member.index,
        got: times,
      });
    }
  }
}

/** A client of each node, each in a room of its node, and in the first two all of "both". */
async function inRooms(fleet: Fleet): Promise<{
  members: Member[];
  rooms: string[];
  shared: string;
}> {
  const members = await fleet.connectEach();
  const rooms = members.map((_member, index) => fleet.name(`room of ${index}`));
  const shared = fleet.name("shared room");
  await Promise.all(members.map((member, index) => member.join(rooms[index] as string, shared)));
  await fleet.settle([shared], members);
  await Promise.all(
    members.map((member, index) => fleet.settle([rooms[index] as string], [member])),
  );
  return { members, rooms, shared };
}

function first<Item>(items: readonly Item[]): Item {
  return at(items, 0);
}

function at<Item>(items: readonly Item[], index: number): Item {
  const item = items.at(index);
  if (item === undefined) {
    throw new Error(`there is no item ${index}`);
  }
  return item;
}

const cases: Case[] = [
  {
    name: "reaches everyone",
    async run(fleet) {
      const members = await fleet.connectEach();
      members.push(await fleet.connect(0));
      await reaches(fleet, {}, members, members);
    },
  },
  {
    name: "reaches those in a room, wherever they are",
    async run(fleet) {
      const { members, rooms, shared } = await inRooms(fleet);
      const outsider = await fleet.connect(0);
      const everybody = [...members, outsider];
      await reaches(fleet, { rooms: [shared] }, members, everybody);
      await reaches(fleet, { rooms: [at(rooms, -1)] }, [at(members, -1)], everybody);
      await reaches(fleet, { rooms: [fleet.name("a room that nobody is in")] }, [], everybody);
    },
  },
  {
    name: "reaches those in any of several rooms, once each",
    async run(fleet) {
      const { members, rooms, shared } = await inRooms(fleet);
      const outsider = await fleet.connect(0);
      const everybody = [...members, outsider];
      await reaches(fleet, { rooms: [first(rooms), shared] }, members, everybody);
      const ends = [...new Set([first(members), at(members, -1)])];
      await reaches(fleet, { rooms: [first(rooms), at(rooms, -1)] }, ends, everybody);
    },
  },
  {
    name: "leaves out those in the rooms excepted",
    async run(fleet) {
      const { members, rooms, shared } = await inRooms(fleet);
      const outsider = await fleet.connect(0);
      const everybody = [...members, outsider];
      const last = at(members, -1);
      const others = members.filter((member) => member !== last);
      await reaches(fleet, { except: [at(rooms, -1)] }, [...others, outsider], everybody);
      await reaches(fleet, { except: rooms }, [outsider], everybody);
      await reaches(fleet, { rooms: [shared], except: [at(rooms, -1)] }, others, everybody);
      await reaches(fleet, { except: [last.id] }, [...others, outsider], everybody);
    },
  },
  {
    name: "reaches the one socket whose id is given as the room",
    async run(fleet) {
      const members = await fleet.connectEach();
      await fleet.settleOwn(members);
      for (const member of members) {
        await reaches(fleet, { rooms: [member.id] }, [member], members);
      }
    },
  },
  {
    name: "reaches those in a room that is a number",
    needs: ["numericRooms"],
    async run(fleet) {
      const members = await fleet.connectEach();
      const outsider = await fleet.connect(0);
      const room = 100_000 + Number(fleet.name("").trim());
      await Promise.all(members.map((member) => member.join(room)));
      await fleet.settle([room], members);
      await reaches(fleet, { rooms: [room] }, members, [...members, outsider]);
    },
  },
  {
    name: "reaches rooms of any name",
    async run(fleet) {
      const [member] = await fleet.connectEach();
      const outsider = await fleet.connect(fleet.nodes.length - 1);
      if (member === undefined) {
        throw new Error("there is no client");
      }
      await member.join(...NAMES);
      for (const room of NAMES) {
        await fleet.settle([room], [member]);
        await reaches(fleet, { rooms: [room] }, [member], [member, outsider]);
      }
    },
  },
  {
    name: "no longer reaches those that have left the room",
    async run(fleet) {
      const { members, shared } = await inRooms(fleet);
      const last = at(members, -1);
      await last.leave(shared);
      const rest = members.filter((member) => member !== last);
      await reaches(fleet, { rooms: [shared] }, rest, members);
      await last.join(shared);
      await fleet.settle([shared], [last]);
      await reaches(fleet, { rooms: [shared] }, members, members);
    },
  },
  {
    name: "stays on its node with the flag local",
    async run(fleet) {
      const { members, shared } = await inRooms(fleet);
      for (const [from, node] of fleet.nodes.entries()) {
        const event = fleet.name("local");
        await node.call("emit", { local: true }, event);
        await node.call("emit", { local: true, rooms: [shared] }, event);
        await at(members, from).gets(event, 2);
        await fleet.fence(from, members);
        expect(members.map((member) => member.got(event).length)).toEqual(
          members.map(({ index }) => (index === from ? 2 : 0)),
        );
      }
    },
  },
  {
    name: "reaches connected clients also if it is volatile, or not to be compressed",
    async run(fleet) {
      const members = await fleet.connectEach();
      await reaches(fleet, { volatile: true }, members, members);
      await reaches(fleet, { compress: false }, members, members);
      await reaches(fleet, { compress: true, volatile: true }, members, members);
    },
  },
  {
    name: "of a socket reaches all others, or the others in a room",
    async run(fleet) {
      const { members, shared } = await inRooms(fleet);
      const outsider = await fleet.connect(0);
      for (const member of members) {
        const [all, some] = [fleet.name("to all others"), fleet.name("to the room")];
        member.relay([], all, "x");
        member.relay([shared], some, "y");
        const others = members.filter((other) => other !== member);
        await Promise.all(others.map((other) => other.gets(some)));
        await Promise.all([...others, outsider].map((other) => other.gets(all)));
        await fleet.fence(member.index, [...members, outsider]);
        expect(others.map((other) => other.got(some))).toEqual(others.map(() => [["y"]]));
        expect([member.got(all), member.got(some), outsider.got(some)]).toEqual([[], [], []]);
      }
    },
  },
  {
    name: "keeps the order of each node, also where several send at once",
    needs: ["order"],
    async run(fleet) {
      const { members, shared } = await inRooms(fleet);
      const event = fleet.name("numbered");
      await Promise.all(
        fleet.nodes.map((node) => node.call("emitMany", { rooms: [shared] }, event, MANY)),
      );
      const numbers = Array.from({ length: MANY }, (_, number) => number);
      for (const member of members) {
        const got = await member.gets(event, MANY * fleet.nodes.length);
        expect(got).toHaveLength(MANY * fleet.nodes.length);
        for (const from of fleet.nodes.keys()) {
          const ofOne = got.filter(([sender]) => sender === from).map(([, number]) => number);
          expect(ofOne).toEqual(numbers);
        }
      }
    },
  },
  {
    name: "loses and doubles nothing where several nodes send at once",
    async run(fleet) {
      const members = await fleet.connectEach();
      const event = fleet.name("numbered");
      await Promise.all(fleet.nodes.map((node) => node.call("emitMany", {}, event, MANY)));
      for (const member of members) {
        const got = await member.gets(event, MANY * fleet.nodes.length);
        expect(new Set(got.map((args) => args.join())).size).toBe(MANY * fleet.nodes.length);
        expect(got).toHaveLength(MANY * fleet.nodes.length);
      }
    },
  },
];

export const broadcastCases: Group = {
  title: "an event",
  cases: needing(["broadcast"], cases),
};
