// A subscriber reads too slowly, and Redis gives up on it.

import type { Fault } from "../fault.ts";
import type { World } from "../world.ts";
import { ALL, complete } from "./outages.ts";

const MESSAGE_BYTES = 10_000;
const PER_TURN = 40;
const MIB = 2 ** 20;

/** Halts node b, lets node a publish, and lets b go on when Redis has taken all of it. */
async function overrun(world: World, messages: number): Promise<void> {
  world.began();
  world.node("b").pause();
  await world.node("a").burst(messages, MESSAGE_BYTES, PER_TURN);
  await world.control.ping();
  world.node("b").resume();
  world.healed();
}

async function run(world: World, messages: number): Promise<void> {
  world.send();
  await world.hear();
  await world.node("a").hold();
  await overrun(world, messages);
  await world.last(500);
  await world.finish();
}

export const slowSubscriber: Fault[] = [
  {
    name: "slow subscriber: 20 MB past a limit of 4 MB",
    modes: ALL,
    promised: complete,
    isHeavy: true,
    redisArgs: ["--client-output-buffer-limit", "pubsub 4mb 4mb 0"],
    run: (world) => run(world, 2000),
  },
  {
    name: "slow subscriber: 60 MB past the default limit (32 MB)",
    modes: ALL,
    promised: complete,
    isHeavy: true,
    // More than a node keeps by default: 32 MiB.
    ourOptions: (mode) =>
      mode === "classic" || mode === "sharded"
        ? { replay: { maxDuration: 120_000, maxBytes: 128 * MIB } }
        : {},
    run: (world) => run(world, 6000),
  },
];
