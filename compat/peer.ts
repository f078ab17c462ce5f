/// <reference path="../test/support/old-client-modules.d.ts" />
/// <reference path="./client-modules.d.ts" />
// A stock client in a scenario: it is the package as published; what happens to it is written down.

import { io as connectV4 } from "socket.io-client";
import connectV1 from "socket.io-client-v1";
import connectV2 from "socket.io-client-v2";
import { io as connectV3 } from "socket.io-client-v3";
import type { Anything } from "./scenario.ts";

/** Options of a client: those of the package, and these. */
export interface PeerOptions {
  /** The major version of `socket.io-client`: 4 (4.8), 3 (3.1), 2 (2.5) or 1 (1.7). Default 4. */
  version?: 4 | 3 | 2 | 1;
  /** The namespace; default `/`. */
  namespace?: string;
  /** Which server: 0, the default, or the number of one that the scenario has added. */
  server?: number;
  /** Default polling, then WebSocket. */
  transports?: readonly ("polling" | "websocket")[];
  /** Every other option of the package. Defaults: `forceNew: true`, `reconnection: false`. */
  [option: string]: unknown;
}

type Connect = (url: string, options: Record<string, unknown>) => Anything;

const CONNECT: Record<1 | 2 | 3 | 4, Connect> = {
  1: connectV1,
  2: connectV2,
  3: connectV3,
  4: connectV4,
};

/** Where a peer writes what happens. */
export interface PeerPort {
  /** Writes a line of a peer's events. */
  write(peer: string, what: string, details: readonly unknown[]): void;
  /** Tells the id of a socket. */
  name(id: string, namespace: string): void;
}

/** A stock client, with its events on record. */
export class Peer {
  readonly name: string;
  /** The client itself; a `Socket` of `socket.io-client`. */
  readonly socket: Anything;
  readonly #options: PeerOptions;
  readonly #port: PeerPort;
  readonly #children: Peer[] = [];
  /** Events that nobody has waited for yet, by name. */
  readonly #arrived = new Map<string, unknown[][]>();
  readonly #waiting = new Map<string, ((args: unknown[]) => void)[]>();

  constructor(name: string, socket: Anything, options: PeerOptions, port: PeerPort) {
    this.name = name;
    this.socket = socket;
    this.#options = options;
    this.#port = port;
    this.#tap();
  }

  /** Connects a client to a server. */
  static open(name: string, url: string, options: PeerOptions, port: PeerPort): Peer {
    const { version = 4, namespace = "/", server: _server, ...rest } = options;
    const all = { forceNew: true, reconnection: false, ...rest };
    const address = namespace === "/" ? url : url + namespace;
    return new Peer(name, CONNECT[version](address, all), options, port);
  }

  /** The client of another namespace over the same connection, named `<name><namespace>`. */
  of(namespace: string, options: Record<string, unknown> = {}): Peer {
    const socket = this.socket.io.socket(namespace, options);
    const child = new Peer(this.name + namespace, socket, this.#options, this.#port);
    this.#children.push(child);
    return child;
  }

  /** Writes a line among this client's events. */
  log(what: string, ...details: unknown[]): void {
    this.#port.write(this.name, what, details);
  }

  /** Adds a listener. Events are on record without one. */
  on(event: string, listener: (...args: Anything[]) => void): this {
    this.socket.on(event, listener);
    return this;
  }

  /** Sends an event. */
  emit(event: string, ...args: unknown[]): void {
    this.socket.emit(event, ...args);
  }

  /** Sends an event with an acknowledgement, writes the answer down and returns its arguments. */
  async ask(event: string, ...args: unknown[]): Promise<Anything[]> {
    const answer = await new Promise<unknown[]>((resolve) => {
      this.socket.emit(event, ...args, (...reply: unknown[]) => resolve(reply));
    });
    this.log(`answer to ${event}`, ...answer);
    return answer;
  }

  /** The same with a timeout (version 4); what is written down may be the error. */
  async askWithin(ms: number, event: string, ...args: unknown[]): Promise<Anything[]> {
    const answer = await new Promise<unknown[]>((resolve) => {
      this.socket.timeout(ms).emit(event, ...args, (...reply: unknown[]) => resolve(reply));
    });
    this.log(`answer to ${event}, within ${ms} ms`, ...answer);
    return answer;
  }

  /**
   * Waits for an event that has not been waited for yet, also one that came before; returns its
   * arguments. The life of the client counts too: `connect`, `disconnect`, `connect_error` (`error`
   * with the versions 1 and 2).
   */
  next(event: string): Promise<Anything[]> {
    const arrived = this.#arrived.get(event)?.shift();
    if (arrived !== undefined) {
      return Promise.resolve(arrived);
    }
    return new Promise((resolve) => {
      this.#waiting.set(event, [...(this.#waiting.get(event) ?? []), resolve]);
    });
  }

  /** Waits until it is connected; rejects with its `connect_error`. */
  connected(): Promise<void> {
    if (this.socket.connected) {
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      this.socket.once("connect", () => resolve());
      this.socket.once("connect_error", (error: unknown) =>
        reject(error instanceof Error ? error : new Error(String(error))),
      );
    });
  }

  /** Waits until it is on the last of its transports. */
  async upgraded(): Promise<void> {
    const { engine } = this.socket.io;
    const last = (this.#options.transports ?? ["polling", "websocket"]).at(-1);
    if (engine.transport.name !== last) {
      await new Promise<void>((resolve) => engine.once("upgrade", () => resolve()));
    }
  }

  /** Disconnects it, and what `of` has made of it, if it is connected. */
  disconnect(): void {
    for (const child of this.#children) {
      child.disconnect();
    }
    this.socket.disconnect();
  }

  #tap(): void {
    const { socket } = this;
    for (const event of ["connect", "disconnect", "connect_error", "error"]) {
      socket.on(event, (...args: unknown[]) => this.#onLife(event, args));
    }
    // Every version hands the packets of events to this method; the first ones have no `onAny`.
    const onEvent = socket.onevent;
    socket.onevent = (packet: { data?: unknown[] }): void => {
      const [event = "", ...args] = packet.data ?? [];
      this.log("got", event, ...args);
      onEvent.call(socket, packet);
      this.#arrive(String(event), args);
    };
  }

  #onLife(event: string, args: unknown[]): void {
    // The second argument of `disconnect`, and an error's description, are objects of the client's.
    const [first] = args;
    const isKnown = event === "disconnect" || event === "connect_error" || event === "error";
    if (event === "connect" && (this.#options.version ?? 4) >= 3) {
      // Those before take the id of the session.
      this.#port.name(this.socket.id, this.socket.nsp);
    }
    this.log(event, ...(isKnown ? [first] : []));
    this.#arrive(event, args);
  }

  #arrive(event: string, args: unknown[]): void {
    const next = this.#waiting.get(event)?.shift();
    if (next !== undefined) {
      next(args);
      return;
    }
    this.#arrived.set(event, [...(this.#arrived.get(event) ?? []), args]);
  }
}
