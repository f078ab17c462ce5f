// One server and its raw clients, for the length of one test. `bun test` itself fails a test in
// which an exception or a rejection goes unhandled, so the suites need no guard of their own.

import { afterEach, describe, expect } from "bun:test";
import type { ServerOptions } from "bun-socket.io";
import type { CloseReason, ConnectionError, Engine, Session } from "bun-socket.io/engine";
import { HOSTS, type Host, type Running } from "./hosts.ts";
import { Connection, exchange, type RawResponse } from "./raw.ts";
import { type RawWebSocket, requestWebSocket } from "./raw-websocket.ts";
import { REFERENCE } from "./reference.ts";

const SEPARATOR = "\x1e";

/** The content of an open packet. */
export interface OpenPacket {
  sid: string;
  upgrades: string[];
  pingInterval: number;
  pingTimeout: number;
  maxPayload: number;
}

/** How a session ended. */
export interface End {
  reason: CloseReason;
  description: unknown;
}

/** One session of the server, and what its client needs. */
export interface Peer {
  sid: string;
  open: OpenPacket;
  session: Session;
  /** Kept when the session has ended. */
  ended: Promise<End>;
}

/** A server of Engine.IO on one host: Socket.IO sits on top of it, but serves none of the sessions. */
export class Wire {
  readonly host: Host;
  #running: Running | null = null;
  #ends = new Map<string, Promise<End>>();
  #webSockets: RawWebSocket[] = [];
  #connections: Connection[] = [];

  constructor(host: Host) {
    this.host = host;
  }

  /** Whether the host is the reference, where it is known to differ. */
  get isReference(): boolean {
    return this.host === REFERENCE;
  }

  get running(): Running {
    if (this.#running === null) {
      throw new Error("the test has to start the server first");
    }
    return this.#running;
  }

  get engine(): Engine {
    return this.running.io.engine;
  }

  get port(): number {
    return this.running.port;
  }

  start(options: ServerOptions = {}): Engine {
    this.#running = this.host.start(options);
    const { engine } = this;
    engine.onSession = null;
    engine.removeAllListeners("connection"); // with the reference, Socket.IO is one of them
    engine.on("connection", (session) => {
      const end = new Promise<End>((resolve) => {
        session.once("close", (reason, description) => resolve({ reason, description }));
      });
      this.#ends.set(session.id, end);
    });
    return engine;
  }

  /** The path of a request, with the query of this protocol. */
  path(query: Record<string, string> = {}): string {
    const all = { EIO: "4", transport: "polling", ...query };
    return `/socket.io/?${new URLSearchParams(all)}`;
  }

  request(query: Record<string, string> = {}, init: BunFetchRequestInit = {}): Promise<Response> {
    return fetch(this.running.url + this.path(query), init);
  }

  /** A TCP connection to the server. */
  connect(): Connection {
    const connection = new Connection(this.port);
    this.#connections.push(connection);
    return connection;
  }

  /** The session of an id, which must be running. */
  session(sid: string): Session {
    const session = this.engine.clients[sid];
    if (session === undefined) {
      throw new Error("the server has no session of this id");
    }
    return session;
  }

