// Attacks on a server in a process of its own, which has sessions of honest clients all the while. After
// each attack the process lives, the honest clients were not disconnected and get their answers, nothing
// was left uncaught, and nothing of the attacker is left.

import { afterAll, afterEach, beforeAll, describe, expect } from "bun:test";
import type { Socket } from "socket.io-client";
import * as msgpack from "socket.io-msgpack-parser";
import { Clients } from "./clients.ts";
import { RawClient } from "./raw-client.ts";
import { Connection } from "./raw.ts";
import { type RawWebSocket, requestWebSocket } from "./raw-websocket.ts";
import { Victim, type VictimSettings, type VictimState } from "./victim.ts";

/** The two kinds of hosts: Bun's own server, and node:http. */
const HOST_NAMES = ["listen()", "a server of node:http"];

/** How an attacker talks to the server. */
export const ATTACK_TRANSPORTS = ["polling", "websocket"] as const;

type AttackTransport = (typeof ATTACK_TRANSPORTS)[number];
type Packet = string | Uint8Array<ArrayBuffer>;

/** A server under attack, for the tests of one suite. */
export class Siege {
  readonly #clients = new Clients();
  #victim: Victim | null = null;
  #honest: Socket[] = [];
  #disconnections: string[] = [];
  #attackers: { close(): void }[] = [];

  get victim(): Victim {
    if (this.#victim === null) {
      throw new Error("the server is not running");
    }
    return this.#victim;
  }

  get port(): number {
    return this.victim.port;
  }

  async start(settings: VictimSettings): Promise<void> {
    this.#victim = await Victim.start(settings);
    const parser = settings.msgpack === true ? { parser: msgpack } : {};
    for (const transports of [["polling"], ["websocket"]]) {
      const client = await this.#clients.connect(this.victim.url, { transports, ...parser });
      client.on("disconnect", (reason) => this.#disconnections.push(reason));
      this.#honest.push(client);
    }
    await this.#state(); // forgets what led here
  }

  /** How the server is; what it says of sessions and sockets is of attackers alone. */
  async #state(): Promise<VictimState> {
    return this.#ofOthers(await this.victim.state());
  }

  #ofOthers(state: VictimState): VictimState {
    const count = this.#honest.length;
    return {
      ...state,
      sessions: state.sessions - count,
      sockets: state.sockets - count,
      rooms: state.rooms - count,
    };
  }

  /** Asks the server until it is as it should be. */
  async until(holds: (state: VictimState) => boolean): Promise<VictimState> {
    return this.#ofOthers(await this.victim.until((state) => holds(this.#ofOthers(state))));
  }

  /** A session in the namespace /. */
  async intrude(transport: AttackTransport): Promise<RawClient> {
    const client = await this.open(transport);
    await client.connect();
    return client;
  }

  /** A session that has joined nothing. */
  async open(transport: AttackTransport): Promise<RawClient> {
    const client = await RawClient.open(this.victim.url, transport);
    this.#attackers.push({
      close: () => {
        if (transport === "polling") {
          void client.send("1"); // its session would wait for the heartbeat otherwise
        }
        client.close();
      },
    });
    return client;
  }

  /** A TCP connection. */
  connect(): Connection {
    const connection = new Connection(this.port);
    this.#attackers.push({ close: () => connection.destroy() });
    return connection;
  }

  /** A WebSocket by its frames, in the namespace /. */
  async webSocket(headers: Record<string, string> = {}): Promise<RawWebSocket> {
    const path = "/socket.io/?EIO=4&transport=websocket";
    const { webSocket, connection } = await requestWebSocket(this.port, path, headers);
    if (webSocket === null) {
      throw new Error("the server refused a WebSocket");
    }
    this.#attackers.push({ close: () => connection.destroy() });
    await webSocket.text();
    webSocket.send("40");
    await webSocket.text();
    return webSocket;
  }

  /** Sends packets that have to end their session, with an `error` of that message on its socket. */
  async refused(transport: AttackTransport, packets: Packet[], message: string): Promise<void> {
    const client = await this.intrude(transport);
    await client.send(...packets);
    await client.closed;
    const { errors, reasons } = await this.until(({ reasons }) => reasons.length > 0);
    expect([errors, reasons]).toEqual([[message], ["forced close"]]);
  }

  /** Checks what holds after each attack. */
  async check(): Promise<void> {
    for (const attacker of this.#attackers.splice(0)) {
      attacker.close();
    }
    const answers = this.#honest.map((client) => client.timeout(10_000).emitWithAck("ask"));
    expect(await Promise.all(answers)).toEqual(this.#honest.map(() => "alive"));
    expect(this.#disconnections).toEqual([]);
    expect(this.victim.failures).toEqual([]);
    const { isPolluted } = await this.until(
      ({ sessions, sockets, rooms }) => sessions === 0 && sockets === 0 && rooms === 0,
    );
    expect(isPolluted).toBe(false);
  }

  async end(): Promise<void> {
    this.#clients.closeAll();
    this.#honest = [];
    await this.#victim?.stop();
    this.#victim = null;
  }
}

/** Runs a suite against a server on each kind of host. */
export function underSiege(
  settings: Omit<VictimSettings, "host">,
  suite: (siege: Siege, isNode: boolean) => void,
): void {
  for (const host of HOST_NAMES) {
    describe(host, () => {
      const siege = new Siege();
      beforeAll(() => siege.start({ host, ...settings }));
      afterEach(() => siege.check());
      afterAll(() => siege.end());
      suite(siege, host !== HOST_NAMES[0]);
    });
  }
}
