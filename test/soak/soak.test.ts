// Clients come and go by all ways, and nothing stays behind: the soak run, short.

import { expect, test } from "bun:test";
import { sparkline, toSvg, makeReport } from "../../soak/report.ts";
import { soak } from "../../soak/run.ts";
import { growthOf, leaksOf, type Sample } from "../../soak/sample.ts";

const SAMPLES = 2;
const CYCLES_PER_SAMPLE = 800;

test.each([
  ["Bun.serve", SAMPLES],
  ["node:http", 1],
])(
  "thousands of clients come and go, and leave no session, socket, room, timer, acknowledgement or topic behind (%s)",
  async (host, count) => {
    const result = await soak({
      cyclesPerSample: CYCLES_PER_SAMPLE,
      isNode: host === "node:http",
      goesOn: (samples) => samples < count,
    });
    expect(result.cycles).toBe(count * CYCLES_PER_SAMPLE);
    expect(result.samples).toHaveLength(count);
    expect(result.samples.at(-1)?.connections).toBeGreaterThan(result.cycles);
    // So few say nothing of the heap: see `bun run soak`.
    expect(leaksOf(result.samples).filter((leak) => !leak.startsWith("the heap"))).toEqual([]);
    expect(toSvg(makeReport(result)).match(/<polyline/g)).toHaveLength(2);
  },
  60_000,
);

test("a server that keeps sockets and timers is found out", async () => {
  const { samples } = await soak({ cyclesPerSample: 190, goesOn: () => false, isFaulty: true });
  const leaks = leaksOf(samples).join();
  expect(leaks).toContain("uncollected");
  expect(leaks).toContain("timers");
}, 30_000);

const QUIET: Sample = {
  connections: 0,
  sessions: 0,
  webSockets: 0,
  requests: 0,
  sockets: 0,
  namespaces: 2,
  rooms: 0,
  subscribers: 0,
  timers: 2,
  uncollected: 0,
  objects: 10_000,
  heapBytes: 5_000_000,
  rssBytes: 80_000_000,
};

/** Samples of a server whose heap grows, first as it warms up, then by so much each cycle. */
function growing(objects: number, bytes: number): Sample[] {
  return Array.from({ length: 20 }, (_, index) => ({
    ...QUIET,
    connections: index * 1_000,
    objects:
      QUIET.objects + Math.min(index, 5) * 3_000 + index * 1_000 * objects + (index % 3) * 100,
    heapBytes:
      QUIET.heapBytes + Math.min(index, 5) * 1e6 + index * 1_000 * bytes + (index % 3) * 1e4,
  }));
}

test("a heap that grows with each cycle is told from one that warms up", () => {
  expect(leaksOf(growing(0, 0))).toEqual([]);
  expect(growthOf(growing(0, 0)).objectsPerCycle).toBeCloseTo(0, 1);
  expect(leaksOf(growing(1, 100))).toHaveLength(1);
  expect(growthOf(growing(1, 100)).heapBytesPerCycle).toBeCloseTo(100, -1);
});

test.each(["sessions", "sockets", "rooms", "subscribers", "webSockets", "namespaces"] as const)(
  "one more of them is found: %s",
  (member) => {
    expect(leaksOf([{ ...QUIET, [member]: QUIET[member] + 1 }])).toHaveLength(1);
  },
);

test("a line of blocks shows how values go", () => {
  expect(sparkline([1, 2, 4, 8])).toBe("▂▃▅█");
});
