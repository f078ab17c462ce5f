// What the rounds have shown, and how it is told. The file results.json holds each round.

import { cpus } from "node:os";
import type { Latency, Measurement } from "./measure.ts";
import type { Peer } from "./peers.ts";
import type { Scenario } from "./scenarios.ts";
import { median } from "./statistics.ts";

/** One server in one scenario: a value for each round, in the order they were measured. */
export interface Row {
  peer: string;
  name: string;
  /** In the unit of the scenario. */
  values: number[];
  /** The load's own CPU, in the same unit. */
  loads: number[];
  /** What part of its time the load's process was busy. */
  busy: number[];
  latencies?: Latency[];
}

export interface ScenarioResult {
  id: string;
  title: string;
  unit: string;
  /** The commit that was measured, with a + where the tree had changes. */
  revision: string;
  date: string;
  rows: Row[];
}

/** Where something was measured. */
export interface Environment {
  machine: string;
  versions: Record<string, string>;
}

export interface Results extends Environment {
  scenarios: ScenarioResult[];
}

/** Puts the measurements of a scenario together. */
export function collect(
  { id, title, unit }: Scenario,
  measured: ReadonlyMap<Peer, readonly Measurement[]>,
  revision: string,
): ScenarioResult {
  const rows = [...measured].map(([peer, measurements]): Row => {
    const latencies = measurements.flatMap(({ latency }) => latency ?? []);
    return {
      peer: peer.id,
      name: peer.name,
      values: measurements.map(({ value }) => round(value)),
      loads: measurements.map(({ load }) => round(load)),
      busy: measurements.map(({ busy }) => round(busy)),
      ...(latencies.length === 0 ? {} : { latencies }),
    };
  });
  return { id, title, unit, revision, date: new Date().toISOString(), rows };
}

/** Three digits behind the point are more than can be measured. */
export function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}

/**
 * Puts a scenario's result among those there are, in the order of the scenarios.
 *
 * @param known results of before; those of another machine or other versions are dropped
 * @param adds whether rounds of the same scenario are added to, and not replaced
 */
export function merge(
  known: Results | null,
  environment: Environment,
  result: ScenarioResult,
  { adds, order }: { adds: boolean; order: readonly string[] },
): Results {
  const kept = known !== null && isSame(known, environment) ? known.scenarios : [];
  const before = kept.find(({ id }) => id === result.id);
  const merged = adds && before !== undefined ? join(before, result) : result;
  const scenarios = [...kept.filter(({ id }) => id !== result.id), merged];
  scenarios.sort((a, b) => order.indexOf(a.id) - order.indexOf(b.id));
  return { ...environment, scenarios };
}

function isSame(a: Environment, b: Environment): boolean {
  return a.machine === b.machine && Bun.deepEquals(a.versions, b.versions);
}

function join(before: ScenarioResult, after: ScenarioResult): ScenarioResult {
  const rows = after.rows.map((row): Row => {
    const old = before.rows.find(({ peer }) => peer === row.peer);
    if (old === undefined) return row;
    const latencies = [...(old.latencies ?? []), ...(row.latencies ?? [])];
    return {
      ...row,
      values: [...old.values, ...row.values],
      loads: [...old.loads, ...row.loads],
      busy: [...old.busy, ...row.busy],
      ...(latencies.length === 0 ? {} : { latencies }),
    };
  });
  const others = before.rows.filter(({ peer }) => rows.every((row) => row.peer !== peer));
  return { ...after, rows: [...rows, ...others] };
}

/** The row of a server; undefined where it was not measured. */
export function rowOf(result: ScenarioResult, peer: string): Row | undefined {
  return result.rows.find((row) => row.peer === peer);
}

/** One server's median divided by another's; undefined where one of them was not measured. */
export function ratio(result: ScenarioResult, peer: string, to: string): number | undefined {
  const own = rowOf(result, peer);
  const other = rowOf(result, to);
  return own && other && median(own.values) / median(other.values);
}

/** The medians of a row's latencies; null where none were measured. */
export function latencyOf({ latencies }: Row): Latency | null {
  const [first] = latencies ?? [];
  if (latencies === undefined || first === undefined) return null;
  const of = (key: keyof Latency) => median(latencies.map((latency) => latency[key]));
  return {
    p50: of("p50"),
    p99: of("p99"),
    p999: of("p999"),
    loopP99: of("loopP99"),
    loopMax: of("loopMax"),
  };
}

/** The figures of a scenario as lines of text. The ratios are those of the first server's median. */
export function describe({ title, unit, rows }: ScenarioResult): string {
  const width = Math.max(...rows.map(({ name }) => name.length));
  const own = median(rows[0]?.values ?? []);
  const lines = rows.map((row) => {
    const middle = median(row.values);
    const spread = `${Math.min(...row.values).toFixed(2)} to ${Math.max(...row.values).toFixed(2)}`;
    const busy = `${Math.round(median(row.busy) * 100)} %`;
    const cells = [
      row.name.padEnd(width),
      middle.toFixed(2).padStart(8),
      `(${spread})`.padEnd(18),
      `ratio ${(own / middle).toFixed(2)}`,
      `  load ${median(row.loads).toFixed(2)}, ${busy} busy`,
    ];
    const latency = latencyOf(row);
    if (latency !== null) {
      cells.push(
        `  p50 ${latency.p50.toFixed(2)} p99 ${latency.p99.toFixed(2)} p99.9 ${latency.p999.toFixed(2)} ms`,
        `  loop p99 ${latency.loopP99.toFixed(2)} max ${latency.loopMax.toFixed(2)} ms`,
      );
    }
    return `  ${cells.join(" ")}`;
  });
  return `\n${title}: ${unit}\n${lines.join("\n")}`;
}

/** The results as a file: each list of figures on one line. */
export function stringify(results: Results): string {
  const text = JSON.stringify(results, null, 2);
  return `${text.replace(/\[[\d\s.,e-]*\]/g, (list) => list.replace(/\s+/g, " "))}\n`;
}

/** The machine, in words. */
export function machine(): string {
  return `${cpus().length} x ${cpus()[0]?.model.trim()}`;
}
