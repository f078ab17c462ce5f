// What the program cannot see for itself: why something is not, or not quite, as in the reference.

/** Why a row of the table is not plainly the same. */
export type Decision =
  /** There, with a difference that docs/differences.md tells. */
  | { state: "differs"; note: string }
  /** Not there yet, and somebody's work to come. */
  | { state: "planned"; note: string }
  /** Not there, for good. */
  | { state: "left out"; note: string };

const OF_SESSION: Decision = { state: "left out", note: "the Engine.IO socket has it" };
const OF_TRANSPORT: Decision = { state: "left out", note: "for transports of the reference's own" };
const NO_EMITTER: Decision = {
  state: "left out",
  note: "a transport has no events here: the Engine.IO socket has them",
};

const differs = (note: string): Decision => ({ state: "differs", note });
const FLUSH = differs("behind the packets that were handed over, with those that were");
const THROWING = differs("one that throws refuses, and `next()` counts once");
const ALONE = differs("without another node, an acknowledgement comes at once");
const OF_PARENTS = differs("works, for all children");

/** By "<area>: <name>". An entry for a whole area has the area alone. */
export const DECISIONS: Readonly<Record<string, Decision>> = {
  "Server: attachApp": differs("throws `ERR_UNSUPPORTED`: uWebSockets.js is a server for Node.js"),
  "Server: httpServer": differs("after `listen(port)`, what listens there"),
  "Server: use": THROWING,
  "Server: serverSideEmit": ALONE,
  "Namespace: use": THROWING,
  "Namespace: serverSideEmit": ALONE,
  "ParentNamespace: use": THROWING,
  "ParentNamespace: fetchSockets": OF_PARENTS,
  "ParentNamespace: allSockets": OF_PARENTS,
  "ParentNamespace: socketsJoin": OF_PARENTS,
  "ParentNamespace: socketsLeave": OF_PARENTS,
  "ParentNamespace: disconnectSockets": OF_PARENTS,
  "Socket: volatile": differs("behind another packet of the same turn it is sent"),
  "Socket: disconnect": differs("does nothing in a `disconnecting` listener"),
  "Socket: onAnyOutgoing": differs("a listener that throws is reported, and the packet goes on"),
  "Socket: prependAnyOutgoing": differs("as `onAnyOutgoing`"),
  "Options: allowRequest": differs("may answer, or promise, a boolean as well"),
  "Options: cors": differs("takes an origin, a list of them, or `true` as well"),
  "Options: cleanupEmptyChildNamespaces": differs("one that a client is about to join stays"),
  "Options: connectionStateRecovery": differs("recovers in more cases"),
  "Options: wsEngine": differs("on servers of node:http alone: Bun has WebSockets of its own"),
  "Engine.IO server: use": THROWING,
  "Engine.IO server: generateId": differs("is an option too, and an id in use is refused"),
  "Events of Engine.IO sockets: flush": FLUSH,
  "Events of the Engine.IO server: flush": FLUSH,
  "Polling transport: sid": OF_SESSION,
  "Polling transport: protocol": OF_SESSION,
  "Polling transport: doClose": OF_TRANSPORT,
  "Polling transport: upgradesTo": OF_TRANSPORT,
  "Polling transport: (those of EventEmitter)": NO_EMITTER,
  "WebSocket transport: sid": OF_SESSION,
  "WebSocket transport: protocol": OF_SESSION,
  "WebSocket transport: doClose": OF_TRANSPORT,
  "WebSocket transport: upgradesTo": OF_TRANSPORT,
  "WebSocket transport: (those of EventEmitter)": NO_EMITTER,
};

/**
 * Members marked private in the reference, or of classes it does not export, that published adapters
 * and @socket.io/admin-ui reach for.
 */
export const REACHED_FOR: Readonly<Record<string, readonly string[]>> = {
  Server: ["_nsps", "_parser", "encoder", "_opts"],
  Namespace: ["server", "_ids", "_fns", "_onServerSideEmit"],
  ParentNamespace: ["server", "_ids", "_fns", "_onServerSideEmit"],
  Socket: ["acks", "notifyOutgoingListeners"],
  Client: ["writeToEngine"],
  "Engine.IO server": ["clients"],
};

/** The decisions that are about nothing, or about what is as it should be. */
export function staleDecisions(
  rows: readonly { area: string; name: string; state: string }[],
): string[] {
  return Object.entries(DECISIONS).flatMap(([key, decision]) => {
    const used = rows.some(
      (row) =>
        (key === row.area || key === `${row.area}: ${row.name}`) && row.state === decision.state,
    );
    return used ? [] : [key];
  });
}
