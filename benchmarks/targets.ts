// What is asked for: how much this package may cost beside others.

import { ratio, type Results } from "./results.ts";

/** The median of one server in a scenario, divided by that of another, is to be this at most. */
export interface Target {
  scenario: string;
  peer: "ours" | "ours-node-http";
  to: "raw" | "bun" | "node";
  most: number;
}

type Limits = Partial<Record<Target["to"], number>>;

const ON_BUN_SERVE: Readonly<Record<string, Limits>> = {
  echo: { raw: 1.25, bun: 0.8, node: 0.55 },
  ack: { raw: 1.25, bun: 0.8, node: 0.55 },
  "echo-1k": { raw: 1.5, bun: 0.65, node: 0.4 },
  "emit-1": { raw: 1.1, bun: 0.9, node: 0.85 },
  "emit-4": { raw: 1.25, bun: 0.4, node: 0.32 },
  "room-1": { raw: 1.3, bun: 0.25, node: 0.2 },
  "room-50": { raw: 1.3, bun: 0.25, node: 0.2 },
  except: { raw: 1.4, bun: 0.45, node: 0.36 },
  polling: { bun: 0.6, node: 0.4 },
  connect: { raw: 2, bun: 0.42, node: 0.2 },
  memory: { raw: 2, bun: 0.35, node: 0.35 },
};

const ON_NODE_HTTP: Readonly<Record<string, Limits>> = {
  echo: { bun: 1 },
  ack: { bun: 1 },
  "echo-1k": { bun: 1 },
  "emit-1": { bun: 0.6 },
  "emit-4": { bun: 0.6 },
  "emit-16": { bun: 0.6 },
  "room-1": { bun: 0.6 },
  "room-50": { bun: 0.6 },
  "small-rooms": { bun: 0.6 },
  except: { bun: 0.6 },
  binary: { bun: 1 },
  polling: { bun: 1 },
  connect: { bun: 1 },
  memory: { bun: 1 },
  latency: { bun: 1 },
};

function list(peer: Target["peer"], limits: Readonly<Record<string, Limits>>): Target[] {
  return Object.entries(limits).flatMap(([scenario, each]) =>
    Object.entries(each).map(([to, most]) => ({ scenario, peer, to: to as Target["to"], most })),
  );
}

export const TARGETS: readonly Target[] = [
  ...list("ours", ON_BUN_SERVE),
  ...list("ours-node-http", ON_NODE_HTTP),
];

/** A target, and what was measured. */
export interface Verdict extends Target {
  title: string;
  ratio: number;
  isMet: boolean;
}

/** The targets of what was measured. A ratio counts with the two digits that are shown. */
export function judge(results: Results): Verdict[] {
  return results.scenarios.flatMap((result) =>
    TARGETS.filter(({ scenario }) => scenario === result.id).flatMap((target) => {
      const measured = ratio(result, target.peer, target.to);
      if (measured === undefined) return [];
      const shown = Math.round(measured * 100) / 100;
      return { ...target, title: result.title, ratio: shown, isMet: shown <= target.most };
    }),
  );
}

/** The verdicts as lines of text. */
export function describeVerdicts(verdicts: readonly Verdict[]): string {
  const lines = verdicts.map(
    ({ peer, scenario, to, most, ratio: measured, isMet }) =>
      `  ${isMet ? "met    " : "not met"} ${peer.padEnd(14)} ${scenario.padEnd(8)} to ${to.padEnd(4)} ` +
      `${measured.toFixed(2)} (at most ${most.toFixed(2)})`,
  );
  const met = verdicts.filter(({ isMet }) => isMet).length;
  return `\nTargets, ${met} of ${verdicts.length} met\n${lines.join("\n")}`;
}
