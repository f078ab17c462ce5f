// Questions to the cluster that cannot be answered in full.

import type { Fault, Promised } from "../fault.ts";
import type { Question } from "../server/protocol.ts";
import type { World } from "../world.ts";
import { ALL } from "./outages.ts";

const QUESTIONS: readonly Question[] = ["fetchSockets", "serverSideEmit", "broadcast with ack"];

const nothingSent = (): Promised => ({ isComplete: false, isLocalAtOnce: false });

/** How many answers there are without the node that dies, of `nodes` with one client each. */
const expected = (question: Question, nodes: number) =>
  question === "serverSideEmit" ? nodes - 1 : nodes;

/** Node c cannot answer any more, and then it is gone. */
async function dieWhileAsked(world: World): Promise<void> {
  world.began();
  for (const question of QUESTIONS) {
    if (!world.node("c").isAlive) await world.startNode("c");
    await world.agreeOn(3);
    world.node("c").pause();
    const answered = world.ask("a", question, expected(question, 2));
    await Bun.sleep(100); // the request is on its way, and c would have had the time
    await world.node("c").kill();
    await answered;
  }
  world.healed();
}

export const requests: Fault[] = [
  {
    name: "a node dies while it is asked",
    modes: ALL,
    promised: nothingSent,
    nodes: 3,
    run: dieWhileAsked,
  },
  {
    name: "Redis is away while it is asked",
    modes: ALL,
    promised: nothingSent,
    async run(world) {
      await world.agreeOn(2);
      world.began();
      await world.redis.kill();
      // One after the other, as each may end the process.
      await Promise.all(QUESTIONS.map((each) => world.ask("a", each, expected(each, 2))));
      await world.redis.restart();
      world.healed();
    },
  },
];
