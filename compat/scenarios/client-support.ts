// What the scenarios of the clients have in common.

import type { PeerOptions } from "../peer.ts";
import type { Anything, CompatServer, Scenario } from "../scenario.ts";

export type Version = NonNullable<PeerOptions["version"]>;
export type Transports = NonNullable<PeerOptions["transports"]>;

export const VERSIONS: Version[] = [4, 3, 2, 1];
export const OLD_VERSIONS: Version[] = [2, 1];
export const POLLING: Transports = ["polling"];
export const WEBSOCKET: Transports = ["websocket"];
export const UNMOVING: Transports[] = [POLLING, WEBSOCKET];
export const ALL: Transports[] = [...UNMOVING, ["polling", "websocket"]];

/** The same scenario for several versions of the client, over several transports each. */
export function forEach(
  versions: readonly Version[],
  transports: readonly Transports[],
  make: (version: Version, transports: Transports) => Scenario,
): Scenario[] {
  return versions.flatMap((version) =>
    transports.map((each) => {
      const scenario = make(version, each);
      const name = `${scenario.name} (client ${version}, ${each.join(" to ")})`;
      return { ...scenario, options: { allowEIO3: true, ...scenario.options }, name };
    }),
  );
}

/** Answers `echo` with what it got. */
export function echo(io: CompatServer): void {
  io.on("connection", (socket) => {
    socket.on("echo", (...args: Anything[]) => args.pop()(...args));
  });
}

/** `join` puts a socket into rooms, and answers. */
export function join(io: CompatServer): void {
  io.on("connection", (socket) => {
    socket.on("join", (rooms: string | string[], reply: () => void) => {
      socket.join(rooms);
      reply();
    });
  });
}
