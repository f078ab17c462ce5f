// The tests of servers that the documents bring along, and the rules that assert what each does.

import type { SuiteTest } from "./document.ts";

/** Of Engine.IO revision 4; its server echoes messages, ours the event message. */
export const ENGINE_SUITE: readonly SuiteTest[] = [
  {
    name: "handshake > HTTP long-polling > successfully opens a session",
    rules: [
      "a handshake over polling is answered with status 200 and one packet of text",
      "the first packet of a session is an open packet with the id and the settings",
      "over polling, the open packet offers WebSocket",
    ],
  },
  {
    name: "handshake > HTTP long-polling > fails with an invalid 'EIO' query parameter",
    rules: [
      "a request without the parameter EIO is refused with status 400",
      "a request with an unknown revision is refused with status 400",
    ],
  },
  {
    name: "handshake > HTTP long-polling > fails with an invalid 'transport' query parameter",
    rules: [
      "a request without the parameter transport is refused with status 400",
      "a request with an unknown transport is refused with status 400",
    ],
  },
  {
    name: "handshake > HTTP long-polling > fails with an invalid request method",
    rules: [
      "a handshake with POST is refused with status 400",
      "a handshake with PUT is refused with status 400",
    ],
  },
  {
    name: "handshake > WebSocket > successfully opens a session",
    rules: [
      "the first packet of a session is an open packet with the id and the settings",
      "over WebSocket, the open packet offers no upgrade",
    ],
  },
  {
    name: "handshake > WebSocket > fails with an invalid 'EIO' query parameter",
    rules: [
      "a WebSocket without the parameter EIO is refused, or closed without an open packet",
      "a WebSocket with an unknown revision is refused, or closed without an open packet",
    ],
  },
  {
    name: "handshake > WebSocket > fails with an invalid 'transport' query parameter",
    rules: [
      "a WebSocket without the parameter transport is refused, or closed without an open packet",
      "a WebSocket with an unknown transport is refused, or closed without an open packet",
    ],
  },
  {
    name: "message > HTTP long-polling > sends and receives a payload containing one plain text packet",
    rules: [
      "a POST is answered with status 200 and ok",
      "messages go both ways once the session is open",
    ],
  },
  {
    name: "message > HTTP long-polling > sends and receives a payload containing several plain text packets",
    rules: [
      "several packets of one POST are handled in their order",
      "packets that wait for a poll come together, in their order",
    ],
  },
  {
    name: "message > HTTP long-polling > sends and receives a payload containing plain text and binary packets",
    rules: [
      "bytes in a POST are base64 behind the letter b",
      "bytes in the answer to a poll are base64 behind the letter b",
    ],
  },
  {
    name: "message > HTTP long-polling > closes the session upon invalid packet format",
    rules: ["a packet of an unknown type ends the session"],
    note: "the POST may be answered with ok, as the reference does",
  },
  {
    name: "message > HTTP long-polling > closes the session upon duplicate poll requests",
    rules: ["a second poll beside one that waits is refused with status 400 and ends the session"],
  },
  {
    name: "message > HTTP long-polling > closes the session upon cancelled polling request",
    rules: ["a client that cuts its poll ends the session"],
  },
  {
    name: "message > WebSocket > sends and receives a plain text packet",
    rules: ["messages go both ways once the session is open"],
  },
  {
    name: "message > WebSocket > sends and receives a binary packet",
    rules: ["bytes over WebSocket go as they are, in a binary frame"],
  },
  {
    name: "message > WebSocket > closes the session upon invalid packet format",
    rules: ["a packet of an unknown type ends the session"],
  },
  {
    name: "heartbeat > HTTP long-polling > sends ping/pong packets",
    rules: ["the server sends a ping every pingInterval"],
  },
  {
    name: "heartbeat > HTTP long-polling > closes the session upon ping timeout",
    rules: [
      "a session whose pong does not come ends after pingTimeout",
      "a session that has timed out is unknown",
    ],
  },
  {
    name: "heartbeat > WebSocket > sends ping/pong packets",
    rules: ["the server sends a ping every pingInterval"],
  },
  {
    name: "heartbeat > WebSocket > closes the session upon ping timeout",
    rules: ["a session whose pong does not come ends after pingTimeout"],
  },
  {
    name: "close > HTTP long-polling > forcefully closes the session",
    rules: [
      "a close packet ends the poll that waits with a noop",
      "a close packet in a POST ends the session",
    ],
  },
  {
    name: "close > WebSocket > forcefully closes the session",
    rules: ["a close packet over WebSocket ends the session, and what is behind it is not handled"],
    note: "at once, where the reference's session ends when its pong does not come",
  },
  {
    name: "upgrade > successfully upgrades from HTTP long-polling to WebSocket",
    rules: [
      "a probing ping is answered with a probing pong",
      "after the upgrade, messages go both ways over the WebSocket",
    ],
  },
  {
    name: "upgrade > ignores HTTP requests with same sid after upgrade",
    rules: [
      "after the upgrade, a poll is refused with status 400",
      "after the upgrade, a POST is refused with status 400",
    ],
  },
  {
    name: "upgrade > ignores WebSocket connection with same sid after upgrade",
    rules: ["a second WebSocket for a session that has moved is closed, and the session stays"],
  },
];

