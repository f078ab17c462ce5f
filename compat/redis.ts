// The redis-server of a run, for the scenarios with adapters that need one.

import { type RedisServer, startRedis } from "../test/support/redis.ts";
import { REDIS_PORT } from "./redis-port.ts";
import type { Scenario } from "./scenario.ts";

/** The scenarios that can run here, and what they need. */
export interface Prepared {
  scenarios: Scenario[];
  /** Why some are left out, or null. */
  notice: string | null;
  stop(): Promise<void>;
}

/**
 * Starts a redis-server if one of the scenarios needs it; the servers' processes, started later, find
 * its port in their environment. Without redis-server these scenarios are left out.
 */
export async function prepareRedis(scenarios: readonly Scenario[]): Promise<Prepared> {
  const needy = scenarios.filter(({ needs }) => needs === "redis");
  let redis: RedisServer | null = null;
  let notice: string | null = null;
  if (needy.length > 0) {
    try {
      redis = await startRedis();
      process.env[REDIS_PORT] = String(redis.port);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      notice = `SKIPPED: ${needy.length} scenarios that need a redis-server: ${reason}`;
    }
  }
  return {
    scenarios: scenarios.filter(({ needs }) => needs !== "redis" || redis !== null),
    notice,
    stop: async () => redis?.stop(),
  };
}
