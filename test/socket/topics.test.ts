// Broadcasts by topics of the host and packets that leave at once, beside the same socket by socket, by
// way of the outbox.

import { afterEach, describe, expect, spyOn, test } from "bun:test";
import { TOPIC_LIMITS } from "../../adapters/native-topics.ts";
import { FlushQueue } from "../../lib/engine/flush-queue.ts";
import { WebSocketTransport } from "../../lib/engine/transports/websocket.ts";
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
    "give each client the same in the same order, by topics and at once, or one by one (seed %i)",
    async (seed) => {
      const never = spyOn(FlushQueue.prototype, "mayPass").mockReturnValue(false);
      const plain = await run(seed, NEVER);
      never.mockRestore();
      const atOnce = spyOn(WebSocketTransport.prototype, "sendNow");
      const native = await run(seed, EAGER);
      expect(atOnce.mock.results.some(({ value }) => value === true)).toBeTrue();
      atOnce.mockRestore();
      expect(native.received).toEqual(plain.received);
      expect(native.outgoing).toEqual(plain.outgoing);
      expect(plain.publications).toBe(0);
      expect(native.publications).toBeGreaterThan(0);
      expect(native.subscribers).toBe(0);
    },
    30_000,
  );
});