  #peer(packet: string): Peer {
    expect(packet[0]).toBe("0");
    const open: OpenPacket = JSON.parse(packet.slice(1));
    const ended = this.#ends.get(open.sid);
    if (ended === undefined) {
      throw new Error("the server did not announce the session");
    }
    return { sid: open.sid, open, session: this.session(open.sid), ended };
  }

  /** Shakes hands as {@link openPolling} does, and has a message wait: the answer as it came. */
  async handshakeWithMessage(): Promise<{ handshake: RawResponse; sid: string }> {
    const handshake = await exchange(this.port, "GET", this.path());
    const { sid } = JSON.parse(handshake.body.slice(1));
    this.session(sid).send("hello");
    return { handshake, sid };
  }

  /** Opens a session over polling. */
  async openPolling(query: Record<string, string> = {}): Promise<Peer> {
    const response = await this.request(query);
    const [packet = ""] = await packetsOf(response);
    return this.#peer(packet);
  }

  /** Opens a session over WebSocket. */
  async openWebSocket(
    headers: Record<string, string> = {},
  ): Promise<Peer & { webSocket: RawWebSocket }> {
    const webSocket = await this.upgrade({}, headers);
    return { ...this.#peer(await webSocket.text()), webSocket };
  }

  /** Opens a WebSocket; with a `sid` it is one for a session that there is. */
  async upgrade(
    query: Record<string, string> = {},
    headers: Record<string, string> = {},
  ): Promise<RawWebSocket> {
    const path = this.path({ transport: "websocket", ...query });
    const { answer, webSocket } = await requestWebSocket(this.port, path, headers);
    if (webSocket === null) {
      throw new Error(`no WebSocket: ${answer.status} ${answer.body}`);
    }
    this.#webSockets.push(webSocket);
    return webSocket;
  }

  /** Polls once and returns the packets. */
  async poll(sid: string): Promise<string[]> {
    return packetsOf(await this.request({ sid }));
  }

  /** Sends a poll, and returns when it waits at the server. */
  async park(sid: string, init: BunFetchRequestInit = {}): Promise<{ answer: Promise<Response> }> {
    const answer = this.request({ sid }, init);
    answer.catch(() => {}); // a test that aborts it may not care
    const session = this.session(sid);
    await until(() => session.transport.writable);
    return { answer };
  }

  /** Posts packets. */
  post(sid: string, ...packets: string[]): Promise<Response> {
    return this.request({ sid }, { method: "POST", body: packets.join(SEPARATOR) });
  }

  /** Posts packets and checks that they were taken. */
  async deliver(sid: string, ...packets: string[]): Promise<void> {
    const response = await this.post(sid, ...packets);
    expect([response.status, await response.text()]).toEqual([200, "ok"]);
  }

  /** Kept when the next request has come to the engine. */
  nextRequest(): Promise<void> {
    return new Promise((resolve) => {
      this.engine.use((_request, _response, next) => {
        next();
        resolve();
      });
    });
  }

  /** The errors that the engine reports from now on, without their requests. */
  recordErrors(): Omit<ConnectionError, "req">[] {
    const errors: Omit<ConnectionError, "req">[] = [];
    this.engine.on("connection_error", ({ code, message, context }) =>
      errors.push({ code, message, context }),
    );
    return errors;
  }

  /** Checks that no session is left, before the server is closed. */
  expectNoSessions(): void {
    expect(Object.keys(this.engine.clients)).toEqual([]);
    expect(this.engine.clientsCount).toBe(0);
  }

  async end(): Promise<void> {
    const running = this.#running;
    if (running === null) {
      return;
    }
    const closed = running.close();
    for (const { connection } of this.#webSockets.splice(0)) {
      connection.destroy();
    }
    for (const connection of this.#connections.splice(0)) {
      connection.destroy();
    }
    await closed;
    this.expectNoSessions();
    await Promise.all(this.#ends.values()); // each has told so
    this.#ends.clear();
    this.#running = null;
  }
}

/** The packets of a polling answer. */
export async function packetsOf(response: Response): Promise<string[]> {
  const body = await response.text();
  expect([response.status, body]).toEqual([200, body]);
  return body.split(SEPARATOR);
}

/** Waits for a state that no event tells of; the time limit of the test ends a vain wait. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Runs a suite over every host of ours, and over the reference. */
export function overTheWire(
  suite: (wire: Wire) => void,
  hosts: readonly Host[] = [...HOSTS, REFERENCE],
): void {
  for (const host of hosts) {
    describe(host.name, () => {
      const wire = new Wire(host);
      afterEach(() => wire.end());
      suite(wire);
    });
  }
}
