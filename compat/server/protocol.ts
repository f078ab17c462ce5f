// What the runner and a server's process say to each other: one JSON value a line.

/** What the runner asks for; each is answered by a `done` or a `failed` of the same number. */
export type Request =
  | { id: number; do: "start"; scenario: string }
  | { id: number; do: "command"; name: string; args: unknown[] }
  /** Answered when no client is there any more, or after a while. */
  | { id: number; do: "settle" }
  | { id: number; do: "stop" };

/** What the server's process says. */
export type Report =
  | { say: "done"; id: number; result?: unknown }
  | { say: "failed"; id: number; message: string }
  /** A line of the transcript; `socket` is the id of the socket in whose section it belongs. */
  | { say: "line"; section: string; socket?: string; text: string }
  /** The offset of a packet (connection state recovery). */
  | { say: "offset"; value: string };

/** Tells the reports from what else the process prints. */
export const REPORT_MARK = "@compat ";
