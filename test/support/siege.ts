// Attacks on a server in a process of its own, which has sessions of honest clients all the while. After
// each attack the process lives, the honest clients were not disconnected and get their answers, nothing
// was left uncaught, and nothing of the attacker is left.

import { afterAll, afterEach, beforeAll, describe, expect } from "bun:test";
import { RawClient } from "./raw-client.ts";
import { Connection } from "./raw.ts";
import { type RawWebSocket, requestWebSocket } from "./raw-websocket.ts";
import type { VictimSettings } from "./victim.ts";
import { VICTIM_HOSTS, Witnesses } from "./witnesses.ts";

/** For a machine that has much else to do. */
const PATIENCE_MS = 20_000;

/** How an attacker talks to the server. */
export const ATTACK_TRANSPORTS = ["polling", "websocket"] as const;

type AttackTransport = (typeof ATTACK_TRANSPORTS)[number];
type Packet = string | Uint8Array<ArrayBuffer>;

/** A server under attack, for the tests of one suite. */
export class Siege extends Witnesses {
  #attackers: { close(): void }[] = [];

  get port(): number {
    return this.victim.port;
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
    expect(await this.problems()).toEqual([]);
    await this.whenAlone();
  }
}

/** Runs a suite against a server on each kind of host. */
export function underSiege(
  settings: Omit<VictimSettings, "host">,
  suite: (siege: Siege, isNode: boolean) => void,
): void {
  for (const host of VICTIM_HOSTS) {
    describe(host, () => {
      const siege = new Siege();
      beforeAll(() => siege.start({ host, ...settings }), PATIENCE_MS);
      afterEach(() => siege.check(), PATIENCE_MS);
      afterAll(() => siege.end());
      suite(siege, host !== VICTIM_HOSTS[0]);
    });
  }
}
