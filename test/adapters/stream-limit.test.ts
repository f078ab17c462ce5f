// How long a stream may become, by a clock of the test's own.

import { expect, test } from "bun:test";
import { StreamLimit } from "../../adapters/redis/stream-limit.ts";

const NONE = Number.MAX_SAFE_INTEGER;

test("what was sent at once leaves as much as is to be kept", () => {
  const limit = new StreamLimit(500, () => 0);
  expect([0, 10, 199].map((waited) => limit.entriesFor(1_000, 1_000 + waited))).toEqual([
    500, 500, 500,
  ]);
});

test("where something had to wait, nothing is cut off for ten seconds", () => {
  const limit = new StreamLimit(500, () => 0);
  expect(limit.entriesFor(0, 200)).toBe(NONE);
  expect(limit.entriesFor(10_199, 10_199)).toBe(NONE);
  expect(limit.entriesFor(10_200, 10_200)).toBe(500);
});

test("nor where Redis does not answer", () => {
  let owedMs = 199;
  const limit = new StreamLimit(500, () => owedMs);
  expect(limit.entriesFor(limit.onMade(0), 0)).toBe(500);
  owedMs = 200;
  expect(limit.entriesFor(limit.onMade(1), 1)).toBe(NONE);
});

test("where it goes on and on, it is cut off half of the time, so that Redis does not run out of memory", () => {
  const limit = new StreamLimit(500, () => 0);
  const lifted = Array.from({ length: 180 }, (_, s) => limit.entriesFor(s * 1e3 - 500, s * 1e3));
  const runs = lifted.join(" ").split(/(?<=\b500) (?=9)|(?<=1) (?=500)/);
  expect(runs.map((run) => run.split(" ").length)).toEqual([30, 30, 30, 30, 30, 30]);
});

test("after that, an outage is one again", () => {
  const limit = new StreamLimit(500, () => 0);
  for (let now = 0; now < 30_000; now += 1_000) {
    limit.lift(now);
  }
  expect(limit.entriesFor(30_000, 30_000)).toBe(500);
  limit.lift(60_000);
  expect(limit.entriesFor(60_000, 60_000)).toBe(NONE);
});
