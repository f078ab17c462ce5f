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
    outcome: "status 429 with `Retry-After`, `Too many connections from this address` (code 6)",
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
    name: "checkOrigin refuses a WebSocket of a page of another origin with 403",
    option: "`checkOrigin`",
    default: "`false`",
    outcome: "status 403, `Origin not allowed` (code 4)",
  },
];
