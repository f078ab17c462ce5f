import { expect, test } from "bun:test";
import type { Case, Fault, Outcome } from "../../chaos/fault.ts";
import { World } from "../../chaos/world.ts";

const settings = { rate: 100, seconds: undefined, client: "ioredis", lanes: 1 };

/** Runs a fault on the reference, whose behaviour is known. */
async function play(run: Fault["run"]): Promise<Outcome> {
  const fault: Fault = { name: "a test", modes: ["classic"], promised: () => ({}), run };
  const one: Case = { fault, mode: "classic", package: "socket.io" };
  const world = new World(settings, one);
  try {
    await world.start();
    await run(world);
    return world.outcome();
  } finally {
    await world.stop();
  }
}

test("counts each broadcast of both nodes at both clients, where nothing goes wrong", async () => {
  const outcome = await play(async (it) => {
    it.send();
    await it.hear();
    it.began();
    it.healed();
    await it.hear();
    await it.finish();
  });
  expect(outcome).toMatchObject({ lostAcross: 0, lostLocal: 0, duplicates: 0, crashes: [] });
  expect(outcome.sentAcross).toBeGreaterThan(0);
  expect(outcome.sentAcross).toBe(outcome.sentLocal);
  expect(outcome.memoryBytes).toBeGreaterThan(2 ** 20);
});

test("tells that a node has ended and why, and puts another in its place", async () => {
  const outcome = await play(async (it) => {
    it.began();
    await it.control.publish("socket.io#/#", Buffer.from([0xc1])); // which the reference dies of
    await Promise.all([it.node("a").exited, it.node("b").exited]);
    await it.replace("a", "b");
    await it.agree();
    await it.ask("a", "fetchSockets", 2);
  });
  const { crashes, answers } = outcome;
  expect(crashes.map(({ node }) => node)).toEqual(["a.1", "b.1"]);
  expect(crashes[0]?.reason).toContain("Could not parse");
  expect(answers).toMatchObject([{ question: "fetchSockets", kind: "whole", detail: "2 of 2" }]);
});

test("finds what is lost, and how late the rest is, while Redis is away", async () => {
  const outcome = await play(async (it) => {
    it.send();
    await it.hear();
    it.began();
    await it.redis.kill();
    await it.last(700);
    await it.redis.restart();
    it.healed();
    await it.hear();
    await it.finish();
  });
  expect(outcome.lostLocal).toBe(0);
  expect(outcome.delayAcrossMs).toBeGreaterThan(500);
  expect(outcome.delayLocalMs).toBeLessThan(500);
  expect(outcome.recoveredMs).toBeWithin(0, 5000); // null: never
});
