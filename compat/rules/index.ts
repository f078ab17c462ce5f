// All rules, and how they are run against a server. Starting servers is not done here.

import { CLOSING_RULES } from "./engine-closing.ts";
import { CORS_RULES } from "./engine-cors.ts";
import { FRAMING_RULES } from "./engine-framing.ts";
import { HANDSHAKE_RULES } from "./engine-handshake.ts";
import { HEARTBEAT_RULES } from "./engine-heartbeat.ts";
import { PACKET_RULES } from "./engine-packets.ts";
import { POLLING_RULES } from "./engine-polling.ts";
import { UPGRADE_RULES } from "./engine-upgrade.ts";
import { OLD_ENGINE_RULES } from "./engine-v3.ts";
import { OLD_PAYLOAD_RULES } from "./engine-v3-payloads.ts";
import { WEBSOCKET_RULES } from "./engine-websocket.ts";
import type { Rule, RuleCase } from "./rule.ts";
import { SAMPLE_RULES } from "./samples.ts";
import { BINARY_RULES } from "./socket-binary.ts";
import { CONNECT_RULES } from "./socket-connect.ts";
import { DISCONNECT_RULES } from "./socket-disconnect.ts";
import { EVENT_RULES } from "./socket-events.ts";
import { FAULT_RULES } from "./socket-faults.ts";
import { OLD_SOCKET_RULES } from "./socket-v4.ts";
import { Target } from "./target.ts";
import { POLLING } from "./ways.ts";

/** How long a rule may take over one way, in milliseconds. */
export const DEADLINE_MS = 5000;

/** Every rule. */
export const RULES: readonly Rule[] = [
  ...HANDSHAKE_RULES,
  ...WEBSOCKET_RULES,
  ...POLLING_RULES,
  ...PACKET_RULES,
  ...HEARTBEAT_RULES,
  ...UPGRADE_RULES,
  ...CLOSING_RULES,
  ...CORS_RULES,
  ...FRAMING_RULES,
  ...OLD_ENGINE_RULES,
  ...OLD_PAYLOAD_RULES,
  ...CONNECT_RULES,
  ...EVENT_RULES,
  ...BINARY_RULES,
  ...DISCONNECT_RULES,
  ...FAULT_RULES,
  ...OLD_SOCKET_RULES,
  ...SAMPLE_RULES,
];

/** Every rule over every way that it runs over. */
export function casesOf(rules: readonly Rule[]): RuleCase[] {
  return rules.flatMap((rule) => {
    const ways = rule.ways ?? POLLING.slice(0, 1);
    return ways.map((way) => ({
      name: ways.length === 1 ? rule.name : `${rule.name} (${way.name})`,
      rule,
      way,
    }));
  });
}

/** A rule that did not come to its end. */
export class TimeoutError extends Error {
  constructor() {
    super(`it did not end within ${DEADLINE_MS} ms`);
  }
}

/** Runs a rule over one way; rejects where it does not hold. */
export async function runCase({ rule, way }: RuleCase, port: number): Promise<void> {
  const target = new Target(port, way);
  const late = Promise.withResolvers<never>();
  const deadline = setTimeout(() => late.reject(new TimeoutError()), DEADLINE_MS);
  const run = rule.run(target);
  try {
    await Promise.race([run, late.promise]);
  } finally {
    clearTimeout(deadline);
    target.close();
    await run.catch(() => {}); // told already, or the consequence of closing
  }
}

/** What became of a rule over one way. */
export interface Outcome {
  case: RuleCase;
  /** Null where the rule holds. */
  error: Error | null;
}

/** Starts a server with these options and the program of program.ts, and returns its port. */
export interface RuleServers {
  start(options: Readonly<Record<string, unknown>>): Promise<number>;
  stop(): Promise<void>;
}

/** Runs rules, those with the same options against one server. */
export async function runRules(
  servers: RuleServers,
  rules: readonly Rule[] = RULES,
  onOutcome: (outcome: Outcome) => void = () => {},
): Promise<Outcome[]> {
  const groups = Map.groupBy(rules, ({ options = {} }) => JSON.stringify(options));
  const outcomes: Outcome[] = [];
  for (const group of groups.values()) {
    const port = await servers.start(group[0]?.options ?? {});
    try {
      for (const each of casesOf(group)) {
        const error = await runCase(each, port).then(
          () => null,
          (thrown: unknown) => (thrown instanceof Error ? thrown : new Error(String(thrown))),
        );
        outcomes.push({ case: each, error });
        onOutcome({ case: each, error });
      }
    } finally {
      await servers.stop();
    }
  }
  return outcomes;
}
