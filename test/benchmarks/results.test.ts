// What the benchmark says of its measurements, and what README and docs show of them.

import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import type { Measurement } from "../../benchmarks/measure.ts";
import { plotCosts, plotLatency } from "../../benchmarks/plot.ts";
import { fill, PUBLISHED, render, table } from "../../benchmarks/report.ts";
import {
  collect,
  describe as describeResult,
  latencyOf,
  merge,
  ratio,
  type Results,
  rowOf,
  type ScenarioResult,
  stringify,
} from "../../benchmarks/results.ts";
import { SCENARIOS, type Scenario } from "../../benchmarks/scenarios.ts";
import { judge, TARGETS } from "../../benchmarks/targets.ts";

const ROOT = join(import.meta.dir, "../..");
const [ECHO] = SCENARIOS as [Scenario];
const peer = (id: string) => ({ id, name: id, command: [] });
const of = (...values: number[]): Measurement[] =>
  values.map((value) => ({ value, load: 1, busy: 0.5 }));
const WHERE = { machine: "1 x M", versions: { Bun: "1" } };
const ORDER = { adds: false, order: SCENARIOS.map(({ id }) => id) };

function echo(...own: number[]): ScenarioResult {
  const measured = new Map([
    [peer("ours"), of(...own)],
    [peer("bun"), of(8, 4, 3)],
  ]);
  return collect(ECHO, measured, "abc");
}

describe("the results", () => {
  test("a ratio is one server's median by another's, and missing without one of them", () => {
    expect(ratio(echo(1, 2, 9), "ours", "bun")).toBe(0.5);
    expect(ratio(echo(1, 2, 9), "ours", "raw")).toBeUndefined();
    expect(describeResult(echo(1, 2, 9))).toMatch(/ours +2\.00 \(1\.00 to 9\.00\) +ratio 1\.00/);
    expect(describeResult(echo(1, 2, 9))).toMatch(/bun +4\.00 .*ratio 0\.50 .*50 % busy/);
  });

  test("of latencies, each is the median of the rounds", () => {
    const round = (ms: number) => ({ p50: ms, p99: ms + 1, p999: ms + 2, loopP99: 0, loopMax: 5 });
    const measurements = [3, 1, 2].map((ms) => ({
      value: 1,
      load: 1,
      busy: 1,
      latency: round(ms),
    }));
    const result = collect(ECHO, new Map([[peer("ours"), measurements]]), "abc");
    expect(latencyOf(rowOf(result, "ours") as never)).toEqual(round(2));
    expect(latencyOf(rowOf(echo(1), "ours") as never)).toBeNull();
  });

  test("a scenario measured anew replaces what was known of it, or adds to it; others stay", () => {
    const ack = { ...echo(5), id: "ack" };
    const known: Results = { ...WHERE, scenarios: [ack, echo(1)] };
    const replaced = merge(known, WHERE, echo(7), ORDER);
    expect(replaced.scenarios.map(({ id, rows }) => [id, rows[0]?.values])).toEqual([
      ["echo", [7]],
      ["ack", [5]],
    ]);
    const added = merge(known, WHERE, echo(7), { ...ORDER, adds: true });
    expect(rowOf(added.scenarios[0] as ScenarioResult, "ours")?.values).toEqual([1, 7]);
    expect(rowOf(added.scenarios[0] as ScenarioResult, "bun")?.values).toEqual([8, 4, 3, 8, 4, 3]);
  });

  test("what another machine or other versions have shown is dropped", () => {
    const known: Results = { ...WHERE, scenarios: [{ ...echo(5), id: "ack" }] };
    for (const where of [
      { ...WHERE, machine: "2 x M" },
      { ...WHERE, versions: { Bun: "2" } },
    ]) {
      expect(merge(known, where, echo(7), ORDER).scenarios.map(({ id }) => id)).toEqual(["echo"]);
    }
  });

  test("the file holds what was put into it", () => {
    const results = { ...WHERE, scenarios: [echo(1.25, 2), echo(1e-7)] };
    expect(JSON.parse(stringify(results))).toEqual(results);
  });

  test("a target is met by the two digits that are shown", () => {
    const judgeEcho = (own: number) =>
      judge({ ...WHERE, scenarios: [echo(own)] }).map((each) => [
        each.peer,
        each.ratio,
        each.isMet,
      ]);
    expect(judgeEcho(3.219)).toEqual([["ours", 0.8, true]]);
    expect(judgeEcho(3.221)).toEqual([["ours", 0.81, false]]);
  });

  test("every target is of a scenario that there is", () => {
    const ids = SCENARIOS.map(({ id }) => id);
    expect(TARGETS.filter(({ scenario }) => !ids.includes(scenario))).toEqual([]);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe("what is shown of them", () => {
  test("stands between two comments, and nothing else of the text changes", () => {
    const text = "a\n<!-- bench: x -->\nold\n<!-- /bench: x -->\nb";
    const once = fill(text, "x", "new");
    expect(once).toBe("a\n<!-- bench: x -->\n\nnew\n\n<!-- /bench: x -->\nb");
    expect(fill(once, "x", "new")).toBe(once);
    expect(() => fill(text, "y", "new")).toThrow("there is no place");
  });

  test("a table has its columns in line", () => {
    expect(table(["", "long name"], [["a long one", "1"]]).split("\n")).toEqual([
      "|            | long name |",
      "| ---------- | --------- |",
      "| a long one | 1         |",
    ]);
  });

  test("a picture is XML, whatever a server is called", () => {
    const named = echo(1);
    (named.rows[0] as { name: string }).name = 'a & <b> "c"';
    const results = { ...WHERE, scenarios: [named] };
    for (const svg of [plotCosts(results, ["echo"]), plotLatency(results)]) {
      let depth = 0;
      let isFound = false;
      new HTMLRewriter()
        .on("svg", {
          element(element) {
            depth++;
            element.onEndTag(() => void depth--);
          },
        })
        .on("text", {
          text(chunk) {
            isFound ||= chunk.text.includes("a &amp; &lt;b> &quot;c&quot;");
          },
        })
        .transform(svg);
      expect([depth, isFound]).toEqual([0, svg.includes('<rect class="ours"')]);
    }
  });

  test("in README.md, docs/performance.md and the pictures is what the results say", async () => {
    const results: Results = await Bun.file(join(ROOT, PUBLISHED)).json();
    for (const [path, text] of await render(results)) {
      // Else: `bun run bench report` writes them anew.
      expect([path, await Bun.file(join(ROOT, path)).text()]).toEqual([path, text]);
    }
  });
});
