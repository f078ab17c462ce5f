// What a fault is, and what came of it.

import type { Mode, Package, Settings } from "./server/protocol.ts";
import type { World } from "./world.ts";

/** All modes, as they are printed. */
export const MODES: Readonly<Record<Mode, string>> = {
  classic: "classic",
  sharded: "sharded",
  streams: "streams",
  recovery: "streams + recovery",
};

/**
 * What the modes of this package promise in a fault, beside that no process ends or spins and no
 * answer hides that some are missing. Where a case breaks it, the run fails.
 */
export interface Promised {
  /** Every broadcast arrives, once, in order. */
  isComplete?: boolean;
  /** Clients of the node that broadcasts get it at once, whatever Redis does. */
  isLocalAtOnce?: boolean;
  /** Questions are answered in full within that time. */
  wholeWithinMs?: number;
}

/** One thing that goes wrong. Nodes are named `a`, `b` and so on, one client at each. */
export interface Fault {
  /** A few words; those of the command line choose among them. */
  name: string;
  modes: readonly Mode[];
  promised(mode: Mode): Promised;
  /** Starts what is to go wrong, waits for what is to happen, and says when it is over. */
  run(world: World): Promise<void>;
  /** 2 by default. */
  nodes?: number;
  /** One redis-server by default. */
  redis?: "cluster" | "down";
  redisArgs?: readonly string[];
  /** Options of ioredis on all nodes. */
  clientOptions?: Settings;
  /** Options that only the adapter of this package knows. */
  ourOptions?(mode: Mode): Settings;
  /** Left out unless it is asked for: it takes a minute and more. */
  isLong?: true;
  /** Keeps the machine busy: nothing else runs meanwhile. */
  isHeavy?: true;
}

/** One fault, in one mode, on one package. */
export interface Case {
  fault: Fault;
  mode: Mode;
  package: Package;
}

/** How a question to the cluster was answered. */
export interface Answered {
  question: string;
  ms: number;
  /** `silent`: some were missing, and the program was not told. */
  kind: "whole" | "partial" | "silent" | "error";
  detail: string;
}

/** What came of a case. Counts are of both nodes together, over all of their broadcasts. */
export interface Outcome {
  /** How many should have arrived at the other nodes. */
  sentAcross: number;
  lostAcross: number;
  /** How many should have arrived at the clients of the node that broadcast. */
  sentLocal: number;
  lostLocal: number;
  duplicates: number;
  disorder: number;
  delayLocalMs: number;
  delayAcrossMs: number;
  /** Processes that ended by themselves: how, and how long after the fault began. */
  crashes: { node: string; afterMs: number; reason: string }[];
  /** From when Redis served again until the nodes heard each other; null: they never did. */
  recoveredMs: number | null;
  /** Of the larger node, at the end. */
  memoryBytes: number;
  /** The largest share of one core that a node used for 2 s on end, since the fault. */
  cpu: number;
  /** How many messages the adapters have told that they dropped. */
  told: number;
  answers: Answered[];
  notes: string[];
}

/** A case that has been run. `problem`: why it could not be. */
export interface Result {
  case: Case;
  outcome: Outcome | null;
  problem: string | null;
  /** What of the promises is broken. Empty for the reference, which promises nothing here. */
  broken: string[];
}
