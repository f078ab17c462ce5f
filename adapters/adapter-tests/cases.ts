import type { Fleet, FleetSettings } from "./fleet.ts";
import type { Feature } from "./options.ts";

/** One thing that an adapter has to do. */
export interface Case {
  /** A sentence that says what holds. */
  name: string;
  /** What an adapter has to support. */
  needs?: readonly Feature[];
  /** The least number of nodes with which it says anything. Default: 1. */
  nodes?: number;
  /** Given where it needs a fleet of its own. */
  ownFleet?: FleetSettings;
  run(fleet: Fleet): Promise<void>;
}

/** What belongs together. */
export interface Group {
  title: string;
  cases: readonly Case[];
}
