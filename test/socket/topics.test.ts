// Broadcasts by topics of the host, beside the same broadcasts socket by socket.

import { afterEach, describe, expect, test } from "bun:test";
import { TOPIC_LIMITS } from "../../adapters/native-topics.ts";
import { type Outcome, runProgram } from "../support/broadcast-program.ts";

const DEFAULTS = { ...TOPIC_LIMITS };
const EAGER = { minMembers: 2, warmUp: 0, maxOthers: 0.9 };
const NEVER = { minMembers: Number.POSITIVE_INFINITY };
const SEEDS = Number(process.env.TOPIC_SEEDS ?? 4);
const FIRST = Number(process.env.TOPIC_SEED ?? 1);

afterEach(() => {
  Object.assign(TOPIC_LIMITS, DEFAULTS);
});

function run(seed: number, limits: Partial<typeof TOPIC_LIMITS>): Promise<Outcome> {
  Object.assign(TOPIC_LIMITS, DEFAULTS, limits);
  return runProgram(seed);
}

describe("random programs of broadcasts", () => {
  test.each(Array.from({ length: SEEDS }, (_, index) => FIRST + index))(
    "give each client the same in the same order, by topics or one by one (seed %i)",
    async (seed) => {
      const plain = await run(seed, NEVER);
      const native = await run(seed, EAGER);
      expect(native.received).toEqual(plain.received);
      expect(native.outgoing).toEqual(plain.outgoing);
      expect(plain.publications).toBe(0);
      expect(native.publications).toBeGreaterThan(0);
      expect(native.subscribers).toBe(0);
    },
    30_000,
  );
});
