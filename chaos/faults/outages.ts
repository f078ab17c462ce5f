// Redis is away, in one way or another.

import type { Fault } from "../fault.ts";
import type { Mode } from "../server/protocol.ts";
import type { World } from "../world.ts";

export const ALL: readonly Mode[] = ["classic", "sharded", "streams", "recovery"];

const SETTLE_MS = 1000;

/** Nothing is lost; clients of the same node do not wait, unless an offset has to come first. */
export const complete = (mode: Mode) => ({ isComplete: true, isLocalAtOnce: mode !== "recovery" });

/** How long the outage of a fault lasts. */
function outage(world: World, seconds: number): Promise<void> {
  return world.last((world.settings.seconds ?? seconds) * 1000);
}

/** Broadcasts go both ways before, meanwhile, and for a moment after it is over. */
export async function during(
  world: World,
  begin: () => Promise<void> | void,
  end: () => Promise<void> | void,
): Promise<void> {
  world.send();
  await world.hear();
  world.began();
  await begin();
  await end();
  world.healed();
  await world.hear();
  await world.last(SETTLE_MS);
  await world.finish();
}

function killed(seconds: number): Fault {
  return {
    name: `Redis killed, back after ${seconds} s`,
    modes: ALL,
    promised: complete,
    run: (world) =>
      during(
        world,
        async () => {
          await world.redis.kill();
          await outage(world, seconds);
        },
        () => world.redis.restart(),
      ),
  };
}

export const outages: Fault[] = [
  killed(3),
  killed(14),
  { ...killed(60), isLong: true },
  {
    name: "Redis halted (SIGSTOP) for 5 s",
    modes: ALL,
    promised: complete,
    run: (world) =>
      during(
        world,
        async () => {
          world.redis.pause();
          await outage(world, 5);
        },
        () => world.redis.resume(),
      ),
  },
  {
    name: "Redis down at start, for 3 s",
    modes: ALL,
    promised: complete,
    redis: "down",
    async run(world) {
      world.send();
      world.began();
      await outage(world, 3);
      await world.redis.restart();
      world.healed();
      await world.hear();
      await world.last(SETTLE_MS);
      await world.finish();
    },
  },
];
