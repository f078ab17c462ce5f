// What drains come to.

import { expect } from "bun:test";
import type { DrainReport, Server } from "bun-socket.io";

export const SOON = { timeoutMs: 10_000, spreadMs: 0 };
export const NOTHING_CUT = { cutSessions: 0, cutAcks: 0, cutPackets: 0 };

/** A report without the time that it took. */
export function whatOf({ durationMs, ...rest }: DrainReport): Omit<DrainReport, "durationMs"> {
  expect(durationMs).toBeGreaterThanOrEqual(0);
  return rest;
}

/** Why the sockets of a server have ended, from now on. */
export function reasonsOf(io: Server): string[] {
  const reasons: string[] = [];
  io.on("connection", (socket) => socket.on("disconnect", (reason) => reasons.push(reason)));
  return reasons;
}
