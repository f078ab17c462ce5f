import { expect } from "bun:test";
import type { Group } from "./cases.ts";
import type { Fleet } from "./fleet.ts";
import { SERVER_EVENTS } from "./program.ts";
import { until } from "./waiting.ts";

async function open(fleet: Fleet, ...names: string[]): Promise<void> {
  for (const name of names) {
    await Promise.all(fleet.nodes.map((node) => node.call("open", name)));
    await fleet.knowEachOther(name);
  }
}

export const namespaceCases: Group = {
  title: "a namespace",
  cases: [
    {
      name: "keeps its events, rooms and sockets to itself",
      needs: ["broadcast", "fetchSockets", "remoteSockets"],
      ownFleet: {},
      async run(fleet) {
        await open(fleet, "/a", "/b");
        const [inA, inB] = [await fleet.connectEach("/a"), await fleet.connectEach("/b")];
        await Promise.all([...inA, ...inB].map((member) => member.join("room")));
        await fleet.settle(["room"], inA, "/a");
        await fleet.settle(["room"], inB, "/b");
        for (const [from, node] of fleet.nodes.entries()) {
          const event = fleet.name("event");
          await node.call("emit", { nsp: "/a" }, event);
          await node.call("emit", { nsp: "/a", rooms: ["room"] }, event);
          await Promise.all(inA.map((member) => member.gets(event, 2)));
          await fleet.fence(from, inB, "/b");
          expect(inB.flatMap((member) => member.got(event))).toEqual([]);
          const found = await node.call("fetch", { nsp: "/a", rooms: ["room"] });
          expect(found.map(({ id }) => id).sort()).toEqual(inA.map(({ id }) => id).sort());
        }
        const gone = inA.map((member) => member.isGone());
        await fleet.node(0).call("disconnectSockets", { nsp: "/a" }, false);
        await Promise.all(gone);
        expect(inB.map(({ client }) => client.connected)).toEqual(inB.map(() => true));
      },
    },
    {
      name: "keeps the events between its servers to itself",
      nodes: 2,
      needs: ["serverSideEmit", "serverSideAcks"],
      ownFleet: {},
      async run(fleet) {
        await open(fleet, "/a", "/b");
        await fleet.node(0).call("serverSideEmit", "/a", SERVER_EVENTS.plain, "x");
        await fleet.node(0).call("serverSideEmit", "/b", SERVER_EVENTS.plain, "y");
        const last = fleet.node(fleet.nodes.length - 1);
        await until(
          async () => (await last.call("heard")).length >= 2,
          fleet.deadlineMs,
          () => last.call("heard"),
        );
        const heard = await last.call("heard");
        expect(heard.sort()).toEqual([
          ["/a", "x"],
          ["/b", "y"],
        ]);
        const answers = await fleet.node(0).call("serverSideAsk", "/b", SERVER_EVENTS.asked);
        expect(answers).toHaveLength(fleet.nodes.length - 1);
      },
    },
    {
      name: "that clients make is the same on all nodes",
      needs: ["dynamicNamespaces", "broadcast", "fetchSockets"],
      ownFleet: {},
      async run(fleet) {
        const nsp = "/dynamic-1";
        const members = await Promise.all(
          fleet.nodes.map((_node, index) => fleet.connect(index, nsp)),
        );
        await fleet.knowEachOther(nsp);
        await fleet.settle([], members, nsp);
        for (const node of fleet.nodes) {
          const event = fleet.name("event");
          await node.call("emit", { nsp }, event, 1);
          for (const member of members) {
            expect(await member.gets(event)).toEqual([[1]]);
          }
          expect(await node.call("fetch", { nsp })).toHaveLength(members.length);
        }
      },
    },
    {
      name: "may be there on one node alone",
      needs: ["dynamicNamespaces", "broadcast", "fetchSockets", "serverCount"],
      ownFleet: {},
      async run(fleet) {
        const nsp = "/dynamic-alone";
        const member = await fleet.connect(0, nsp);
        await fleet.settle([], [], nsp);
        const event = fleet.name("event");
        await fleet.node(0).call("emit", { nsp }, event);
        expect(await member.gets(event)).toEqual([[]]);
        const found = await fleet.node(0).call("fetch", { nsp });
        expect(found.map(({ id }) => id)).toEqual([member.id]);
      },
    },
  ],
};
