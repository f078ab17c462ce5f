// What docs/reliability.md says of faults. Each row bears the name of the test that holds it.

/** Something that goes wrong by itself, and what becomes of it. */
export interface FaultRow {
  /** The name of the test, as it stands in the file. */
  name: string;
  /** What goes wrong. */
  fault: string;
  /** What happens then. */
  outcome: string;
}

export const FAULTS: readonly FaultRow[] = [
  {
    name: "a reset while %s ends that session alone, at once",
    fault:
      "a TCP reset: of a parked poll, a POST, a resting WebSocket, in the midst of a frame or upgrade",
    outcome: "the session ends with `transport error` or `transport close`, the others go on",
  },
  {
    name: "a reset right behind the request for a session leaves no WebSocket, and disturbs nobody",
    fault: "a TCP reset before the answer to a handshake",
    outcome: "a WebSocket is gone at once, a polling session by its heartbeat; the others go on",
  },
  {
    name: "a candidate that is reset in the midst of an upgrade leaves the session on polling",
    fault: "a TCP reset of the WebSocket that a session is about to move to",
    outcome: "the session stays on polling, and loses nothing",
  },
  {
    name: "a candidate that the client closes %s the probe leaves the session on polling",
    fault: "a client that gives up its upgrade",
    outcome: "the session stays on polling, and may try again",
  },
  {
    name: "upgradeTimeout closes a candidate that stalls %s the probe, and nothing else",
    fault: "a client that vanishes in the midst of an upgrade",
    outcome:
      "the WebSocket is closed after `upgradeTimeout`; the heartbeat ends the session if nobody polls",
  },
  {
    name: "a half-open client over $name is found by the heartbeat, and leaves its rooms",
    fault: "a half-open peer: connected, and no answer comes any more",
    outcome:
      "`ping timeout` after `pingInterval` + `pingTimeout` at the latest; it leaves its rooms",
  },
  {
    name: "frames cut in two at every byte bring the same events",
    fault: "WebSocket frames split at any byte, binary ones too",
    outcome: "they are put together",
  },
  {
    name: "requests cut in two at every byte bring the same events",
    fault: "HTTP requests and their bodies split at any byte",
    outcome: "they are put together",
  },
  {
    name: "requests for a WebSocket cut in two at every byte open it",
    fault: "the request for a WebSocket split at any byte",
    outcome: "it is put together",
  },
  {
    name: "a client that stops reading delays nobody, and is ended by the heartbeat",
    fault: "a client that stops reading its WebSocket",
    outcome: "others get their events as ever; `ping timeout`, and what waited for it is freed",
  },
  {
    name: "a client that polls no more delays nobody, and is ended by the heartbeat",
    fault: "a client that does not read the answer to its poll, or polls no more",
    outcome: "others get their events as ever; `ping timeout`, and what waited for it is freed",
  },
  {
    name: "5,000 clients that are cut and reconnect at once are all served again ($name)",
    fault: "5,000 clients that are cut at the same moment, and reconnect at once",
    outcome:
      "all are served again, and nobody else is cut; see `limits` and `io.drain()` to slow them",
  },
  {
    name: "with nginx as it comes, clients are served over polling, and stay there",
    fault: "a proxy that lets no WebSocket through",
    outcome: "clients stay on polling; those of WebSocket alone get `connect_error`",
  },
  {
    name: "a stock client comes back by itself, on another server",
    fault: "a server that is replaced (SIGTERM, `io.drain()`)",
    outcome: "what is under way is finished; clients reconnect elsewhere, one after the other",
  },
  {
    name: "a session closed at once while its client moves ends when it has moved, which the client hears",
    fault: "a server that is closed while a client moves from polling to WebSocket",
    outcome: "the client reconnects at once, as all others do",
  },
  {
    name: "a session that owes an answer for too long is cut, and counted",
    fault: "a client that does not finish while the server drains",
    outcome: "it is cut after `timeoutMs`, and the report says what was lost",
  },
  {
    name: "over $name, a client of a drained node is recovered on another, with what it missed",
    fault: "a node that is replaced, with connection state recovery over Redis streams",
    outcome: "its clients take their sessions up again on another node, with what they missed",
  },
  {
    name: "reports what a listener throws, and the session goes on",
    fault: "a listener that throws",
    outcome:
      "`uncaughtException` of the process, or the server's `error` event; the session goes on",
  },
  {
    name: "reports what an asynchronous listener rejects with, and the session goes on",
    fault: "a listener whose promise rejects",
    outcome:
      "`unhandledRejection` of the process, or the server's `error` event; the session goes on",
  },
  {
    name: "with $name, listeners that throw cost no answer, no packet and no session",
    fault: "listeners of the engine and of its sessions that throw",
    outcome: "each is reported; requests are answered, packets delivered",
  },
  {
    name: "a client whose rooms cannot be kept is refused, and may try again",
    fault: "an adapter that throws while a client connects",
    outcome: "`connect_error` with `adapter failed`, a warning of the process; it may try again",
  },
  {
    name: "is reported, and the sockets of this node get it",
    fault: "an adapter for several nodes that cannot publish",
    outcome: "its `error` event; the clients of the own node are served",
  },
  {
    name: "when the clock jumps $to, no session, acknowledgement or kept session over $name runs out",
    fault: "a clock that is set forwards or back by a day",
    outcome: "nothing: heartbeats, timeouts and kept sessions do not go by it",
  },
];
