import { expect } from "bun:test";
import type { Case, Group } from "./cases.ts";
import { lives, needing, inAndOut } from "./shared.ts";

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
      const { members, outsider, excepted, room, quiet } = await inAndOut(fleet);
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

export const moveCases: Group = { title: "a node", cases: needing(["remoteSockets"], moving) };
