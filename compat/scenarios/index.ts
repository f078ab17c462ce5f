import { ruleScenarios } from "../rules/scenarios.ts";
import type { Scenario } from "../scenario.ts";
import { adapterAckScenarios } from "./adapters-acks.ts";
import { adapterBroadcastScenarios } from "./adapters-broadcast.ts";
import { adapterEmitterScenarios } from "./adapters-emitter.ts";
import { adapterMoveScenarios } from "./adapters-moves.ts";
import { adapterNamespaceScenarios } from "./adapters-namespaces.ts";
import { adapterReachScenarios } from "./adapters-reach.ts";
import { adapterRecoveryScenarios } from "./adapters-recovery.ts";
import { adapterServerScenarios } from "./adapters-servers.ts";
import { adapterSocketScenarios } from "./adapters-sockets.ts";
import { clientAdapterScenarios } from "./client-adapters.ts";
import { clientEndScenarios } from "./client-ends.ts";
import { clientFeatureScenarios } from "./client-features.ts";
import { clientParserScenarios } from "./client-parsers.ts";
import { clientRecoveryScenarios } from "./client-recovery.ts";
import { clientRedisScenarios } from "./client-redis.ts";
import { clientVersionScenarios } from "./client-versions.ts";
import { engineScenarios } from "./engine.ts";
import { engineFileScenarios } from "./engine-files.ts";
import { engineHandshakeScenarios } from "./engine-handshake.ts";
import { engineHttpScenarios } from "./engine-http.ts";
import { engineLimitScenarios } from "./engine-limits.ts";
import { enginePollingScenarios } from "./engine-polling.ts";
import { engineSessionScenarios } from "./engine-sessions.ts";
import { engineUpgradeScenarios } from "./engine-upgrade.ts";
import { acknowledgementScenarios } from "./protocol-acks.ts";
import { dynamicNamespaceScenarios } from "./protocol-dynamic.ts";
import { middlewareScenarios } from "./protocol-middlewares.ts";
import { namespaceScenarios } from "./protocol-namespaces.ts";
import { binaryScenarios } from "./protocol-binary.ts";
import { eventScenarios } from "./protocol-events.ts";
import { lifeScenarios } from "./protocol-life.ts";
import { packetScenarios } from "./protocol-packets.ts";
import { roomScenarios } from "./protocol-rooms.ts";
import { serverScenarios } from "./protocol-server.ts";
import { serverWideScenarios } from "./protocol-server-wide.ts";
import { socketMiddlewareScenarios } from "./protocol-socket-middlewares.ts";
import { socketScenarios } from "./sockets.ts";
import { tourScenarios } from "./tour.ts";

/** Every scenario. */
export const SCENARIOS: readonly Scenario[] = [
  ...adapterAckScenarios,
  ...adapterBroadcastScenarios,
  ...adapterEmitterScenarios,
  ...adapterMoveScenarios,
  ...adapterNamespaceScenarios,
  ...adapterReachScenarios,
  ...adapterRecoveryScenarios,
  ...adapterServerScenarios,
  ...adapterSocketScenarios,
  ...clientAdapterScenarios,
  ...clientEndScenarios,
  ...clientFeatureScenarios,
  ...clientParserScenarios,
  ...clientRecoveryScenarios,
  ...clientRedisScenarios,
  ...clientVersionScenarios,
  ...engineScenarios,
  ...engineFileScenarios,
  ...engineHandshakeScenarios,
  ...engineHttpScenarios,
  ...engineLimitScenarios,
  ...enginePollingScenarios,
  ...engineSessionScenarios,
  ...engineUpgradeScenarios,
  ...acknowledgementScenarios,
  ...dynamicNamespaceScenarios,
  ...middlewareScenarios,
  ...namespaceScenarios,
  ...binaryScenarios,
  ...eventScenarios,
  ...lifeScenarios,
  ...packetScenarios,
  ...roomScenarios,
  ...serverScenarios,
  ...serverWideScenarios,
  ...socketMiddlewareScenarios,
  ...socketScenarios,
  ...tourScenarios,
  ...ruleScenarios,
];
