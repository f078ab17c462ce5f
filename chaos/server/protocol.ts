// What the runner and a server's process tell each other, a line of JSON each.

/** How the nodes are tied together. `recovery` is streams with connectionStateRecovery. */
export type Mode = "classic" | "sharded" | "streams" | "recovery";

/** Whose server and adapter a node runs. */
export type Package = "bun-socket.io" | "socket.io";

/** The options of ioredis, or of an adapter, that a fault sets: plain data. */
export type Settings = Record<string, string | number | boolean | null | Record<string, number>>;

/** What a node is started with, in the environment variable {@link NODE_SETTINGS}. */
export interface NodeSettings {
  /** The name in what it sends: another one for each start. */
  name: string;
  package: Package;
  /** `none`: without an adapter, in the memory of the node. */
  mode: Mode | "none";
  redis: { host: string; port: number }[];
  isCluster: boolean;
  /** The package of the client: `ioredis`, or an alias of another version. */
  client: string;
  clientOptions: Settings;
  adapterOptions: Settings;
}

/** The name of the environment variable with the settings of a node. */
export const NODE_SETTINGS = "CHAOS_NODE";

/** What a node can be asked for. */
export type Question = "fetchSockets" | "serverSideEmit" | "broadcast with ack";

/** What the runner wants of a node. */
export type Command =
  | { do: "send"; everyMs: number }
  | { do: "hold" }
  /** Many broadcasts at once, `perTurn` in each turn of the event loop. */
  | { do: "burst"; count: number; bytes: number; perTurn: number }
  | { do: "ask"; id: number; question: Question };

/** How a question ended. */
export interface Answer {
  /** How many answered, as the program was told: sockets, or answers. */
  count: number;
  /** How many of them are told along with an error; `count` is then 0. */
  partial: number;
  /** The code or message of the error, or null. */
  error: string | null;
}

/** What a node tells. */
export type Report =
  | { say: "ready"; port: number }
  | { say: "sent"; count: number }
  | { say: "held" }
  | { say: "dropped"; messages: number }
  | { say: "answer"; id: number; answer: Answer };

/** Each report begins with this; whatever else a package prints is no report. */
export const REPORT_MARK = "\u0001chaos ";

/** The name of the event that is broadcast: [sender, number, time sent, padding]. */
export const TICK = "t";

/** The name of the event that asks the clients for an acknowledgement. */
export const ASK = "q";
