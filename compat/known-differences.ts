// Where this package differs from the reference and is meant to. One list: a difference that it does
// not have fails the run, and so does an entry that no difference matches any more.

import type { KnownDifference } from "./known.ts";

const ON_BUN_SERVE = ["ours on Bun.serve"] as const;
const OURS = ["ours on Bun.serve", "ours on node:http"] as const;

export const KNOWN_DIFFERENCES: readonly KnownDifference[] = [
  {
    scenario: "a preflight is answered as the option cors says",
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
];
