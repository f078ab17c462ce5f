// What a protocol's document says, sentence by sentence, and the rules that hold a server to it.

/** A demand of a document, in words of our own. */
export interface Statement {
  /** What is demanded. */
  says: string;
  /** The names of the rules that assert it; none where it is no demand on a server. */
  rules: readonly string[];
  /** Why no rule asserts it; empty where one does. */
  why?: string;
  /** Not a sentence of the document as we know it: what its servers do where it is silent. */
  isBeyond?: true;
}

/** A section of a document. */
export interface Section {
  /** Its title, behind the titles it stands below: `Transports, HTTP long-polling, Headers`. */
  title: string;
  statements: readonly Statement[];
}

/** A test of the suite that a document brings along, and the rules that assert what it does. */
export interface SuiteTest {
  /** The names of its groups and its own, with `>` between them. */
  name: string;
  rules: readonly [string, ...string[]];
  /** Where the rules ask for something else. */
  note?: string;
}

/** One revision of a protocol. */
export interface ProtocolDocument {
  /** What the sources of rules begin with, such as `Engine.IO protocol 4`. */
  name: string;
  sections: readonly Section[];
}

/** A demand on servers, and what asserts it. */
export function must(says: string, ...rules: readonly [string, ...string[]]): Statement {
  return { says, rules };
}

/** What servers do where the document is silent, and what asserts it. */
export function beyond(says: string, ...rules: readonly [string, ...string[]]): Statement {
  return { says, rules, isBeyond: true };
}

/** What no rule asserts, with the reason. */
export function aside(says: string, why: string): Statement {
  return { says, rules: [], why };
}

/** Why there is no rule for what clients have to do. */
export const CLIENT =
  "a demand on clients, of which the stock ones of the scenarios are an example";

/** Why there is no rule for what was. */
export const HISTORY = "it tells what earlier revisions were";
