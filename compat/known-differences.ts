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
];
