// The lists of ways that rules run over.

import { FRAMINGS } from "./framings.ts";
import { MANNERS } from "./manners.ts";
import type { Way } from "./rule.ts";

/** Polling, in each manner of HTTP; the first is the default of rules. */
export const POLLING: readonly Way[] = Object.entries(MANNERS).map(([name, manner]) => ({
  transport: "polling",
  name: `polling, ${name}`,
  manner,
}));

/** Those of polling in which a poll can be seen to wait: written when it says so, and first. */
export const WRITTEN_POLLING: readonly Way[] = POLLING.filter(
  ({ name }) => !name.includes("fetch") && !name.includes("pipelined"),
);

/** WebSocket, in each kind of frames. */
export const WEBSOCKET: readonly Way[] = Object.entries(FRAMINGS).map(([name, framing]) => ({
  transport: "websocket",
  name: `WebSocket, ${name}`,
  framing,
}));

/** Whatever there is. */
export const EVERY_WAY: readonly Way[] = [...POLLING, ...WEBSOCKET];

/** Each transport once. */
export const EACH_TRANSPORT: readonly Way[] = [...POLLING.slice(0, 1), ...WEBSOCKET.slice(0, 1)];
