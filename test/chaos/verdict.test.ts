import { describe, expect, test } from "bun:test";
import type { Answered } from "../../chaos/fault.ts";
import { FAULTS } from "../../chaos/faults/index.ts";
import { chooseCases, nameOf } from "../../chaos/plan.ts";
import { markdown, table } from "../../chaos/report.ts";
import { findBroken } from "../../chaos/verdict.ts";
import { caseOf, outcome, result } from "./outcomes.ts";

const ours = caseOf("bun-socket.io");
const crash = { node: "a.1", afterMs: 10_500, reason: "Error: no" };

function answer(but: Partial<Answered>): Answered {
  return { question: "fetchSockets", ms: 300, kind: "whole", detail: "2 of 2", ...but };
}

describe("the promises of this package", () => {
  test("are kept where all arrives, late as it may be from node to node", () => {
    expect(findBroken(ours, outcome())).toEqual([]);
  });

  test.each([
    ["a loss from node to node", { lostAcross: 3 }, "3 lost across nodes"],
    ["a loss at a client of the same node", { lostLocal: 1 }, "1 lost at the clients"],
    ["what arrives twice", { duplicates: 2 }, "2 arrived twice"],
    ["what arrives out of order", { disorder: 2 }, "2 out of order"],
    ["late local clients", { delayLocalMs: 3300 }, "3300 ms late"],
    ["nodes that stay deaf", { recoveredMs: null }, "did not hear each other"],
    ["a process that ended", { crashes: [crash] }, "1 processes ended: Error: no"],
    ["a node that spins", { cpu: 0.56 }, "spins: 0.56 cores"],
    ["an answer that hides what is missing", { answers: [answer({ kind: "silent" })] }, "as if"],
    ["a late answer", { answers: [answer({ ms: 5000 })] }, "took 5000 ms"],
    ["an answer in part", { answers: [answer({ kind: "partial" })] }, "was not whole"],
  ])("are broken by %s", (_, but, text) => {
    const broken = findBroken(ours, outcome(but));
    expect(broken).toHaveLength(1);
    expect(broken[0]).toContain(text);
  });
});

describe("the cases of a run", () => {
  const packages = ["socket.io", "bun-socket.io"] as const;

  test("are all but the long ones, when nothing is said", () => {
    const cases = chooseCases(FAULTS, { words: [], long: false, packages });
    expect(cases.length).toBeGreaterThan(100);
    expect(cases.some(({ fault: { isLong } }) => isLong)).toBe(false);
  });

  test("are those that all words name, where a comma is an or", () => {
    const words = ["halted", "classic,sharded", "socket.io"];
    const names = chooseCases(FAULTS, { words, long: false, packages }).map(nameOf);
    expect(names).toEqual([
      "Redis halted (SIGSTOP) for 5 s / classic / socket.io",
      "Redis halted (SIGSTOP) for 5 s / sharded / socket.io",
    ]);
  });

  test("have names of their own", () => {
    const cases = chooseCases(FAULTS, { words: [], long: true, packages });
    expect(new Set(cases.map(nameOf)).size).toBe(cases.length);
  });
});

describe("the tables", () => {
  const results = [
    result("socket.io", { lostAcross: 171, crashes: [crash] }),
    result("bun-socket.io", {}),
  ];

  test("put both packages side by side, in words", () => {
    const lines = markdown(results, "Redis 7").split("\n");
    const row = lines.find((line) => line.startsWith("| Redis is away"));
    expect(row).toBe(
      "| Redis is away | classic | a process ended after 10.5 s, 171 of 400 lost | nothing lost |",
    );
  });

  test("show each number, and how a process ended, in a terminal", () => {
    const text = table(results);
    expect(text).toMatch(/classic +socket\.io +171 of 400 +0 +0 +5 ms +3\.3 s +1 +300 ms +60 MiB/);
    expect(text).toContain("ended after 10.5 s: Error: no");
  });

  test("mark what breaks a promise", () => {
    const text = table([result("bun-socket.io", { lostAcross: 1 }, ["1 lost across nodes"])]);
    expect(text).toContain("bun-socket.io !");
    expect(text).toContain("PROMISED OTHERWISE: 1 lost across nodes");
  });
});
