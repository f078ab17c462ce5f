// The redis-server of a run, for the scenarios with adapters that need one.

import { type RedisServer, startRedis } from "../test/support/redis.ts";
import { redisServerPath } from "../test/support/services.ts";
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
      redisServerPath();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      notice = `SKIPPED: ${needy.length} scenarios that need a redis-server: ${reason}`;
    }
  }
  if (needy.length > 0 && notice === null) {
    const started = await startRedis();
    redis = started;
    process.env[REDIS_PORT] = String(started.port);
    process.once("exit", () => void started.stop()); // a run that fails leaves none behind
  }
  return {
    scenarios: scenarios.filter(({ needs }) => needs !== "redis" || redis !== null),
    notice,
    stop: async () => redis?.stop(),
  };
}
