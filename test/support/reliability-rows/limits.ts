// What docs/reliability.md says of limits. Each row bears the name of the test that holds it.

/** A limit, and what becomes of a client that goes beyond it. */
export interface LimitRow {
  /** The name of the test, as it stands in the file. */
  name: string;
  /** The option. */
  option: string;
  default: string;
  /** What the client gets, and what becomes of its session. */
  outcome: string;
}

export const LIMITS: readonly LimitRow[] = [
  {
    name: "a handshake beyond limits.connections is refused with 503",
    option: "`limits.connections`",
    default: "none",
    outcome: "status 503 with `Retry-After`, `Too many connections` (code 6)",
  },
  {
    name: "a handshake beyond limits.connectionsPerAddress is refused with 429",
    option: "`limits.connectionsPerAddress`",
    default: "none",
    outcome:
      "status 429 with `Retry-After`, `Too many connections from this address` (code 6); an IPv6 address counts as its `/64`",
  },
  {
    name: "a handshake beyond limits.handshakesPerSecond is refused with 503",
    option: "`limits.handshakesPerSecond`",
    default: "none",
    outcome: "status 503 with `Retry-After`, `Too many handshakes` (code 6)",
  },
  {
    name: "a handshake that is not decided on within limits.handshakeMs is refused with 503",
    option: "`limits.handshakeMs`",
    default: "45000",
    outcome: "status 503 with `Retry-After`, `Handshake timed out` (code 6)",
  },
  {
    name: "half of a head is waited for as long as the server's headersTimeout says, with 408",
    option: "`headersTimeout` of the server of `node:http`; `Bun.serve` has its own 10 seconds",
    default: "60000",
    outcome: "status 408, and the connection is closed; `io.close()` does not wait for it",
  },
  {
    name: "a client that joins no namespace within connectTimeout is told of",
    option: "`connectTimeout`",
    default: "45000",
    outcome: "its connection is closed",
  },
  {
    name: "more than limits.packetsPerPayload in one polling request end the session",
    option: "`limits.packetsPerPayload`",
    default: "none",
    outcome:
      "status 413, and the session ends with `limit exceeded`; none of the packets is handled",
  },
  {
    name: "more than limits.attachments in a packet end the connection",
    option: "`limits.attachments`",
    default: "10",
    outcome: "`error` (`ERR_INVALID_PACKET`) on its sockets, and its session ends (`forced close`)",
  },
  {
    name: "a namespace beyond limits.namespacesPerConnection is refused with connect_error",
    option: "`limits.namespacesPerConnection`",
    default: "none",
    outcome: "`connect_error` with `data.code` `ERR_LIMIT_EXCEEDED`; the other namespaces stay",
  },
  {
    name: "more than limits.connectsPerSecond end the connection, whatever becomes of them",
    option: "`limits.connectsPerSecond`",
    default: "none",
    outcome: "its connection is closed (`limit exceeded`), over WebSocket with the code 1008",
  },
  {
    name: "more than limits.eventsPerSecond of a client end its connection",
    option: "`limits.eventsPerSecond`",
    default: "none",
    outcome: "its connection is closed (`limit exceeded`), over WebSocket with the code 1008",
  },
  {
    name: "a client that owes more than limits.pendingAcks loses its connection",
    option: "`limits.pendingAcks`",
    default: "none",
    outcome: "its connection is closed (`limit exceeded`), over WebSocket with the code 1008",
  },
  {
    name: "a client that is slow to take limits.queuedBytes is cut off, and misses nothing in the midst",
    option: "`limits.queuedBytes`",
    default: "none",
    outcome:
      "its connection is closed (`slow consumer`), over WebSocket with the code 1013; with connection state recovery it gets what it missed when it is back",
  },
  {
    name: "checkOrigin refuses a WebSocket of a page of another origin with 403",
    option: "`checkOrigin`",
    default: "`false`",
    outcome: "status 403, `Origin not allowed` (code 4)",
  },
];
