// What a scenario is: a server part, written once against the API that all servers have in common,
// and a client part. README.md in this folder says how to write one.

import type { Peer, PeerOptions } from "./peer.ts";
import type { ImplementationId } from "./implementations.ts";

/** What a scenario sends, and the objects of the servers, whose types differ from one to the other. */
// biome-ignore lint/suspicious/noExplicitAny: the servers compared type all this differently
export type Anything = any;

/** Writes a line of the transcript: what happened, and its details (any values). */
export type Log = (what: string, ...details: unknown[]) => void;

/** The part of a server that all have in common. */
export interface CompatServer {
  on(event: string, listener: (...args: Anything[]) => void): unknown;
  of(name: Anything, listener?: (socket: Anything) => void): Anything;
  use(middleware: (socket: Anything, next: (error?: Error) => void) => void): unknown;
  emit(event: string, ...args: unknown[]): unknown;
  to(room: string | string[]): Anything;
  timeout(ms: number): Anything;
  engine: Anything;
  /** Everything else that a server has. */
  // biome-ignore lint/suspicious/noExplicitAny: see Anything
  [member: string]: any;
}

/** What the server part of a scenario gets beside its server. It runs in the server's process. */
export interface ServerTools {
  /** Writes a line of the section "server: log". */
  log: Log;
  /**
   * Writes a line of the section of one socket, among the lines that the taps write there. To be
   * preferred to `log` where several clients act at the same time: sections are compared one by one.
   */
  logOf(socket: Anything, what: string, ...details: unknown[]): void;
  /**
   * Registers something that the client part can ask the server to do, by `t.command(name, ...args)`.
   * Arguments and result pass as JSON; an error that it throws is thrown there.
   */
  command(name: string, run: (...args: Anything[]) => unknown): void;
  /**
   * Adds another server, which listens on a port of its own: clients reach the first one added by the
   * option `server: 1`. For adapters of several nodes.
   */
  addServer(options?: CompatOptions): CompatServer;
  /** The same, with a server of the reference: for fleets of both. */
  addReference(options?: CompatOptions): CompatServer;
  /** The package under test: `Server`, `Namespace`, `Socket`, and what else it exports. */
  package: Anything;
  /** `createAdapter`, `createShardedAdapter`, `createStreamsAdapter` and `Emitter` of the package under test. */
  redis: Anything;
  /** Those of the reference. */
  referenceRedis: Anything;
  /** The server of `node:http`, on the implementations that have one. */
  httpServer: Anything;
}

/** An answer to a request of `t.fetch`. */
export interface Answer {
  status: number;
  headers: Headers;
  body: string;
}

/** What the client part of a scenario works with. It runs in the runner's process. */
export interface ClientTools {
  /** The id of the server's implementation. A scenario should not need it. */
  readonly implementation: ImplementationId;
  /** Writes a line of the section "scenario: log". */
  log: Log;
  /**
   * Makes a stock client, which connects at once (unless `autoConnect: false`). All that happens to it
   * goes to the sections of this name; the runner disconnects it in the end.
   */
  client(name: string, options?: PeerOptions): Peer;
  /** The same, and waits for it to be connected, and to be on the last of its transports. */
  connect(name: string, options?: PeerOptions): Promise<Peer>;
  /**
   * Sends a request without a client library and waits for its answer, which is recorded with its
   * headers and body in the sections of this name; status and body also go to "<name>: events".
   *
   * @param path the path with its query, such as `/socket.io/?EIO=4&transport=polling`
   */
  fetch(name: string, path: string, init?: RequestInit): Promise<Answer>;
  /**
   * `http://127.0.0.1:<port>` of a recorded way to the server, for a client of your own.
   *
   * @param server which server: 0, the default, or the number of one added
   */
  url(name: string, server?: number): string;
  /** The port of a recorded way to the server. */
  port(name: string, server?: number): number;
  /** The port of the server itself, which nothing records. */
  readonly directPort: number;
  /** Has the server do what its part has registered under this name; resolves with the result. */
  command<Result = unknown>(name: string, ...args: unknown[]): Promise<Result>;
  /**
   * States a rule of the protocol. One that does not hold fails the run for our implementations, also
   * where the reference breaks it too.
   */
  check(rule: string, holds: boolean, detail?: unknown): void;
  /** Cuts the connections of this name, as a network does: without a word to either side. */
  cut(name: string): void;
  /** Lets nothing pass in either direction on the connections of this name, until `thaw`. */
  freeze(name: string): void;
  /** Lets through what `freeze` held back, and what comes. */
  thaw(name: string): void;
  /** Waits until what is said of the server holds: until `probe` returns other than false. */
  until(probe: () => boolean | Promise<boolean>): Promise<void>;
}

/** Options of a server. */
export type CompatOptions = Record<string, unknown>;

/** A small program in two parts. */
export interface Scenario {
  /** A sentence, unlike that of every other scenario. */
  name: string;
  /** Options of the server, or what makes them of the package under test and its adapters over Redis. */
  options?: CompatOptions | ((packageUnderTest: Anything, redis: Anything) => CompatOptions);
  /** Sets the server up, before it listens; it runs in the server's process. */
  server?: (io: CompatServer, tools: ServerTools) => void | Promise<void>;
  /** Does something to the server, and returns when all of it has happened. */
  client: (t: ClientTools) => Promise<void>;
  /** `false`: the server's sockets and engine are not tapped; only `log` writes of them. */
  taps?: false;
  /** The implementations that it does not apply to, each with the reason. */
  not?: Partial<Record<ImplementationId, string>>;
  /** Why the reference fails here (its process ends, say); else a scenario that fails is an error. */
  referenceFails?: string;
  /** A program that it needs; the scenario is left out, and the run says so, where there is none. */
  needs?: "redis";
  /** How long it may take on one implementation, in milliseconds; default 10000. */
  timeoutMs?: number;
}
