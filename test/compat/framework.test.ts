// The program that compares this package with the reference, on servers that differ on purpose.

import { describe, expect, test } from "bun:test";
import { isFailure } from "../../compat/results.ts";
import { runFaulty, runTwice } from "./support/harness.ts";
import {
  CRASH,
  differing,
  EVENTS,
  FAULTY,
  HANDSHAKE,
  HANG,
  MANY,
  RULE,
} from "./support/scenarios.ts";

describe("a difference", () => {
  test("is not seen between a server and itself", async () => {
    const { lines, failed, outcome } = await runFaulty(EVENTS, "");
    expect({ lines, failed, verdict: outcome.verdict }).toEqual({
      lines: [],
      failed: false,
      verdict: "same",
    });
  });

  test("of a header fails the run", async () => {
    const { lines, failed } = await runFaulty(HANDSHAKE, "header");
    expect(lines).toEqual(["raw: session 1, requests | + handshake: 200 x-fault: yes"]);
    expect(failed).toBe(true);
  });

  test("of a packet on the wire fails the run", async () => {
    const { lines, failed } = await runFaulty(EVENTS, "wire");
    const sections = new Set(lines.map((line) => line.slice(0, line.indexOf(" |"))));
    expect([...sections]).toEqual(["ann: session 1, to the client"]);
    expect(lines.join()).toContain('"pingInterval":24999');
    expect(failed).toBe(true);
  });

  test("of the order of events fails the run", async () => {
    const { lines, failed } = await runFaulty(EVENTS, "order");
    expect(lines).toContain('ann: events | + got "first" 1');
    expect(failed).toBe(true);
  });

  test("that only the server's side sees fails the run", async () => {
    const { lines, failed } = await runFaulty(EVENTS, "rooms");
    expect(lines).toContain("server: log | + welcome 2");
    expect(lines).toContain(
      'server: socket <ann id> | + disconnecting "client namespace disconnect" ["(its own)","another"]',
    );
    expect(failed).toBe(true);
  });

  test("is a rule that both break, for us", async () => {
    const { lines, failed } = await runFaulty(RULE, "");
    expect(lines).toEqual(['scenario: rules | + BROKEN: the sky is green {"sky":"blue"}']);
    expect(failed).toBe(true);
  });
});

describe("a scenario that fails on the yardstick fails the run", () => {
  test("because its process ended, of which the next one has another", async () => {
    const { result, failed } = await runFaulty(CRASH, "");
    const [yardstick] = result.outcomes;
    expect(yardstick?.transcript?.failure).toStartWith("the server's process ended\nexit code 7");
    expect(failed).toBe(true);
  });

  test("because it did not end in its time", async () => {
    const { result, failed } = await runFaulty(HANG, "");
    expect(result.outcomes[0]?.transcript?.failure).toBe("it did not come to its end in 300 ms");
    expect(failed).toBe(true);
  });
});

describe("a scenario that failed is run again", () => {
  test("and one that comes out well each time is shown, and does not fail the run", async () => {
    const { results, unsteady } = await runTwice([differing((run) => run === 1)]);
    expect(results.flatMap(({ outcomes }) => outcomes.filter(isFailure))).toEqual([]);
    expect(unsteady.map(({ outcomes }) => outcomes.map(({ verdict }) => verdict))).toEqual([
      ["yardstick", "differs"],
    ]);
  });

  test("and one that differs once more fails it", async () => {
    const { results, unsteady } = await runTwice([differing((run) => run === 1 || run === 4)]);
    expect(results.some(({ outcomes }) => outcomes.some(isFailure))).toBe(true);
    expect(unsteady).toEqual([]);
  });

  test("but not where many have failed", async () => {
    const many = Array.from({ length: 6 }, () => differing((run) => run === 1));
    const { results, unsteady } = await runTwice(many);
    expect(results.filter(({ outcomes }) => outcomes.some(isFailure))).toHaveLength(6);
    expect(unsteady).toEqual([]);
  });
});

describe("a known difference", () => {
  const reason = "it is meant";
  const header = { scenario: HANDSHAKE, implementations: [FAULTY], reason };

  test("does not fail the run", async () => {
    const known = [{ ...header, differs: /\+ handshake: 200 x-fault: yes$/ }];
    const { outcome, failed, stale } = await runFaulty(HANDSHAKE, "header", known);
    expect(outcome.verdict).toBe("known");
    expect(outcome.differences.map((it) => it.reason)).toEqual([reason]);
    expect({ failed, stale }).toEqual({ failed: false, stale: [] });
  });

  test("does not hide another one", async () => {
    const known = [{ ...header, scenario: EVENTS, differs: /server: log/ }];
    const { outcome, failed } = await runFaulty(EVENTS, "rooms", known);
    expect(outcome.differences.some((it) => it.reason === reason)).toBe(true);
    expect(failed).toBe(true);
  });

  test("that is none any more is reported", async () => {
    const known = [{ ...header, differs: [/x-fault/, /x-old/] }];
    const { stale } = await runFaulty(HANDSHAKE, "header", known);
    expect(stale).toHaveLength(1);
    expect(stale[0]).toContain("x-old");
  });

  test("of a scenario that was not run is not judged", async () => {
    const known = [{ ...header, scenario: EVENTS, differs: /x-old/ }];
    const { stale } = await runFaulty(HANDSHAKE, "", known);
    expect(stale).toEqual([]);
  });
});

test("a transcript with clients of every version at once is the same on each run", async () => {
  const { lines, result } = await runFaulty(MANY, "");
  expect(lines).toEqual([]);
  const texts = result.outcomes.map(({ transcript }) => JSON.stringify(transcript));
  expect(texts[1]).toBe(texts[0] ?? "");
  // No id is left without its name.
  expect(texts[0]).not.toMatch(/"sid\\":\\"[^<]/);
  expect(texts[0]).toContain("<client 4 polling id>");
  expect(texts[0]).toContain("<offset>");
});
