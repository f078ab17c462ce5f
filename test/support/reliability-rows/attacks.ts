// What docs/reliability.md says of attacks. Each row bears the name of the test that holds it.

/** An attack, and what becomes of it. */
export interface AttackRow {
  /** The name of the test, as it stands in the file. */
  name: string;
  /** The identifiers of published attacks that do the same. */
  cve?: string;
  /** What the client does. */
  attack: string;
  /** What happens then. */
  outcome: string;
}

export const ATTACKS: readonly AttackRow[] = [
  {
    name: "a binary event that announces no attachment ends its session",
    cve: "CVE-2026-69185",
    attack:
      "a binary event that announces no attachment, to leave the decoder in the middle of a packet",
    outcome: "`error` with `ERR_INVALID_PACKET` on its sockets, and its session ends",
  },
  {
    name: "a binary event of too many attachments ends its session",
    cve: "CVE-2026-33151",
    attack: "a binary event that announces any number of attachments",
    outcome:
      "`error` with `ERR_INVALID_PACKET` on its sockets, and its session ends; nothing is set aside for what is announced",
  },
  {
    name: "a count of attachments that is none ends its session (%#)",
    cve: "CVE-2026-33151",
    attack:
      "a count of attachments that is no number, negative, a fraction, or megabytes of digits",
    outcome: "`error` with `ERR_INVALID_PACKET` on its sockets, and its session ends",
  },
  {
    name: "attachments that never come are waited for by their own session alone",
    cve: "CVE-2026-33151",
    attack: "attachments that never come",
    outcome:
      "its own session waits, as long as it answers pings; other packets in their place end it",
  },
  {
    name: "what throws in a decoder ends its session at most (%#)",
    cve: "CVE-2023-32695",
    attack: "packets that make a decoder throw",
    outcome: "`error` with `ERR_INVALID_PACKET` on its sockets, and its session ends",
  },
  {
    name: "a placeholder that leads to no attachment ends its session (%s)",
    cve: "CVE-2022-2421",
    attack: "a placeholder for an attachment whose number is text, an object or out of range",
    outcome: "`error` with `ERR_INVALID_PACKET` on its sockets, and its session ends",
  },
  {
    name: "a placeholder for a fraction of an attachment does no harm",
    cve: "CVE-2022-2421",
    attack: "a placeholder for half an attachment",
    outcome: "is taken for `undefined`",
  },
  {
    name: "an event named error, to which nobody listens, does nothing (%s)",
    cve: "CVE-2024-38355",
    attack:
      "an event named `error`, or a packet that cannot be read, where nobody listens to `error`",
    outcome: "nothing is thrown",
  },
  {
    name: "%s with hundreds of thousands of arguments closes its connection alone",
    attack: "an event or an acknowledgement of more arguments than a function call takes",
    outcome:
      "beyond 10,000: `error` with `ERR_INVALID_PACKET` on its sockets, and its session ends",
  },
  {
    name: "an event nested too deeply ends its session (%s)",
    attack: "lists or objects nested so deeply that sending them on overflows the stack",
    outcome: "beyond 5,000: `error` with `ERR_INVALID_PACKET` on its sockets, and its session ends",
  },
  {
    name: "a packet id that no number can hold ends its session (%#)",
    attack: "a packet id beyond what a number holds, or of megabytes",
    outcome: "`error` with `ERR_INVALID_PACKET` on its sockets, and its session ends",
  },
  {
    name: "names of Object's own members are names like any other",
    attack: "events, rooms, namespaces and arguments named `__proto__`, `constructor` and the like",
    outcome: "they are names like any other; no prototype changes",
  },
  {
    name: "prototype pollution by the auth of a CONNECT comes to nothing",
    attack: "`auth` with `__proto__`, or with other types than recovery expects",
    outcome: "is handed on as data; no prototype changes",
  },
  {
    name: "tens of thousands of CONNECTs that nobody decides on cost time in proportion",
    attack: "65,000 CONNECTs in one request, while a middleware takes its time",
    outcome: "cost time in proportion to their number",
  },
  {
    name: "tens of thousands of CONNECTs to no namespace are refused one by one",
    attack: "20,000 CONNECTs to namespaces that there are not",
    outcome: "`connect_error` for each",
  },
  {
    name: "acknowledgements that nobody waits for are dropped",
    attack: "acknowledgements that nobody waits for",
    outcome: "are dropped",
  },
  {
    name: "a packet that announces more than it brings ends its session (%s)",
    attack: "MessagePack of a few bytes that announces gigabytes",
    outcome:
      "`error` with `ERR_INVALID_PACKET` on its sockets, and its session ends, before a decoder sees it",
  },
  {
    name: "a packet of MessagePack nested too deeply ends its session",
    attack: "MessagePack nested deeply",
    outcome: "beyond 5,000: `error` with `ERR_INVALID_PACKET` on its sockets, and its session ends",
  },
  {
    name: "a map with the key __proto__ ends its session (%s)",
    attack: "MessagePack with a key `__proto__`, which replaces the prototype of an argument",
    outcome: "`error` with `ERR_INVALID_PACKET` on its sockets, and its session ends",
  },
  {
    name: "an event of MessagePack with a name that none may have ends its session (%s)",
    attack:
      "an event named by an object, or `disconnect`, `newListener` and the like, past a parser that does not look",
    outcome: "`error` with `ERR_INVALID_PACKET` on its sockets, and its session ends",
  },
  {
    name: "a packet of MessagePack with an id that is none ends its session (%d)",
    attack: "a packet id of MessagePack that is infinite, a fraction or 1e308",
    outcome: "`error` with `ERR_INVALID_PACKET` on its sockets, and its session ends",
  },
  {
    name: "an event without a name ends its session (%s)",
    attack: "an event without a name",
    outcome: "`error` with `ERR_INVALID_PACKET` on its sockets, and its session ends",
  },
  {
    name: "a POST of more than maxHttpBufferSize is refused, however it is announced",
    cve: "CVE-2020-36048",
    attack: "a POST of more than `maxHttpBufferSize`, with a length or in chunks",
    outcome: "status 413, before the rest is read; the session lives",
  },
  {
    name: "a packet of more than maxHttpBufferSize over WebSocket ends its session",
    cve: "CVE-2020-36049",
    attack: "a message of more than `maxHttpBufferSize` over WebSocket, in one frame or in many",
    outcome: "close code 1009, and the reason `transport error`",
  },
  {
    name: "fragments that never end are bounded by maxHttpBufferSize",
    cve: "CVE-2020-36049",
    attack: "a message in fragments that never ends",
    outcome: "close code 1009 at `maxHttpBufferSize`",
  },
  {
    name: "a message in tens of thousands of tiny fragments costs its session alone",
    attack: "a message in tens of thousands of tiny or empty fragments",
    outcome: "is put together; other sessions notice nothing",
  },
  {
    name: "a small message that inflates to gigabytes ends its session, and is never held",
    attack: "a small message that inflates to gigabytes, with `perMessageDeflate`",
    outcome: "close code 1009; it is never held",
  },
  {
    name: "what does not inflate ends its session",
    attack: "compressed data that is none",
    outcome: "its session ends",
  },
  {
    name: "a bad frame ends its session (%s)",
    cve: "CVE-2022-21676",
    attack:
      "reserved bits, no mask, unknown opcodes, wrong control frames, text that is no UTF-8, behind the handshake",
    outcome: "close code 1002, 1007 or 1009, and its session ends",
  },
  {
    name: "a bad frame right behind the request for a WebSocket ends the connection (%s)",
    cve: "CVE-2022-21676",
    attack: "the same in one segment with the request for a WebSocket",
    outcome: "the connection ends",
  },
  {
    name: "a request for a WebSocket that is none ends in an answer (%s)",
    cve: "CVE-2022-21676",
    attack: "a request for a WebSocket without its key, of another version, or with a body",
    outcome: "status 400, or the connection ends",
  },
  {
    name: "a connection that is reset at any moment leaves nothing behind",
    cve: "CVE-2022-41940",
    attack: "a connection that is reset, at each moment of a handshake, a POST, a message",
    outcome: "nothing is thrown, and nothing stays behind",
  },
  {
    name: "a connection that is reset while it is decided on leaves nothing behind (%s)",
    cve: "CVE-2022-41940",
    attack: "a connection that is reset while `allowRequest` takes its time, or as it is refused",
    outcome: "nothing is thrown, and nothing stays behind",
  },
  {
    name: "a bogus or repeated parameter is refused (%s)",
    cve: "CVE-2023-31125",
    attack:
      "`transport`, `EIO` or `sid` that are bogus, repeated, or names of `Object`'s own members",
    outcome:
      "status 400 and the [code](errors.md#of-the-handshake-on-the-wire) of the handshake; of repeated ones the last counts",
  },
  {
    name: "a sid and a transport are looked up by no names of Object's own",
    cve: "CVE-2023-31125",
    attack: "a `sid` such as `__proto__`",
    outcome: "status 400, code 1",
  },
  {
    name: "prototype pollution by a query comes to nothing",
    attack: "`__proto__` in a query",
    outcome: "is a parameter like any other; no prototype changes",
  },
  {
    name: "pages of other origins are told nothing by default",
    cve: "CVE-2020-28481",
    attack: "a page of another origin, where `cors` is not set",
    outcome: "no `Access-Control-*` header, so browsers refuse it",
  },
  {
    name: "a flood of headers is refused with 431 (%s)",
    attack: "a flood of headers, or very long ones",
    outcome: "status 431",
  },
  {
    name: "headers that never end keep nobody else waiting",
    attack: "requests whose headers never end",
    outcome: "others are answered",
  },
  {
    name: "a flood of %s, which nobody asked for, does no harm",
    attack: "a flood of pings or pongs of the WebSocket protocol",
    outcome: "nothing beyond the pongs that answer them",
  },
  {
    name: "a flood of pongs of the session, which no ping asked for, does no harm (%s)",
    attack: "a flood of pongs of Engine.IO",
    outcome: "nothing; the next ping is not put off",
  },
  {
    name: "two polls, or two POSTs, at once end their session",
    attack: "two polls, or two POSTs, at once",
    outcome: "status 400, and the session ends with `transport error`",
  },
  {
    name: "POSTs and polls of a session that is closing are answered",
    attack: "requests for a session that is closing",
    outcome: "each is answered",
  },
  {
    name: "many WebSockets that claim one session, and go no further, leave it where it is",
    attack: "many WebSockets that claim one session and stop in mid-upgrade",
    outcome: "all but the first are closed; the session stays on polling",
  },
  {
    name: "a WebSocket of one session cannot take over another",
    attack: "a WebSocket with a guessed `sid`",
    outcome: "status 400, code 1",
  },
  {
    name: "what is no HTTP ends in an answer or a closed connection (%#)",
    attack: "what is no HTTP, or contradicts itself",
    outcome: "an answer, or the connection ends",
  },
  {
    name: "a path that leads out of the client bundle is not served",
    attack: "a path that leads out of the client bundle",
    outcome: "is not served",
  },
  {
    name: "a body of bytes of an old client that is no payload ends its session at most (%s)",
    attack: "bodies that are no payload of Engine.IO 3",
    outcome: "`parse error`, and the session ends",
  },
  {
    name: "a callback of JSONP is a number, and nothing of a script",
    attack: "a script for the name of a JSONP callback",
    outcome: "nothing but its digits is used",
  },
  {
    name: "a packet that comes byte by byte costs the same for each of them",
    attack: "a packet over WebTransport byte by byte",
    outcome: "costs the same for each byte",
  },
  {
    name: "makes packets of whatever there is, and stops at the first error",
    attack: "any bytes for the codecs of Engine.IO 4 and 3, with fast-check",
    outcome: "packets, up to one of type `error`, which ends the session with `parse error`",
  },
  {
    name: "the decoder that all clients share makes of each packet what one of its own would",
    attack: "any text for the decoder of packets, with fast-check",
    outcome: "the same as `socket.io-parser` makes of it, and nothing of it is remembered",
  },
  {
    name: "whatever the bytes, it answers, also to those kept from earlier runs",
    attack: "bytes bred by `./run fuzz` for codecs, decoders, the check of MessagePack and queries",
    outcome: "an answer; nothing is thrown that is not caught",
  },
  {
    name: "whatever clients send, their server and its other sessions are well (%s)",
    attack:
      "whole sessions by `./run fuzz`: requests, payloads, frames and packets, cut and mixed anyhow",
    outcome: "the server lives, honest clients are answered, nothing is left behind",
  },
  {
    name: "a client that goes past nginx cannot forge its address",
    attack: "a forged `X-Forwarded-For`",
    outcome:
      "changes nothing, unless it comes by a proxy of `trustProxy`; what is no address, never",
  },
];
