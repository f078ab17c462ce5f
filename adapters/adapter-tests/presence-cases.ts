import type { Case, Group } from "./cases.ts";
import type { Fleet } from "./fleet.ts";
import type { Member } from "./member.ts";
import { until } from "./waiting.ts";

const EVENTS = ["occupied", "vacated"];

/** What a node was told of a room, in order. */
async function told(fleet: Fleet, index: number, room: string): Promise<string[]> {
  const seen = await fleet.node(index).call("seen");
  return seen.filter(([, name]) => name === room).map(([event]) => event as string);
}

/** Waits until each living node was told exactly this of a room. */
async function areTold(fleet: Fleet, room: string, events: readonly string[]): Promise<void> {
  for (const node of fleet.live) {
    const index = fleet.nodes.indexOf(node);
    await until(
      async () => (await told(fleet, index, room)).join() === events.join(),
      fleet.deadlineMs,
      async () => ({ node: index, room, told: await told(fleet, index, room), wanted: events }),
    );
  }
}

async function watch(fleet: Fleet): Promise<void> {
  await Promise.all(fleet.nodes.map((node) => node.call("watch", "/", EVENTS)));
}

/**
 * Waits until each node knows what the clients have done before now: a node may learn of a room of
 * its own clients before it hears who else is in it, and what comes from one node comes in order.
 */
async function flush(fleet: Fleet, members: readonly Member[]): Promise<void> {
  for (const member of members) {
    const marker = fleet.name("marker");
    await member.join(marker);
    await areTold(fleet, marker, ["occupied"]);
  }
}

const cases: Case[] = [
  {
    name: "is told once when it is occupied, and once when it is vacated, on every node",
    async run(fleet) {
      await watch(fleet);
      const members = await fleet.connectEach();
      const room = fleet.name("room");
      for (const member of members) {
        await member.join(room);
      }
      await flush(fleet, members);
      await areTold(fleet, room, ["occupied"]);
      for (const member of members.slice(1)) {
        await member.leave(room);
      }
      await flush(fleet, members);
      await areTold(fleet, room, ["occupied"]);
      await members[0]?.leave(room);
      await areTold(fleet, room, ["occupied", "vacated"]);
      await members.at(-1)?.join(room);
      await areTold(fleet, room, ["occupied", "vacated", "occupied"]);
    },
  },
  {
    name: "is vacated when the clients in it are gone",
    async run(fleet) {
      await watch(fleet);
      const member = await fleet.connect(fleet.nodes.length - 1);
      const room = fleet.name("room");
      await member.join(room);
      await areTold(fleet, room, ["occupied"]);
      member.client.disconnect();
      await areTold(fleet, room, ["occupied", "vacated"]);
    },
  },
  {
    name: "is not told of where it is the one that every socket has for itself",
    async run(fleet) {
      await watch(fleet);
      const member = await fleet.connect(fleet.nodes.length - 1);
      const room = fleet.name("room");
      await member.join(room);
      await areTold(fleet, room, ["occupied"]);
      await areTold(fleet, member.id, []);
    },
  },
  {
    name: "is vacated when its node closes",
    nodes: 2,
    async run(fleet) {
      await watch(fleet);
      const last = fleet.nodes.length - 1;
      const [here, there] = [await fleet.connect(0), await fleet.connect(last)];
      const [shared, own] = [fleet.name("shared"), fleet.name("own")];
      await here.join(shared);
      await there.join(shared, own);
      await flush(fleet, [here, there]);
      await areTold(fleet, own, ["occupied"]);
      await areTold(fleet, shared, ["occupied"]);
      await fleet.close(last);
      await areTold(fleet, own, ["occupied", "vacated"]);
      await areTold(fleet, shared, ["occupied"]);
    },
  },
  {
    name: "is vacated when its node dies",
    nodes: 2,
    needs: ["deaths"],
    async run(fleet) {
      await watch(fleet);
      const last = fleet.nodes.length - 1;
      const member = await fleet.connect(last);
      const room = fleet.name("room");
      await member.join(room);
      await areTold(fleet, room, ["occupied"]);
      await fleet.kill(last);
      await areTold(fleet, room, ["occupied", "vacated"]);
    },
  },
];

export const presenceCases: Group = {
  title: "a room",
  cases: cases.map((each) => ({
    ...each,
    ownFleet: { isMortal: each.needs?.includes("deaths") === true },
    needs: ["presence", ...(each.needs ?? [])],
  })),
};
