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
    name: "%s with hundreds of thousands of arguments closes its connection alone",
    attack: "an event or an acknowledgement of more arguments than a function call takes",
    outcome: "over 10,000 arguments: `error` on its sockets, and its connection is closed",
  },
];
