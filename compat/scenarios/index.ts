import { ruleScenarios } from "../rules/scenarios.ts";
import type { Scenario } from "../scenario.ts";
import { engineScenarios } from "./engine.ts";
import { socketScenarios } from "./sockets.ts";
import { tourScenarios } from "./tour.ts";

/** Every scenario. */
export const SCENARIOS: readonly Scenario[] = [
  ...engineScenarios,
  ...socketScenarios,
  ...tourScenarios,
  ...ruleScenarios,
];
