// Each rule as a scenario, so that `bun run compat` runs it on every implementation.

import type { Anything, Scenario } from "../scenario.ts";
import { casesOf, DEADLINE_MS, RULES, runCase, TimeoutError } from "./index.ts";
import { setUp } from "./program.ts";
import type { Rule } from "./rule.ts";

const END = "end all sessions";

export const ruleScenarios: readonly Scenario[] = RULES.map(toScenario);

function toScenario(rule: Rule): Scenario {
  return {
    name: `rule: ${rule.name}`,
    options: { ...rule.options },
    // The rules are all that is compared.
    taps: false,
    timeoutMs: 4 * DEADLINE_MS,
    ...(rule.not === undefined ? {} : { not: rule.not }),
    server(io, { command }) {
      setUp(io);
      command(END, () => endSessions(io));
    },
    async client(t) {
      t.log(rule.source);
      let isTooSlow = false;
      for (const each of casesOf([rule])) {
        const error: Error | null = isTooSlow
          ? new Error("not tried, as the one before did not end in time")
          : await runCase(each, t.directPort).then(
              () => null,
              (thrown: unknown) => (thrown instanceof Error ? thrown : new Error(String(thrown))),
            );
        isTooSlow ||= error instanceof TimeoutError;
        t.check(each.name, error === null, error?.message.replace(/\s+/g, " "));
      }
      await t.command(END);
    },
  };
}

/** Sessions over polling do not end by themselves when a rule does; not every engine lists them. */
function endSessions(io: Anything): void {
  for (const namespace of io._nsps.values()) {
    namespace.disconnectSockets(true);
  }
  for (const session of Object.values<Anything>(io.engine.clients ?? {})) {
    session.close(true);
  }
}
