// What all rounds have shown, and how it is told.

import { cpus } from "node:os";
import type { Measurement } from "./measure.ts";
import type { Peer } from "./peers.ts";
import type { Scenario } from "./scenarios.ts";
import { median } from "./statistics.ts";

/** One server in one scenario. */
export interface Row {
  peer: string;
  name: string;
  median: number;
  lowest: number;
  highest: number;
  /** This package's median, divided by this one. */
  ratio: number;
  /** The load's own CPU, in the same unit. */
  load: number;
  latency?: NonNullable<Measurement["latency"]>;
}

export interface ScenarioResult {
  id: string;
  title: string;
  unit: string;
  rows: Row[];
}

export interface Results {
  machine: string;
  versions: Record<string, string>;
  rounds: number;
  date: string;
  scenarios: ScenarioResult[];
}

/** Puts the measurements of a scenario together, the first peer's as what the others are compared with. */
export function summarize(
  scenario: Scenario,
  measured: ReadonlyMap<Peer, readonly Measurement[]>,
): ScenarioResult {
  const rows: Row[] = [];
  let own = Number.NaN;
  for (const [peer, measurements] of measured) {
    const values = measurements.map(({ value }) => value);
    const middle = median(values);
    if (rows.length === 0) own = middle;
    const latencies = measurements.flatMap(({ latency }) => latency ?? []);
    rows.push({
      peer: peer.id,
      name: peer.name,
      median: middle,
      lowest: Math.min(...values),
      highest: Math.max(...values),
      ratio: own / middle,
      load: median(measurements.map(({ load }) => load)),
      ...(latencies.length === 0 ? {} : { latency: medianOf(latencies) }),
    });
  }
  return { id: scenario.id, title: scenario.title, unit: scenario.unit, rows };
}

function medianOf(latencies: readonly NonNullable<Measurement["latency"]>[]) {
  const of = (key: keyof NonNullable<Measurement["latency"]>) =>
    median(latencies.map((latency) => latency[key]));
  return {
    p50: of("p50"),
    p99: of("p99"),
    p999: of("p999"),
    loopP99: of("loopP99"),
    loopMax: of("loopMax"),
  };
}

/** The figures of a scenario as lines of text. */
export function describe({ title, unit, rows }: ScenarioResult): string {
  const width = Math.max(...rows.map(({ name }) => name.length));
  const lines = rows.map((row) => {
    const spread = `${row.lowest.toFixed(2)} to ${row.highest.toFixed(2)}`;
    const cells = [
      row.name.padEnd(width),
      row.median.toFixed(2).padStart(8),
      `(${spread})`.padEnd(18),
      `ratio ${row.ratio.toFixed(2)}`,
      `  load ${row.load.toFixed(2)}`,
    ];
    const { latency } = row;
    if (latency !== undefined) {
      cells.push(
        `  p50 ${latency.p50.toFixed(2)} p99 ${latency.p99.toFixed(2)} p99.9 ${latency.p999.toFixed(2)} ms`,
        `  loop p99 ${latency.loopP99.toFixed(2)} max ${latency.loopMax.toFixed(2)} ms`,
      );
    }
    return `  ${cells.join(" ")}`;
  });
  return `\n${title}: ${unit}\n${lines.join("\n")}`;
}

/** The machine, in words. */
export function machine(): string {
  return `${cpus().length} x ${cpus()[0]?.model.trim()}`;
}
