// What a scenario is. It is written once against the API that all servers have in common.

/** Arguments of events: whatever the scenario sends. */
// biome-ignore lint/suspicious/noExplicitAny: the servers compared type their events differently
export type Anything = any;

/** The part of a server that scenarios use. */
export interface CompatServer {
  on(event: string, listener: (...args: Anything[]) => void): unknown;
  of(name: string): CompatServer;
  use(middleware: (socket: Anything, next: (error?: Error) => void) => void): unknown;
  emit(event: string, ...args: unknown[]): unknown;
  to(room: string): Anything;
  timeout(ms: number): Anything;
  engine: Anything;
}

/** Writes a line of the transcript. */
export type Log = (what: string, ...details: unknown[]) => void;

/** A small program in two parts, and what is observable of it. */
export interface Scenario {
  /** A sentence. */
  name: string;
  /** Options of the server. */
  options?: Record<string, unknown>;
  /** Sets the server up; it runs in the server's process. */
  server?: (io: CompatServer, log: Log) => void;
  /** Does something to the server and returns when it is done; it runs in the runner's process. */
  client: (url: string, log: Log) => Promise<void>;
}
