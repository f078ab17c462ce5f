import type { ServerOptions } from "../../lib/index.ts";
import type { Fleet } from "./fleet.ts";
import type { Feature } from "./options.ts";

/** One thing that an adapter has to do. */
export interface Case {
  /** A sentence that says what holds. */
  name: string;
  /** What an adapter has to support. */
  needs?: readonly Feature[];
  /** The least number of nodes with which it says anything. Default: 1. */
  nodes?: number;
  /** Whether the nodes have to say how long their requests wait. */
  needsRequestsTimeout?: true;
  /** Given where it needs a fleet of its own: the options of the servers. */
  ownFleet?: ServerOptions;
  run(fleet: Fleet): Promise<void>;
}

/** What belongs together. */
export interface Group {
  title: string;
  cases: readonly Case[];
}
