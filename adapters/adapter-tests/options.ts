import type { ServerOptions } from "../../lib/index.ts";
import type { NodeProgram } from "./program.ts";

/**
 * What an adapter may or may not be able to do. All is expected, but for `requestsTimeout`, `presence`,
 * `recovery` and `recoveryElsewhere`, of which an adapter has to say that it can.
 */
export interface AdapterFeatures {
  /** Events to the clients of all nodes. */
  broadcast: Support;
  /** Events from one node arrive in their order, also if they are large. */
  order: Support;
  /** Bytes among the arguments: Buffer and typed arrays of bytes. */
  binary: Support;
  /** ArrayBuffer among the arguments. */
  arrayBuffers: Support;
  /** Whole numbers of more than 64 bits among the arguments. */
  hugeNumbers: Support;
  /** Arguments of a megabyte. */
  largePayloads: Support;
  /** Rooms that are numbers. */
  numericRooms: Support;
  /** Acknowledgements of the clients of all nodes. */
  acks: Support;
  /** `fetchSockets()`, and what can be done to the sockets that it finds. */
  fetchSockets: Support;
  /** `allSockets()` gives those of all nodes. */
  allSockets: Support;
  /** `socketsJoin()`, `socketsLeave()` and `disconnectSockets()`. */
  remoteSockets: Support;
  /** `serverSideEmit()`. */
  serverSideEmit: Support;
  /** `serverSideEmit()` with an acknowledgement. */
  serverSideAcks: Support;
  /** `serverCount()` follows the nodes that start and close. */
  serverCount: Support;
  /** Nodes can start later than others. */
  lateNodes: Support;
  /** A node that dies is noticed within `deadlineMs`. Takes a `kill` of the nodes. */
  deaths: Support;
  /** What waits for a node that dies ends when that is noticed, not when its own time is over. */
  earlyEnds: Support;
  /** The same for a broadcast that waits for the acknowledgements of its clients. */
  earlyAckEnds: Support;
  /** What is sent is what the arguments were at the time of the call. */
  encodesAtOnce: Support;
  /** A node that was closed hears nothing of the others. */
  deafWhenClosed: Support;
  /** What is done on a node after it was closed reaches nobody. */
  silentWhenClosed: Support;
  /** A request that not all nodes answer fails with what did arrive (`error.responses`). */
  partialResponses: Support;
  /** How long requests wait for other nodes can be set, and is as `requestsTimeoutMs` says. */
  requestsTimeout: Support;
  /** Namespaces that are made by clients. */
  dynamicNamespaces: Support;
  /** Events `occupied` and `vacated`, of the rooms of all nodes. */
  presence: Support;
  /** Connection state recovery on the node on which the client was. */
  recovery: Support;
  /** Connection state recovery on another node. */
  recoveryElsewhere: Support;
}

/** Whether an adapter can; a text says why it cannot, and is shown beside what is skipped for it. */
export type Support = boolean | string;

/** What the suite asks for when it starts a node. */
export interface NodeRequest {
  /** A number that no other node of this run has. */
  readonly id: number;
  /** Its place among the nodes of its fleet, from 0. */
  readonly index: number;
  /**
   * The fleet it belongs to, by a name. Nodes of different fleets shall not hear of each other; those
   * of one fleet are there at the same time, those of different ones may be.
   */
  readonly fleet: string;
  /**
   * Whether a node of its fleet is going to be killed. A node of this process may then not do: one in
   * a process of its own dies more truly.
   */
  readonly isMortal: boolean;
  /** How long its requests are to wait for other nodes, in ms, if the adapter can be told. */
  readonly requestsTimeoutMs: number;
  /** The options that the server has to have, beside the adapter. */
  readonly serverOptions: ServerOptions;
}

/** A node of this process: the suite makes its server. */
export interface LocalNode {
  /** The server's option `adapter`. */
  adapter: NonNullable<ServerOptions["adapter"]>;
  /** More options of the server. */
  options?: ServerOptions;
  /** Cuts the node off from the others as a crash does: without a word. */
  kill?(): Promise<void> | void;
  /** Called last, when the server is closed: ends what was opened for the node. */
  stop?(): Promise<void> | void;
}

/** The methods of {@link NodeProgram}. */
export type NodeMethod = {
  [Name in keyof NodeProgram]: NodeProgram[Name] extends (...args: never[]) => unknown
    ? Name
    : never;
}[keyof NodeProgram];

/** A node as the suite sees it. One of another process does the same over whatever leads to it. */
export interface TestNode {
  /** Where clients connect. */
  readonly url: string;
  /** Calls a method of the node's {@link NodeProgram}. */
  call<Name extends NodeMethod>(
    method: Name,
    ...args: Parameters<NodeProgram[Name]>
  ): Promise<Awaited<ReturnType<NodeProgram[Name]>>>;
  /** Closes the server. */
  close(): Promise<void>;
  /** Ends the node as a crash does: the others hear nothing of it. */
  kill?(): Promise<void> | void;
  /** Ends what is left of it, after {@link close} and also after {@link kill}. */
  stop(): Promise<void>;
}

/** An adapter, and how to try it. */
export interface AdapterTestOptions {
  /** What it is called in the names of the tests. */
  name: string;
  /** Makes what one node needs. Called for each node of each fleet. */
  createNode(request: NodeRequest): LocalNode | TestNode | Promise<LocalNode | TestNode>;
  /** How many nodes a fleet has; 1 for an adapter of a single node. Default: 3. */
  nodes?: number;
  /** What it can do and what not. */
  supports?: Partial<AdapterFeatures>;
  /** How long anything may take, in ms. Default: 5000. */
  deadlineMs?: number;
  /** Called once before the first test, in time to start what all nodes need. */
  start?(): Promise<void> | void;
  /** Called once after the last test. */
  stop?(): Promise<void> | void;
}

const UNLESS_SAID = "not among what it supports";

const DEFAULTS: AdapterFeatures = {
  broadcast: true,
  order: true,
  binary: true,
  arrayBuffers: true,
  hugeNumbers: true,
  largePayloads: true,
  numericRooms: true,
  acks: true,
  fetchSockets: true,
  allSockets: true,
  remoteSockets: true,
  serverSideEmit: true,
  serverSideAcks: true,
  serverCount: true,
  lateNodes: true,
  deaths: true,
  earlyEnds: true,
  earlyAckEnds: true,
  encodesAtOnce: true,
  deafWhenClosed: true,
  silentWhenClosed: true,
  partialResponses: true,
  requestsTimeout: UNLESS_SAID,
  dynamicNamespaces: true,
  presence: UNLESS_SAID,
  recovery: UNLESS_SAID,
  recoveryElsewhere: UNLESS_SAID,
};

/** The name of a feature. */
export type Feature = keyof AdapterFeatures;

/** Why an adapter cannot; undefined where it can. */
export function reasonAgainst(options: AdapterTestOptions, feature: Feature): string | undefined {
  const support = options.supports?.[feature] ?? DEFAULTS[feature];
  if (support === true) {
    return undefined;
  }
  return support === false ? `no ${feature}` : `${feature}: ${support}`;
}
