// A server as a rule sees it: a port, and ways to speak to it.

import { Connection, type RawResponse } from "../../test/support/raw.ts";
import { type RawWebSocket, requestWebSocket } from "../../test/support/raw-websocket.ts";
import { FRAMINGS, type Framing } from "./framings.ts";
import { type HttpAgent, type HttpRequest, MANNERS, type Manner, type Sent } from "./manners.ts";
import type { Way } from "./rule.ts";
import {
  decodePayload,
  type OpenPacket,
  PollingSession,
  type Revision,
  readOpen,
  type Session,
  WebSocketSession,
} from "./session.ts";

const LOOPBACK = "127.0.0.1";
const ROUND_TRIPS = 3;

type Query = Readonly<Record<string, string>>;
type Init = Partial<Omit<HttpRequest, "path">>;

/** A server, for the length of one rule. */
export class Target {
  readonly host = LOOPBACK;
  readonly port: number;
  readonly way: Way;
  readonly #manner: Manner;
  readonly #agent: HttpAgent;
  readonly #agents: HttpAgent[] = [];
  readonly #framing: Framing;
  readonly #connections = new Set<Connection>();

  constructor(port: number, way: Way) {
    this.port = port;
    this.way = way;
    this.#manner = way.transport === "polling" ? way.manner : MANNERS["keep-alive"];
    this.#agent = this.#manner.open(port);
    this.#agents.push(this.#agent);
    this.#framing = way.transport === "websocket" ? way.framing : FRAMINGS["a frame a write"];
  }

  /** The path of a request with the query of Engine.IO; an empty value leaves a parameter out. */
  path(query: Query = {}): string {
    const all = Object.entries({ EIO: "4", transport: "polling", ...query });
    return `/socket.io/?${new URLSearchParams(all.filter(([, value]) => value !== ""))}`;
  }

  /** Sends a request in the manner of the way, and waits until it is written. */
  start(query: Query = {}, { method = "GET", ...rest }: Init = {}): Promise<Sent> {
    return this.#agent.send({ method, path: this.path(query), ...rest });
  }

  /** Sends a request in the manner of the way, and waits for the answer. */
  async http(query: Query = {}, init: Init = {}): Promise<RawResponse> {
    return (await this.start(query, init)).answer;
  }

  /** A TCP connection. */
  connect(): Connection {
    const connection = new Connection(this.port);
    this.#connections.add(connection);
    return connection;
  }

  /**
   * Waits until the server has seen what was written before: no event of the wire tells of a request
   * that is parked, but it has been read when later requests on other connections have been answered.
   */
  async settle(): Promise<void> {
    for (let count = 0; count < ROUND_TRIPS; count++) {
      const connection = this.connect();
      connection.request("GET", this.path({ transport: "none" }));
      await connection.response();
      connection.destroy();
    }
  }

  /**
   * Sends a poll over a connection of its own, and waits until it is parked: a server of node:http on
   * Bun may read the second request of a connection much later than those of others.
   */
  async park(session: PollingSession): Promise<Sent> {
    const agent = this.#manner.open(this.port);
    this.#agents.push(agent);
    const query = { EIO: String(session.revision), sid: session.sid };
    const sent = await agent.send({ method: "GET", path: this.path(query) });
    await this.settle();
    return sent;
  }

  /** Opens a session over the transport of the way. */
  open(query: Query = {}): Promise<Session> {
    return this.way.transport === "polling" ? this.openPolling(query) : this.openWebSocket(query);
  }

  async openPolling(query: Query = {}): Promise<PollingSession> {
    const revision = revisionOf(query);
    const own: Query = revision === 3 ? { b64: "1", ...query } : query;
    const { body } = await this.http(own);
    return this.polling(readOpen(decodePayload(body, revision)[0]), own);
  }

  /** The requests of a session that there is. */
  polling(open: OpenPacket, query: Query = {}): PollingSession {
    return new PollingSession(open, revisionOf(query), (method, init) =>
      this.start({ ...query, sid: open.sid }, { method, ...init }),
    );
  }

  async openWebSocket(query: Query = {}): Promise<WebSocketSession> {
    const webSocket = await this.webSocket(query);
    const open = readOpen(await webSocket.text());
    return new WebSocketSession(open, revisionOf(query), webSocket, this.#framing);
  }

  /** Opens a WebSocket for a session that there is, and sends nothing over it. */
  async candidate(session: Session): Promise<WebSocketSession> {
    const { open, revision, sid } = session;
    const webSocket = await this.webSocket({ EIO: String(revision), sid });
    return new WebSocketSession(open, revision, webSocket, this.#framing);
  }

  /** Opens a WebSocket and moves the session there. */
  async upgrade(session: Session): Promise<WebSocketSession> {
    const candidate = await this.candidate(session);
    await candidate.send("2probe");
    await candidate.expect("3probe");
    await candidate.send("5");
    return candidate;
  }

  /** Opens a WebSocket. */
  async webSocket(query: Query = {}): Promise<RawWebSocket> {
    const { answer, webSocket } = await this.tryWebSocket(query);
    if (webSocket === null) {
      throw new Error(`no WebSocket: ${answer.status} ${answer.body}`);
    }
    return webSocket;
  }

  /** Asks for a WebSocket. */
  async tryWebSocket(
    query: Query = {},
  ): Promise<{ answer: RawResponse; webSocket: RawWebSocket | null }> {
    const path = this.path({ transport: "websocket", ...query });
    const asked = await requestWebSocket(this.port, path);
    this.#connections.add(asked.connection);
    return asked;
  }

  /** Cuts all connections. */
  close(): void {
    for (const agent of this.#agents) {
      agent.close();
    }
    for (const connection of this.#connections) {
      connection.destroy();
    }
  }
}

function revisionOf({ EIO }: Query): Revision {
  return EIO === "3" ? 3 : 4;
}
