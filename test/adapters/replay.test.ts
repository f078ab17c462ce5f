import { describe, expect, test } from "bun:test";
import { World, type WorldOptions } from "./replay-world.ts";

const ROOMS = ["a", "b", "c", "d", "e"];
const NODES = ["one", "two", "three"];
const SEEDS = 100;
/** Of what takes little time. */
const MORE_SEEDS = 1_000;
const AT_ONCE = 8;

/** Runs something with each seed, few at once: in a world that stands still, nodes lose patience. */
async function forEachSeed(
  run: (seed: number) => Promise<void>,
  seeds: number = SEEDS,
): Promise<void> {
  let seed = 0;
  const work = async () => {
    while (seed < seeds) {
      await run(++seed);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}

/** A world of nodes that say this and that while their connections come and go. */
async function live(seed: number, options: WorldOptions, steps = 600): Promise<World> {
  const world = new World(seed, options);
  for (const uid of NODES) {
    world.add(uid, ROOMS);
  }
  await world.settle();
  for (let step = 0; step < steps; step++) {
    const node = world.pick(world.nodes.values());
    const dice = world.draw();
    if (dice < 0.35) {
      node.say(world.pick([...ROOMS, "#"]));
    } else if (dice < 0.36) {
      node.loseSubscriber();
    } else if (dice < 0.39) {
      node.regainSubscriber();
    } else if (dice < 0.4) {
      node.losePublisher();
    } else if (dice < 0.43) {
      node.regainPublisher();
    } else {
      world.step();
    }
    if (world.draw() < 0.05) {
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
  }
  await world.settle();
  return world;
}

/** Every ordered pair of nodes. */
function pairs(world: World) {
  const nodes = [...world.nodes.values()];
  return nodes.flatMap((from) => nodes.filter((to) => to !== from).map((to) => ({ from, to })));
}

describe("replay over one connection", () => {
  test("brings each message once and in order, whatever connections are lost", async () => {
    const sums = { replayed: 0, duplicates: 0, interruptions: 0 };
    await forEachSeed(async (seed) => {
      const world = await live(seed, {});
      for (const { from, to } of pairs(world)) {
        expect({ seed, heard: to.heard(from.uid) }).toEqual({ seed, heard: from.said() });
        expect(to.losses).toEqual([]);
      }
      for (const { replay } of world.nodes.values()) {
        sums.replayed += replay.stats.replayed;
        sums.duplicates += replay.stats.duplicates;
        sums.interruptions += replay.stats.interruptions;
      }
      world.close();
    });
    expect(sums.replayed).toBeGreaterThan(100);
    expect(sums.duplicates).toBeGreaterThan(100);
    expect(sums.interruptions).toBeGreaterThan(100);
  }, 60_000);
});

test("brings what was lost unnoticed, as soon as something follows on its channel", async () => {
  let gaps = 0;
  await forEachSeed(async (seed) => {
    const world = new World(seed);
    const nodes = NODES.map((uid) => world.add(uid, ROOMS));
    await world.settle();
    // Of a channel that was not heard yet, it is not known whether something was lost.
    for (const channel of ROOMS) {
      for (const node of nodes) {
        node.say(channel);
      }
    }
    await world.settle();
    for (let step = 0; step < 300; step++) {
      const dice = world.draw();
      if (dice < 0.4) {
        world.pick(nodes).say(world.pick(ROOMS));
      } else if (dice < 0.45) {
        world.pick(nodes).loseOne();
      } else {
        world.step();
      }
    }
    await world.settle();
    for (const channel of ROOMS) {
      for (const node of nodes) {
        node.say(channel);
      }
    }
    await world.settle();
    for (const { from, to } of pairs(world)) {
      for (const channel of ROOMS) {
        const heard = to.heard(from.uid, channel);
        expect({ seed, channel, heard }).toEqual({ seed, channel, heard: from.said(channel) });
      }
      gaps += to.replay.stats.gaps;
    }
    world.close();
  });
  expect(gaps).toBeGreaterThan(100);
}, 60_000);

test.each([1, 3])(
  "nodes come, go and die, and rooms too: nothing comes twice (%d servers)",
  async (shards) => {
    await forEachSeed(async (seed) => {
      const world = new World(seed, { shards });
      const all = NODES.map((uid) => world.add(uid, ROOMS));
      for (let step = 0; step < 600; step++) {
        const node = world.pick(world.nodes.values());
        const dice = world.draw();
        if (dice < 0.35) {
          node.say(world.pick([...ROOMS, "#"]));
        } else if (dice < 0.36) {
          node.loseSubscriber();
        } else if (dice < 0.39) {
          node.regainSubscriber();
        } else if (dice < 0.42) {
          node.setRoom(world.pick(ROOMS), world.draw() < 0.5);
        } else if (dice < 0.425) {
          all.push(world.add(`node${step}`, ROOMS));
        } else if (dice < 0.43 && world.nodes.size > 2) {
          world.kill(node);
        } else {
          world.step();
        }
      }
      for (const to of world.nodes.values()) {
        to.recover();
      }
      while (world.step()) {}
      await new Promise<void>((resolve) => setImmediate(resolve));
      while (world.step()) {}
      world.close(); // delivers what is held back for those that are dead
      for (const to of all) {
        for (const from of all) {
          for (const channel of [...ROOMS, "#"]) {
            const heard = to.heard(from.uid, channel);
            const inOrder = [...new Set(heard)].sort((a, b) => a - b);
            expect({ seed, channel, heard }).toEqual({ seed, channel, heard: inOrder });
          }
        }
      }
    }, MORE_SEEDS);
  },
  60_000,
);

describe("replay over several connections", () => {
  test("brings each message once and in order on its channel, whatever connections are lost", async () => {
    await forEachSeed(async (seed) => {
      const world = await live(seed, { shards: 3 });
      for (const { from, to } of pairs(world)) {
        for (const channel of [...ROOMS, "#"]) {
          const heard = to.heard(from.uid, channel);
          expect({ seed, channel, heard }).toEqual({ seed, channel, heard: from.said(channel) });
        }
        expect(to.losses).toEqual([]);
      }
      world.close();
    });
  }, 60_000);
});
