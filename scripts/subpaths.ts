/** Modules below dist/ of the reference, of which programs import types; and the sources of these. */
export const SUBPATHS: Readonly<Record<string, readonly string[]>> = {
  "broadcast-operator": ["lib/broadcast-operator.ts"],
  client: ["lib/client.ts"],
  namespace: [
    "lib/namespace.ts",
    "lib/namespace-types.ts",
    "lib/server-namespaces.ts",
    "lib/socket-types.ts",
  ],
  "parent-namespace": ["lib/parent-namespace.ts"],
  socket: ["lib/socket.ts", "lib/socket-types.ts"],
  "socket-types": ["lib/socket-types.ts"],
  "typed-events": ["lib/events.ts"],
};
