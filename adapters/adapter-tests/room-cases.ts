import { expect } from "bun:test";
import type { Group } from "./cases.ts";
import { until } from "./waiting.ts";

export const roomCases: Group = {
  title: "a node",
  cases: [
    {
      name: "knows the rooms of its sockets, and who is in them",
      async run(fleet) {
        const [a, b] = [await fleet.connect(0), await fleet.connect(0)];
        const [one, two] = [fleet.name("one"), fleet.name("two")];
        await a.join(one, two);
        await a.join(one);
        await b.join(two);
        const rooms = new Map(await fleet.node(0).call("localRooms", "/"));
        expect(rooms.get(one)).toEqual([a.id]);
        expect(rooms.get(two)).toEqual([a.id, b.id].sort());
        expect(rooms.get(a.id)).toEqual([a.id]);
        expect(await a.rooms()).toEqual([a.id, one, two].sort());
        await a.leave(two);
        await a.leave(fleet.name("a room it is not in"));
        expect(await a.rooms()).toEqual([a.id, one].sort());
        const after = new Map(await fleet.node(0).call("localRooms", "/"));
        expect(after.get(two)).toEqual([b.id]);
      },
    },
    {
      name: "forgets the rooms of a socket that is gone, and rooms that are empty",
      async run(fleet) {
        const member = await fleet.connect(0);
        const [one, two] = [fleet.name("one"), fleet.name("two")];
        const { id } = member;
        await member.join(one, two);
        await member.leave(two);
        const names = async (): Promise<string[]> => {
          const rooms = await fleet.node(0).call("localRooms", "/");
          return rooms.map(([room]) => room).filter((room) => [id, one, two].includes(room));
        };
        expect(await names()).toEqual([id, one]);
        member.client.disconnect();
        await until(async () => (await names()).length === 0, fleet.deadlineMs, names);
        expect(await fleet.node(0).call("socketRooms", "/", id)).toBeNull();
      },
    },
    {
      name: "tells of rooms that are made, joined, left and deleted, in this order",
      ownFleet: {},
      async run(fleet) {
        const node = fleet.node(0);
        await node.call("watch", "/", ["create-room", "join-room", "leave-room", "delete-room"]);
        const [a, b] = [await fleet.connect(0), await fleet.connect(0)];
        const ids = [a.id, b.id];
        const other = await fleet.connect(fleet.nodes.length - 1);
        if (fleet.nodes.length > 1) {
          await other.join("r");
        } else {
          ids.push(other.id);
        }
        await a.join("r");
        await b.join("r");
        await a.leave("r");
        await b.leave("r");
        const seen = await node.call("seen");
        expect(seen.filter(([, room]) => !ids.includes(room as string))).toEqual([
          ["create-room", "r"],
          ["join-room", "r", a.id],
          ["join-room", "r", b.id],
          ["leave-room", "r", a.id],
          ["leave-room", "r", b.id],
          ["delete-room", "r"],
        ]);
        expect(seen.filter(([, room]) => room === a.id)).toEqual([
          ["create-room", a.id],
          ["join-room", a.id, a.id],
        ]);
      },
    },
  ],
};
