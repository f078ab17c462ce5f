// What the client part of a scenario gets: stock clients, requests, and the recorded ways to the server.

import type { ImplementationId } from "./implementations.ts";
import { Peer, type PeerOptions } from "./peer.ts";
import { renderLine } from "./render.ts";
import type { Answer, ClientTools } from "./scenario.ts";
import { idName } from "./wire/record.ts";
import { Wiretap } from "./wire/wiretap.ts";

const HOSTNAME = "127.0.0.1";
const PROBE_MS = 5;

export const SCENARIO_LOG = "scenario: log";
export const CHECKS = "scenario: rules";

/** What happens on the side of the clients. */
export interface ToolsPort {
  /** Writes a line of the transcript. */
  line(section: string, text: string): void;
  /** Gives an id a name. */
  name(id: string, name: string): void;
  command(name: string, args: unknown[]): Promise<unknown>;
}

interface OpenSession {
  name: string;
  query: string;
}

export class Tools implements ClientTools {
  readonly implementation: ImplementationId;
  readonly directPort: number;
  /** The recorded ways, in the order in which they were first used. */
  readonly used = new Map<string, Wiretap>();
  readonly #ports: readonly number[];
  readonly #port: ToolsPort;
  readonly #peers: Peer[] = [];
  readonly #raw = new Set<string>();
  readonly #openSessions: OpenSession[] = [];
  #isOver = false;

  /** @param ports those of the servers */
  constructor(id: ImplementationId, ports: readonly number[], port: ToolsPort) {
    this.implementation = id;
    this.#ports = ports;
    this.directPort = ports[0] ?? 0;
    this.#port = port;
  }

  log = (what: string, ...details: unknown[]): void =>
    this.#port.line(SCENARIO_LOG, renderLine(what, details));

  client(name: string, options: PeerOptions = {}): Peer {
    const peer = Peer.open(name, this.#address(name, options.server), options, {
      write: (who, what, details) => this.#port.line(`${who}: events`, renderLine(what, details)),
      name: (id, namespace) => this.#port.name(id, idName(name, namespace)),
    });
    this.#peers.push(peer);
    return peer;
  }

  async connect(name: string, options: PeerOptions = {}): Promise<Peer> {
    const peer = this.client(name, options);
    await peer.connected();
    await peer.upgraded();
    return peer;
  }

  async fetch(name: string, path: string, init: RequestInit = {}): Promise<Answer> {
    const response = await fetch(this.url(name) + path, { redirect: "manual", ...init });
    const { status, headers } = response;
    const body = await response.text();
    const what = `${init.method ?? "GET"} ${path} answered`;
    this.#port.line(`${name}: events`, renderLine(what, [status, body]));
    const sid = /^(?:\d+:)?0\{"sid":"([^"]+)"/.exec(body)?.[1];
    if (sid !== undefined) {
      this.#openSessions.push({ name, query: `${path}&sid=${sid}` });
    }
    return { status, headers, body };
  }

  url(name: string, server = 0): string {
    this.#raw.add(name);
    return this.#address(name, server);
  }

  port(name: string, server = 0): number {
    this.#raw.add(name);
    return this.#tap(name, server).port;
  }

  async command<Result = unknown>(name: string, ...args: unknown[]): Promise<Result> {
    return (await this.#port.command(name, args)) as Result;
  }

  check(rule: string, holds: boolean, detail?: unknown): void {
    const details = holds || detail === undefined ? [] : [detail];
    this.#port.line(CHECKS, renderLine(`${holds ? "holds" : "BROKEN"}: ${rule}`, details));
  }

  cut(name: string): void {
    this.#tap(name).cut();
  }

  freeze(name: string): void {
    this.#tap(name).freeze();
  }

  thaw(name: string): void {
    this.#tap(name).thaw();
  }

  async until(probe: () => boolean | Promise<boolean>): Promise<void> {
    while (!(await probe())) {
      if (this.#isOver) {
        throw new Error("the scenario is over");
      }
      await new Promise((resolve) => setTimeout(resolve, PROBE_MS));
    }
  }

  /** Ends what the client part has left open; what the clients do of themselves is on record. */
  async end(): Promise<void> {
    for (const name of this.#raw) {
      this.#tap(name).stopRecording();
    }
    for (const peer of this.#peers) {
      peer.disconnect();
    }
    await Promise.all(
      this.#openSessions.map(({ query }) =>
        fetch(`http://${HOSTNAME}:${this.directPort}${query}`, { method: "POST", body: "1" }).then(
          (response) => response.text(),
          () => "", // the session may be closed, or the server
        ),
      ),
    );
    for (const name of this.#raw) {
      this.#tap(name).cut();
    }
  }

  /** Whether a stock client, and nothing else, used this name. */
  isStock(name: string): boolean {
    return !this.#raw.has(name);
  }

  close(): void {
    this.#isOver = true;
    for (const tap of this.used.values()) {
      tap.close();
    }
  }

  #address(name: string, server?: number): string {
    return `http://${HOSTNAME}:${this.#tap(name, server).port}`;
  }

  #tap(name: string, server = 0): Wiretap {
    const known = this.used.get(name);
    if (known !== undefined) {
      return known;
    }
    const tap = new Wiretap(this.#ports[server] ?? 0);
    this.used.set(name, tap);
    return tap;
  }
}
