import { expect } from "bun:test";
import type { Group } from "./cases.ts";

const RESERVED = ["connect", "connect_error", "disconnect", "disconnecting", "newListener"];

export const misuseCases: Group = {
  title: "a node",
  cases: [
    {
      name: "refuses to send events whose names are taken",
      async run(fleet) {
        for (const event of RESERVED) {
          const refused = fleet.node(0).call("emit", {}, event);
          const message = await refused.then(String, (error: Error) => error.message);
          expect(message).toBe(`"${event}" is a reserved event name`);
        }
      },
    },
    {
      name: "does nothing to sockets and rooms that are not there",
      needs: ["remoteSockets"],
      async run(fleet) {
        const members = await fleet.connectEach();
        const nobody = fleet.name("nobody");
        for (const node of fleet.nodes) {
          await node.call("socketsJoin", { rooms: [nobody] }, "room");
          await node.call("socketsLeave", {}, nobody);
          await node.call("socketsJoin", {}, []);
          await node.call("disconnectSockets", { rooms: [nobody] }, true);
          await fleet.fence(fleet.nodes.indexOf(node), members);
        }
        for (const member of members) {
          await member.isIn();
          expect(member.client.connected).toBeTrue();
        }
      },
    },
    {
      name: "takes a room that is named several times as one",
      needs: ["broadcast", "fetchSockets"],
      async run(fleet) {
        const members = await fleet.connectEach();
        const room = fleet.name("room");
        await Promise.all(members.map((member) => member.join(room, room)));
        await fleet.settle([room], members);
        const event = fleet.name("once");
        await fleet.node(0).call("emit", { rooms: [room, room] }, event);
        await Promise.all(members.map((member) => member.gets(event)));
        await fleet.fence(0, members);
        expect(members.map((member) => member.got(event).length)).toEqual(members.map(() => 1));
        const found = await fleet.node(0).call("fetch", { rooms: [room, room] });
        expect(found).toHaveLength(members.length);
      },
    },
  ],
};
