// What the benchmark tells a node, a line of JSON each.

export type Command =
  /** Makes so many broadcasts in one turn of the event loop, the last to all, the others to `rooms`. */
  | { do: "batch"; count: number; rooms: number; payload: string }
  /** Makes broadcasts at a rate, each in a turn of its own. */
  | { do: "steady"; perSecond: number; payload: string }
  | { do: "hold" }
  /** Evaluates one of the questions about rooms, and says `done` with the result. */
  | { do: "ask"; question: "count" | "fetchSockets" | "watch"; room: string };

/** The event that is broadcast: [payload]. */
export const EVENT = "m";