/** Of Socket.IO revision 5, behind tests of Engine.IO that are those above but for messages. */
export const SOCKET_SUITE: readonly SuiteTest[] = [
  {
    name: "connect > should allow connection to the main namespace",
    rules: [
      "CONNECT without a payload is answered with CONNECT and an id",
      "without a payload, the socket's auth is an empty object",
    ],
  },
  {
    name: "connect > should allow connection to the main namespace with a payload",
    rules: ["the payload of CONNECT is the socket's auth"],
  },
  {
    name: "connect > should allow connection to a custom namespace",
    rules: ["nothing is sent before the client asks for a namespace"],
  },
  {
    name: "connect > should allow connection to a custom namespace with a payload",
    rules: ["CONNECT to another namespace is answered there, before its events"],
  },
  {
    name: "connect > should disallow connection to an unknown namespace",
    rules: ["CONNECT to an unknown namespace is answered with CONNECT_ERROR"],
  },
  {
    name: "connect > should disallow connection with an invalid handshake",
    rules: ["a malformed packet before CONNECT ends the session"],
  },
  {
    name: "connect > should close the connection if no handshake is received",
    rules: ["a client that joins no namespace in time is closed"],
  },
  {
    name: "disconnect > should disconnect from the main namespace",
    rules: [
      "the client's DISCONNECT is not answered, and the server's socket is gone",
      "a client that left its only namespace keeps its session",
    ],
  },
  {
    name: "disconnect > should connect then disconnect from a custom namespace",
    rules: ["a client that leaves one namespace stays in the other"],
  },
  {
    name: "message > should send a plain-text packet",
    rules: ["an EVENT has its name and its arguments in an array"],
  },
  {
    name: "message > should send a packet with binary attachments",
    rules: [
      "a BINARY_EVENT is followed by its attachment, in both directions",
      "attachments come in the order of their numbers",
    ],
  },
  {
    name: "message > should send a plain-text packet with an ack",
    rules: ["an EVENT with an id is answered with an ACK of that id"],
  },
  {
    name: "message > should send a packet with binary attachments and an ack",
    rules: ["a BINARY_EVENT with an id is answered with a BINARY_ACK"],
  },
  {
    name: "message > should close the connection upon invalid format (unknown packet type)",
    rules: ["a message of an unknown type ends the session"],
  },
  {
    name: "message > should close the connection upon invalid format (invalid payload format)",
    rules: ["an EVENT whose payload is no array ends the session"],
  },
  {
    name: "message > should close the connection upon invalid format (invalid ack id)",
    rules: ["an EVENT whose id is no number ends the session"],
  },
];
