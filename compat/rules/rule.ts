// What a rule is: a sentence of a protocol's document, as a small program that speaks to a server.

import type { ImplementationId } from "../implementations.ts";
import type { Framing } from "./framings.ts";
import type { Manner } from "./manners.ts";
import type { Target } from "./target.ts";

/** How a rule's client speaks: over polling in one manner of HTTP, or over one kind of frames. */
export type Way =
  | { readonly transport: "polling"; readonly name: string; readonly manner: Manner }
  | { readonly transport: "websocket"; readonly name: string; readonly framing: Framing };

/** A rule of a document. */
export interface Rule {
  /** A sentence that says what holds; unlike that of every other rule. */
  name: string;
  /** The document and its section, such as `Engine.IO protocol 4, Protocol, Handshake`. */
  source: string;
  /** The options of the server. */
  options?: Readonly<Record<string, unknown>>;
  /** The ways to speak that the rule runs over, one by one. Default: one, HTTP/1.1 in whole writes. */
  ways?: readonly Way[];
  /** The implementations of others that break the rule, or keep it by luck, each with the reason. */
  not?: Partial<Record<ImplementationId, string>>;
  /** Asserts the rule; throws where it does not hold. */
  run(target: Target): Promise<void>;
}

/** A rule over one way. */
export interface RuleCase {
  /** The rule's name, with the way's where it has several. */
  name: string;
  rule: Rule;
  way: Way;
}
