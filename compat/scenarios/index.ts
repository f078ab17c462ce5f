import type { Scenario } from "../scenario.ts";
import { engineScenarios } from "./engine.ts";
import { socketScenarios } from "./sockets.ts";

/** Every scenario. */
export const SCENARIOS: readonly Scenario[] = [...engineScenarios, ...socketScenarios];
