import type { Scenario } from "../scenario.ts";
import { clientAdapterScenarios } from "./client-adapters.ts";
import { clientEndScenarios } from "./client-ends.ts";
import { clientFeatureScenarios } from "./client-features.ts";
import { clientParserScenarios } from "./client-parsers.ts";
import { clientRecoveryScenarios } from "./client-recovery.ts";
import { clientRedisScenarios } from "./client-redis.ts";
import { clientVersionScenarios } from "./client-versions.ts";
import { engineScenarios } from "./engine.ts";
import { socketScenarios } from "./sockets.ts";
import { tourScenarios } from "./tour.ts";

/** Every scenario. */
export const SCENARIOS: readonly Scenario[] = [
  ...clientAdapterScenarios,
  ...clientEndScenarios,
  ...clientFeatureScenarios,
  ...clientParserScenarios,
  ...clientRecoveryScenarios,
  ...clientRedisScenarios,
  ...clientVersionScenarios,
  ...engineScenarios,
  ...socketScenarios,
  ...tourScenarios,
];
