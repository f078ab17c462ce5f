// Where this package differs from the reference and is meant to. One list: a difference that it does
// not have fails the run, and so does an entry that no difference matches any more.

import type { KnownDifference } from "./known.ts";

const ON_BUN_SERVE = ["ours on Bun.serve"] as const;
const OURS = ["ours on Bun.serve", "ours on node:http"] as const;

export const KNOWN_DIFFERENCES: readonly KnownDifference[] = [
  {
    scenario: /^(a preflight is answered as the option cors says$|cors: )/,
    implementations: ON_BUN_SERVE,
    differs: /requests \| - OPTIONS .* -> 204 content-length: 0$/,
    reason: "Bun leaves the Content-Length of a 204 out, which HTTP says nobody may send",
  },
  {
    scenario: "the parser of MessagePack carries text, bytes and answers",
    implementations: OURS,
    differs: /, to the client \| [-+] <binary .*\\xa4type/,
    reason: "the members of a packet are in another order; a map of MessagePack has none",
  },
  {
    scenario: "long messages are compressed where both sides wish it",
    implementations: OURS,
    differs: [/, to the client \| - .* \(compressed\)$/, /, to the client \| \+ .*[^)]$/],
    reason: "the threshold holds; that of ws holds only where the extension keeps no context",
  },
  {
    scenario: "long messages are compressed where both sides wish it",
    implementations: ON_BUN_SERVE,
    differs: /handshake: 101 sec-websocket-extensions: permessage-deflate/,
    reason: "Bun keeps no context from one message to the next",
  },
  {
    scenario: "rule: a request behind a poll that waits is answered when its turn comes",
    implementations: ON_BUN_SERVE,
    differs: /^scenario: rules \| [-+] (holds|BROKEN): a request behind a poll that waits/,
    reason: "Bun closes a connection on which a request comes behind one that has no answer yet",
  },
  {
    scenario: "a close packet over WebSocket, and a message behind it",
    implementations: OURS,
    differs: [/server: socket <raw id> \| - got "text"/, /, to the client \| - 42\["length",7\]$/],
    reason:
      "a close packet ends the session over WebSocket, too, and what is behind it is not read",
  },
  {
    scenario: /^(a body |the limit |a request of a session by|a second (poll|body))/,
    implementations: OURS,
    differs: / \| \+ .*: (400|413|500) content-length: 0$| -> (400|413) content-length: 0$/,
    reason: "an answer without a body says so; Node sends an empty body in chunks",
  },
  {
    scenario:
      /ends the session: (a packet of no type between|an unknown type behind)|behind the close packet/,
    implementations: OURS,
    differs: /server: socket <raw id> \| [-+] got "echo" 1$/,
    reason: "listeners run in the tick that brought the packet, before what is behind it is read",
  },
  {
    scenario: "a poll of JSONP gets its packets in a call",
    implementations: OURS,
    differs: /handshake: 200 content-type: text\/(plain|javascript)/,
    reason: "browsers run no text/plain as a script where nosniff is set",
  },
  {
    scenario:
      /^(a WebSocket does not take a session over|a (second )?candidate|a message on the new transport|a session that its client closes takes)/,
    implementations: ON_BUN_SERVE,
    differs: / -> close (1000|1005) ""$/,
    reason: "Bun always sends a code with a close",
  },
  {
    scenario:
      /^a WebSocket (of another protocol revision|that calls itself polling) gets no session$/,
    implementations: OURS,
    differs: /raw: other requests \| |engine \| \+ connection_error 3 .*TRANSPORT_HANDSHAKE_ERROR/,
    reason: "it is refused with HTTP before it is open, and told of",
  },
  {
    scenario: "generateId that fails refuses the handshake (websocket)",
    implementations: OURS,
    differs: /raw: other requests \| /,
    reason: "it is refused with HTTP, instead of HTTP in the frames of an open WebSocket",
  },
  {
    scenario: "a server without WebSocket takes polling alone (websocket)",
    implementations: ON_BUN_SERVE,
    differs: /raw: other requests \| [-+] .* -> 400 (body|content-type)/,
    reason: "a WebSocket is refused as text; a server of node:http without it sees a plain request",
  },
  {
    scenario: "a WebSocket of another path is cut after a while",
    implementations: ON_BUN_SERVE,
    differs: /raw: other requests \| [-+] GET \/other\/.* -> (\(no answer\)|404)/,
    reason: "Bun.serve answers every request: nobody's paths get 404 at once",
  },
  {
    scenario: "compression over HTTP: true, and long",
    implementations: OURS,
    differs: / \| - handshake: 200 content-encoding: gzip$/,
    reason: "true means the default threshold, not none",
  },
  {
    scenario: /^(a message|bytes) longer than the limit .* \(websocket\)$/,
    implementations: ON_BUN_SERVE,
    differs: / \| [-+] \(close 1009 /,
    reason: "Bun gives a reason with its close",
  },
  {
    scenario: /^(the client's files? |cors is for the client's files)/,
    implementations: OURS,
    differs: /answered 200 "|-> 200 (body|etag: "4)|-> 304 etag: /,
    reason:
      "the files are those of the installed socket.io-client; a 304 has its ETag, as RFC 9110 asks",
  },
  {
    scenario: /^an offer of compression over WebSocket meets (\{|true)/,
    implementations: OURS,
    differs: /, to the client \| [-+] (0\{|40\{|42\["said")/,
    reason: "the threshold holds, true means the default one, and compress(false) is honoured",
  },
  {
    scenario: /^an offer of compression over WebSocket meets (\{|true)/,
    implementations: ON_BUN_SERVE,
    differs: /handshake: 101 sec-websocket-extensions: permessage-deflate/,
    reason: "Bun keeps no context from one message to the next",
  },
  {
    scenario: /^a middleware refuses a client with a (text|number) instead of an error$/,
    implementations: OURS,
    differs: [
      /events \| - (connect_error <Error "">|message and data "" <undefined>)$/,
      /events \| \+ (connect_error <Error|message and data) "(just a text|42)"/,
      /, to the client \| - 44\{\}$/,
      /, to the client \| \+ 44\{"message":"(just a text|42)"\}$/,
    ],
    reason: "what is no error is the message, instead of no message at all",
  },
  {
    scenario: "emit tells that it has sent, whatever it was called on",
    implementations: OURS,
    differs: [/events \| \+ got "b"$/, /, to the client \| \+ 42\["b"\]$/],
    reason: "a volatile packet behind another of the same turn is sent, as the client is ready",
  },
  {
    scenario: "a message of more than maxHttpBufferSize ends the connection (websocket)",
    implementations: ON_BUN_SERVE,
    differs: /, to the client \| [-+] \(close 1009 ".*"\)$/,
    reason: "Bun closes such a WebSocket itself, and says why",
  },
  {
    scenario: /^an old client is refused where allowEIO3 is not set \(client ., websocket\)$/,
    implementations: OURS,
    differs: /other requests \| [-+] GET .*EIO=3&transport=websocket -> /,
    reason: "refused with HTTP 400; the reference accepts the WebSocket and then cuts it",
  },
  {
    scenario: /^MessagePack /,
    implementations: OURS,
    differs: /, to the client \| [-+] <binary .*\\xa4type/,
    reason: "the members of a packet are in another order, and one that is undefined is left out",
  },
  {
    scenario: /^JSONP carries packets both ways /,
    implementations: OURS,
    differs: /requests \| [-+] (handshake|poll): 200 content-type: text\/(plain|javascript)/,
    reason: "JSONP is JavaScript; browsers do not run text/plain under nosniff",
  },
  {
    scenario: "a middleware that refuses a recovered session sends the client away",
    implementations: OURS,
    differs: [/session 2, to the client \| - 42\["said",/, /ann: events \| - got "said"/],
    reason: "a client that a middleware refuses does not get what it has missed",
  },
  {
    scenario: "the sessions of several namespaces are recovered, each with its packets",
    implementations: OURS,
    differs: /session 2, to the client \| [-+] 42\/b,\["said","missed in b"/,
    reason: "one namespace is joined after the other; the reference does it at the same time",
  },
  {
    scenario: "flags and rooms of a broadcast add up, and leave the next one alone",
    implementations: OURS,
    differs: [
      /a: events \| \+ got "heard" 2$/,
      /a: session 1, to the client \| \+ 42\["heard",2\]$/,
    ],
    reason: "volatile behind another packet of the same turn is sent, where the client is ready",
  },
  {
    scenario: /^only clients of its own server answer what is local \(adapters, /,
    implementations: OURS,
    differs: /^scenario: log \| [-+] local /,
    reason: "the reference waits for servers that were not asked, and so always for the timeout",
  },
  {
    scenario:
      /^a server says a thing to all, and in the same turn another .* \(adapters, (sharded|streams)\)$/,
    implementations: OURS,
    differs: [
      /: events \| [-+] got "end" "to one"$/,
      /, to the client \| [-+] 42\["end","to one"\]$/,
    ],
    reason: "the clients of a server get what it says in its order, without a wait for Redis",
  },
  {
    scenario: "a member of a socket's data is undefined (adapters, streams)",
    implementations: OURS,
    differs: /^server: log \| [-+] data /,
    reason: "it is left out, as with pub/sub, instead of null",
  },
];
