// Questions to the cluster that cannot be answered in full.

import type { Fault } from "../fault.ts";
import type { Question } from "../server/protocol.ts";
import type { World } from "../world.ts";
import { ALL } from "./outages.ts";

const QUESTIONS: readonly Question[] = ["fetchSockets", "serverSideEmit", "broadcast with ack"];

/** How many answers there are without the node that dies, of `nodes` with one client each. */
const expected = (question: Question, nodes: number) =>
  question === "serverSideEmit" ? nodes - 1 : nodes;

/** Node c cannot answer any more, and then it is gone. */
async function dieWhileAsked(world: World): Promise<void> {
  world.began();
  for (const question of QUESTIONS) {
    if (!world.node("c").isAlive) await world.startNode("c");
    await world.agree();
    world.node("c").pause();
    const answered = world.ask("a", question, expected(question, 2));
    await Bun.sleep(100); // the request is on its way, and c would have had the time
    await world.node("c").kill();
    await answered;
  }
  world.healed();
}

/** All at once, while Redis is away; it comes back after so long, or when all is answered. */
async function askWhileAway(world: World, backAfterMs: number | null): Promise<void> {
  world.began();
  await world.redis.kill();
  const answered = Promise.all(QUESTIONS.map((each) => world.ask("a", each, expected(each, 2))));
  await (backAfterMs === null ? answered : Bun.sleep(backAfterMs));
  await world.redis.restart();
  world.healed();
  await answered;
}

export const requests: Fault[] = [
  {
    name: "a node dies while it is asked",
    modes: ALL,
    promised: () => ({ wholeWithinMs: 2000 }),
    nodes: 3,
    run: dieWhileAsked,
  },
  {
    name: "asked while Redis is away for 1 s",
    modes: ALL,
    promised: () => ({}),
    run: (world) => askWhileAway(world, 1000),
  },
  {
    name: "asked while Redis is away",
    modes: ALL,
    promised: () => ({}),
    run: (world) => askWhileAway(world, null),
  },
];
