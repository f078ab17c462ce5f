import { expect, setDefaultTimeout, test } from "bun:test";
import type { Case, Fault, Outcome } from "../../chaos/fault.ts";
import { World } from "../../chaos/world.ts";

const settings = { rate: 100, seconds: undefined, client: "ioredis", lanes: 1, quietMs: 300 };

setDefaultTimeout(30_000);

/** Runs a fault on the reference, whose behaviour is known. */
async function play(run: Fault["run"], but: Partial<Fault & Case> = {}): Promise<Outcome> {
  const fault: Fault = { name: "a test", modes: [], promised: () => ({}), run, ...but };
  const one: Case = { fault, mode: but.mode ?? "classic", package: "socket.io" };
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

test("knows how late what was held up came, at either client, and when it came again", async () => {
  const outcome = await play(async (it) => {
    it.send();
    await it.hear();
    it.began();
    it.redis.pause();
    await it.last(700);
    it.redis.resume();
    it.healed();
    await it.hear();
    await it.finish();
  });
  expect(outcome).toMatchObject({ lostAcross: 0, lostLocal: 0, crashes: [] });
  expect(outcome.delayAcrossMs).toBeGreaterThan(500);
  expect(outcome.delayLocalMs).toBeLessThan(outcome.delayAcrossMs);
  expect(outcome.recoveredMs).toBeWithin(0, 10_000); // null: never
});

test("finds what is lost, and that nodes do not hear each other", async () => {
  const run: Fault["run"] = async (it) => {
    it.send();
    it.began();
    expect(await it.hear(500)).toBe(false);
    it.healed();
    await it.finish();
  };
  // The reference subscribes to channels with the prefix, and publishes to those without.
  const outcome = await play(run, { mode: "sharded", clientOptions: { keyPrefix: "app:" } });
  expect(outcome.sentAcross).toBeGreaterThan(0);
  expect(outcome).toMatchObject({ lostAcross: outcome.sentAcross, lostLocal: 0 });
  expect(outcome.recoveredMs).toBeNull();
});
