import { expect } from "bun:test";
import type { Case, Group } from "./cases.ts";
import type { Fleet } from "./fleet.ts";
import type { Member } from "./member.ts";
import { SERVER_EVENTS } from "./program.ts";
import { until, within } from "./waiting.ts";

/** Holds that events of each node that lives reach these clients. */
async function allReach(fleet: Fleet, members: readonly Member[]): Promise<void> {
  for (const node of fleet.live) {
    const event = fleet.name("event");
    await node.call("emit", {}, event);
    for (const member of members) {
      expect(await member.gets(event)).toEqual([[]]);
    }
  }
}

/** Waits until a question is pending at a node. */
async function isAsked(fleet: Fleet, index: number): Promise<void> {
  await until(
    async () =>
      (await fleet.node(index).call("heard")).some(
        ([, event]) => event === SERVER_EVENTS.askedUnless,
      ),
    fleet.deadlineMs,
    () => `node ${index} was not asked`,
  );
}

const cases: Case[] = [
  {
    name: "know how many they are",
    needs: ["serverCount"],
    async run(fleet) {
      for (const node of fleet.nodes) {
        expect(await node.call("serverCount", "/")).toBe(fleet.nodes.length);
      }
    },
  },
  {
    name: "count one less when one closes, and go on without it",
    nodes: 2,
    needs: ["serverCount", "broadcast", "fetchSockets"],
    ownFleet: {},
    async run(fleet) {
      const members = await fleet.connectEach();
      const last = fleet.nodes.length - 1;
      await fleet.close(last);
      await fleet.knowEachOther();
      const rest = members.filter(({ index }) => index !== last);
      await allReach(fleet, rest);
      for (const node of fleet.live) {
        expect(await node.call("fetch", {})).toHaveLength(rest.length);
      }
    },
  },
  {
    name: "that are closed hear nothing any more",
    nodes: 2,
    needs: ["serverCount", "serverSideEmit", "deafWhenClosed"],
    ownFleet: {},
    async run(fleet) {
      const last = fleet.nodes.length - 1;
      const first = fleet.node(0);
      await first.call("serverSideEmit", "/", SERVER_EVENTS.plain, "before");
      const heard = () => fleet.node(last).call("heard");
      await until(async () => (await heard()).length === 1, fleet.deadlineMs, heard);
      await fleet.close(last);
      await fleet.knowEachOther();
      await first.call("serverSideEmit", "/", SERVER_EVENTS.plain, "after");
      if (fleet.nodes.length > 2) {
        const other = () => fleet.node(1).call("heard");
        await until(async () => (await other()).length === 2, fleet.deadlineMs, other);
      }
      expect(await heard()).toEqual([["/", "before"]]);
    },
  },
  {
    name: "that are closed can still be called, to no effect",
    needs: ["broadcast", "silentWhenClosed"],
    ownFleet: {},
    async run(fleet) {
      const members = await fleet.connectEach();
      const last = fleet.nodes.length - 1;
      await fleet.close(last);
      const event = fleet.name("from beyond");
      const closed = fleet.node(last);
      await closed.call("emit", {}, event);
      await closed.call("socketsJoin", {}, "room");
      await closed.call("disconnectSockets", { rooms: ["room"] }, true);
      await members[last]?.isGone();
      const rest = members.filter(({ index }) => index !== last);
      for (const { index } of rest) {
        await fleet.fence(index, rest); // what it sent has had time to arrive
      }
      for (const member of members) {
        const { client, index } = member;
        const state = { index, isConnected: client.connected, heard: member.got(event) };
        expect(state).toEqual({ index, isConnected: index !== last, heard: [] });
      }
    },
  },
  {
    name: "that start late belong to the others",
    nodes: 2,
    needs: ["lateNodes", "serverCount", "broadcast", "fetchSockets", "serverSideEmit"],
    ownFleet: {},
    async run(fleet) {
      const before = await fleet.connectEach();
      await allReach(fleet, before);
      await fleet.startLate();
      const late = await fleet.connect(fleet.nodes.length - 1);
      const members = [...before, late];
      await fleet.settle([], members);
      await allReach(fleet, members);
      for (const [from, node] of fleet.nodes.entries()) {
        expect(await node.call("fetch", {})).toHaveLength(members.length);
        await node.call("serverSideEmit", "/", SERVER_EVENTS.plain, `from ${from}`);
      }
      const heard = () => late.node.call("heard");
      await until(async () => (await heard()).length >= before.length, fleet.deadlineMs, heard);
      expect((await heard()).map(([, text]) => text).sort()).toEqual(
        before.map(({ index }) => `from ${index}`),
      );
    },
  },
  {
    name: "notice that one of them has died, and go on without it",
    nodes: 2,
    needs: ["deaths", "serverCount", "broadcast", "fetchSockets"],
    ownFleet: { isMortal: true },
    async run(fleet) {
      const members = await fleet.connectEach();
      const last = fleet.nodes.length - 1;
      await fleet.kill(last);
      await fleet.knowEachOther();
      const rest = members.filter(({ index }) => index !== last);
      await allReach(fleet, rest);
      for (const node of fleet.live) {
        expect(await node.call("fetch", {})).toHaveLength(rest.length);
      }
    },
  },
  {
    name: "wait no longer for the answer of one that has died: events between servers",
    nodes: 3,
    needs: ["deaths", "earlyEnds", "serverSideAcks"],
    ownFleet: { isMortal: true },
    async run(fleet) {
      const last = fleet.nodes.length - 1;
      const asked = fleet
        .node(0)
        .call("serverSideAskWithCallback", "/", SERVER_EVENTS.askedUnless, last);
      await isAsked(fleet, last);
      await fleet.kill(last);
      const [, responses] = await within(asked, fleet.deadlineMs, () => "the answers");
      const nodes = (responses as { node: number }[]).map(({ node }) => node);
      expect(nodes.sort()).toEqual([...fleet.nodes.keys()].slice(1, -1));
    },
  },
  {
    name: "wait no longer for the answers of clients of one that has died",
    nodes: 2,
    needs: ["deaths", "earlyAckEnds", "acks"],
    ownFleet: { isMortal: true },
    async run(fleet) {
      const members = await fleet.connectEach();
      const last = fleet.nodes.length - 1;
      const selection = { timeoutMs: 10 * fleet.deadlineMs };
      const asked = fleet.node(0).call("askWithCallback", selection, "ask unless", last);
      await Promise.all(members.map((member) => member.gets("ask unless")));
      await fleet.kill(last);
      const [, responses] = await within(asked, fleet.deadlineMs, () => "the answers");
      const nodes = (responses as { node: number }[]).map(({ node }) => node);
      expect(nodes.sort()).toEqual([...fleet.nodes.keys()].slice(0, -1));
    },
  },
];

export const nodeCases: Group = { title: "nodes", cases };
