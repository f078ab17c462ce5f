import { ruleScenarios } from "../rules/scenarios.ts";
import type { Scenario } from "../scenario.ts";
import { engineScenarios } from "./engine.ts";
import { engineFileScenarios } from "./engine-files.ts";
import { engineHandshakeScenarios } from "./engine-handshake.ts";
import { engineHttpScenarios } from "./engine-http.ts";
import { engineLimitScenarios } from "./engine-limits.ts";
import { enginePollingScenarios } from "./engine-polling.ts";
import { engineSessionScenarios } from "./engine-sessions.ts";
import { engineUpgradeScenarios } from "./engine-upgrade.ts";
import { socketScenarios } from "./sockets.ts";
import { tourScenarios } from "./tour.ts";

/** Every scenario. */
export const SCENARIOS: readonly Scenario[] = [
  ...engineScenarios,
  ...engineFileScenarios,
  ...engineHandshakeScenarios,
  ...engineHttpScenarios,
  ...engineLimitScenarios,
  ...enginePollingScenarios,
  ...engineSessionScenarios,
  ...engineUpgradeScenarios,
  ...socketScenarios,
  ...tourScenarios,
  ...ruleScenarios,
];
