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
    attack: "40,000 CONNECTs in one request, while a middleware takes its time",
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
];
