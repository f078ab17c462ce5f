// Who is still there, by the clock.

import { afterEach, beforeEach, expect, jest, test } from "bun:test";
import { SurvivorWatch } from "../../adapters/cluster/survivors.ts";

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

/** Lets time pass, and what is asked be answered. */
async function pass(ms: number): Promise<void> {
  jest.advanceTimersByTime(ms);
  for (let i = 0; i < 10; i++) {
    await Promise.resolve();
  }
}

function start() {
  const gone: string[][] = [];
  const watch = new SurvivorWatch(async () => ({ count: 1, alive: new Set<string>() }));
  const waiter = {
    uids: () => ["other"],
    onSurvivors: (confirmed: { gone: ReadonlySet<string> }) => void gone.push([...confirmed.gone]),
  };
  watch.add(waiter);
  return { watch, waiter, gone };
}

test("a node that dies is gone after two looks", async () => {
  const { watch, waiter, gone } = start();
  await pass(200);
  await pass(249);
  expect(gone).toEqual([]);
  await pass(1);
  expect(gone).toEqual([["other"]]);
  watch.remove(waiter);
});

test("a node that has said that it ends is looked for at once", async () => {
  const { watch, waiter, gone } = start();
  watch.hurry();
  await pass(0);
  await pass(20);
  expect(gone).toEqual([["other"]]);
  watch.remove(waiter);
});

test("nobody is looked for while nobody waits", async () => {
  const { watch, waiter, gone } = start();
  watch.remove(waiter);
  watch.hurry();
  await pass(1_000);
  expect(gone).toEqual([]);
});
