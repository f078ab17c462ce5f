// One server and its clients, for the length of one test.

import { afterEach, describe, expect } from "bun:test";
import type { Socket as ServerSocket } from "bun-socket.io";
import type { Socket as ClientSocket, ManagerOptions, SocketOptions } from "socket.io-client";
import { Clients, connected, once } from "./clients.ts";
import { Hosted } from "./hosted.ts";
import { HOSTS, type Host, TRANSPORTS } from "./hosts.ts";
import { REFERENCE } from "./reference.ts";

/** Both ends of one socket. */
export interface Pair {
  client: ClientSocket;
  socket: ServerSocket;
}

type ClientOptions = Partial<ManagerOptions & SocketOptions>;
type TransportNames = readonly ("polling" | "websocket")[];

const SETTLED = "settled";

/** A server on one host, and clients that connect over one list of transports. */
export class World extends Hosted {
  readonly transports: TransportNames;
  readonly #clients = new Clients();

  constructor(host: Host, transports: TransportNames) {
    super(host);
    this.transports = transports;
  }

  /** Whether clients stay on polling. */
  get isPolling(): boolean {
    return !this.transports.includes("websocket");
  }

  /** A client that connects on its own. */
  make(namespace = "/", options: ClientOptions = {}): ClientSocket {
    return this.#clients.make(this.running.url + namespace, {
      transports: [...this.transports],
      ...options,
    });
  }

  /** A client that is connected, with the server's socket for it. */
  async join(namespace = "/", options: ClientOptions = {}): Promise<Pair> {
    const client = await this.#clients.connect(this.running.url + namespace, {
      transports: [...this.transports],
      ...options,
    });
    return { client, socket: this.socketOf(client, namespace) };
  }

  /** The same over the connection of a client that there is. */
  async joinOver(other: ClientSocket, namespace: string): Promise<Pair> {
    const client = other.io.socket(namespace);
    await connected(client);
    return { client, socket: this.socketOf(client, namespace) };
  }

  /** Several clients of a namespace. */
  joinMany(count: number, namespace = "/"): Promise<Pair[]> {
    return Promise.all(Array.from({ length: count }, () => this.join(namespace)));
  }

  socketOf(client: ClientSocket, namespace = "/"): ServerSocket {
    const socket = this.io.of(namespace).sockets.get(client.id ?? "");
    if (socket === undefined) {
      throw new Error("the server has no socket for this client");
    }
    return socket;
  }

  /** Closes all, and checks that nothing is left. */
  async end(): Promise<void> {
    this.#clients.closeAll();
    const running = await this.stop();
    for (const { name, sockets, adapter } of running?.io._nsps.values() ?? []) {
      expect([name, ...sockets, ...adapter.rooms, ...adapter.sids]).toEqual([name]);
    }
  }
}

/** Runs a suite over every host of ours, the reference, and every transport. */
export function everywhere(
  suite: (world: World) => void,
  hosts: readonly Host[] = [...HOSTS, REFERENCE],
): void {
  for (const host of hosts) {
    for (const { name, transports } of TRANSPORTS) {
      describe(`${host.name}, over ${name}`, () => {
        const world = new World(host, transports);
        afterEach(() => world.end());
        suite(world);
      });
    }
  }
}

/** Lists the events that a client gets from now on. */
export function recordEvents(client: ClientSocket): unknown[][] {
  const events: unknown[][] = [];
  client.onAny((...event: unknown[]) => {
    if (event[0] !== SETTLED) {
      events.push(event);
    }
  });
  return events;
}

/** Waits until the clients have got all that the server has sent them: packets keep their order. */
export async function arrived(...pairs: readonly Pair[]): Promise<void> {
  await Promise.all(
    pairs.map(({ client, socket }) => {
      const settled = once(client, SETTLED);
      socket.emit(SETTLED);
      return settled;
    }),
  );
}

/** Waits until the server has got all that the clients have sent. */
export async function departed(...pairs: readonly Pair[]): Promise<void> {
  await Promise.all(
    pairs.map(({ client, socket }) => {
      const settled = once(socket, SETTLED);
      client.emit(SETTLED);
      return settled;
    }),
  );
}

/** Waits until a packet sent now would leave now: until a client that polls has asked for more. */
export async function reachable({ conn }: ServerSocket): Promise<void> {
  while (!conn.transport.writable) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}
