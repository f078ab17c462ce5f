// The suite for adapters finds what is wrong with an adapter.

import { expect, test } from "bun:test";
import { join } from "node:path";

const FILE = join(import.meta.dir, "example/faulty-adapters.ts");

/** Runs the tests of the suite that match a pattern over an adapter with a fault. */
async function run(fault: string, pattern: string): Promise<{ code: number; output: string }> {
  const child = Bun.spawn([process.execPath, "test", FILE, "-t", pattern], {
    env: { ...process.env, FAULT: fault },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [out, error, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { code, output: out + error };
}

const FAULTS = [
  ["drops events", "an event reaches everyone"],
  ["doubles events", "an event reaches everyone"],
  ["swaps events", "an event keeps the order"],
  ["forgets exceptions", "an event leaves out those in the rooms excepted"],
  ["forgets rooms", "a node does so only to those in the rooms"],
  ["loses bytes", "an event carries bytes, alone and deep within"],
  ["mixes namespaces", "a namespace keeps its events, rooms and sockets to itself"],
  ["loses answers", "a node finds the sockets of all nodes"],
  ["doubles the answers of servers", "an event between servers collects one answer of each"],
  ["hears when it is closed", "nodes that are closed hear nothing any more"],
] as const;

test.each(FAULTS)(
  "an adapter that %s fails where <%s> is tried",
  async (fault, pattern) => {
    const { code, output } = await run(fault, pattern);
    expect(output).toMatch(/^ 0 pass$/m);
    expect(output).toMatch(/^ 1 fail$/m);
    expect(code).toBe(1);
  },
  60_000,
);

test("without any of these faults it would pass", async () => {
  const patterns = new Set(FAULTS.map(([, pattern]) => pattern));
  const { code, output } = await run("nothing", [...patterns].join("|"));
  expect(output).toContain(`\n ${patterns.size} pass\n`);
  expect(output).toContain("\n 0 fail\n");
  expect(code).toBe(0);
}, 60_000);
