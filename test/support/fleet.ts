// Servers whose adapters are on one bus, each with clients.

import type { Server, ServerOptions, Socket } from "bun-socket.io";
import type { Socket as ClientSocket } from "socket.io-client";
import { BUS_ADAPTERS, Bus, type BusAdapterKind } from "./bus.ts";
import { Clients } from "./clients.ts";
import { HOSTS, type Running } from "./hosts.ts";

const POLL_MS = 5;

/** One server of a fleet, and a client of it. */
export interface Node {
  readonly io: Server;
  readonly url: string;
  readonly client: ClientSocket;
  readonly socket: Socket;
  /** The name of its adapter. */
  readonly uid: string;
}

/** Waits until something is so that no event tells. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) {
    await Bun.sleep(POLL_MS);
  }
}

export class Fleet {
  readonly bus = new Bus();
  readonly nodes: Node[] = [];
  readonly #clients = new Clients();
  readonly #running: Running[] = [];

  /** Starts servers, one of each kind given, each with one client, and waits until they know each other. */
  async start(kinds: readonly BusAdapterKind[], options: ServerOptions = {}): Promise<void> {
    for (const kind of kinds) {
      this.nodes.push(await this.add(kind, options));
    }
    await until(async () => {
      const counts = this.nodes.map(({ io }) => io.of("/").adapter.serverCount());
      return (await Promise.all(counts)).every((count) => count === this.nodes.length);
    });
  }

  /** Starts one server with a client. */
  async add(kind: BusAdapterKind, options: ServerOptions = {}): Promise<Node> {
    const [host] = HOSTS;
    if (host === undefined) {
      throw new Error("there is no host");
    }
    const running = host.start({ adapter: BUS_ADAPTERS[kind](this.bus), ...options });
    this.#running.push(running);
    const { io, url } = running;
    const client = await this.connect(url);
    const socket = io.sockets.sockets.get(client.id ?? "");
    if (socket === undefined) {
      throw new Error("the server does not know its client");
    }
    return { io, url, client, socket, uid: String(Reflect.get(io.of("/").adapter, "name")) };
  }

  connect(url: string): Promise<ClientSocket> {
    return this.#clients.connect(url, { transports: ["websocket"] });
  }

  node(index: number): Node {
    const node = this.nodes[index];
    if (node === undefined) {
      throw new Error(`there is no node ${index}`);
    }
    return node;
  }

  /** Has a node say and hear nothing any more. */
  kill(index: number): void {
    this.bus.dead.add(this.node(index).uid);
  }

  async stop(): Promise<void> {
    this.#clients.closeAll();
    await Promise.all(this.#running.map((each) => each.close()));
  }
}
