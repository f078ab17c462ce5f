/// <reference path="./old-client-modules.d.ts" />
// Servers with clients of Socket.IO 1 and 2, beside those of today.

import { afterEach, describe } from "bun:test";
import type { Server, ServerOptions, Socket } from "bun-socket.io";
import type { Socket as ClientSocket } from "socket.io-client";
import connectV1 from "socket.io-client-v1";
import connectV2 from "socket.io-client-v2";
import { Clients, once } from "./clients.ts";
import { Hosted } from "./hosted.ts";
import { HOSTS, type Host } from "./hosts.ts";
import { REFERENCE } from "./reference.ts";

export type OldClient = OldClientSocket;

/** Both ends of one socket. */
export interface OldPair {
  client: OldClient;
  socket: Socket;
}

/** An old client, and how it connects. */
export interface OldKind {
  name: string;
  connect: OldConnect;
  transports: readonly ("polling" | "websocket")[];
  options?: Record<string, unknown>;
}

const POLLING = ["polling"] as const;
const WEBSOCKET = ["websocket"] as const;
const UPGRADE = ["polling", "websocket"] as const;

export const OLD_KINDS: readonly OldKind[] = [
  { name: "client 2 over polling", connect: connectV2, transports: POLLING },
  { name: "client 2 over WebSocket", connect: connectV2, transports: WEBSOCKET },
  { name: "client 2 that upgrades", connect: connectV2, transports: UPGRADE },
  {
    name: "client 2 over WebSocket with forceBase64",
    connect: connectV2,
    transports: WEBSOCKET,
    options: { forceBase64: true },
  },
  { name: "client 1 over polling", connect: connectV1, transports: POLLING },
  { name: "client 1 over WebSocket", connect: connectV1, transports: WEBSOCKET },
  { name: "client 1 that upgrades", connect: connectV1, transports: UPGRADE },
];

/** A server on one host, for old clients of one kind and for new ones. */
export class OldWorld extends Hosted {
  readonly kind: OldKind;
  readonly #old: OldClient[] = [];
  readonly #new = new Clients();

  constructor(host: Host, kind: OldKind) {
    super(host);
    this.kind = kind;
  }

  /** Whether clients move from polling to WebSocket. */
  get upgrades(): boolean {
    return this.kind.transports.length > 1;
  }

  get isPolling(): boolean {
    return !this.kind.transports.includes("websocket");
  }

  override start(options: ServerOptions = {}): Server {
    return super.start({ allowEIO3: true, ...options });
  }

  /** An old client that connects on its own. */
  make(namespace = "/", options: Record<string, unknown> = {}): OldClient {
    const client = this.kind.connect(this.running.url + namespace, {
      forceNew: true,
      reconnection: false,
      transports: [...this.kind.transports],
      ...this.kind.options,
      ...options,
    });
    this.#old.push(client);
    return client;
  }

  /** An old client that is connected, and has moved to WebSocket if it will. */
  async join(namespace = "/", options: Record<string, unknown> = {}): Promise<OldPair> {
    const client = this.make(namespace, options);
    await once(client, "connect");
    const { engine } = client.io;
    if (this.upgrades && engine.transport.name === "polling") {
      await once(engine, "upgrade");
    }
    const socket = this.socketOf(client, namespace);
    while (socket.conn.transport.name !== engine.transport.name) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    return { client, socket };
  }

  /** The same over the connection of a client that there is. */
  async joinOver(
    other: OldClient,
    namespace: string,
    query?: Record<string, string>,
  ): Promise<OldPair> {
    const options = query === undefined ? {} : { query: `${new URLSearchParams(query)}` };
    const client = other.io.socket(namespace, options);
    await once(client, "connect");
    return { client, socket: this.socketOf(client, namespace) };
  }

  /** A client of today, with the server's socket. */
  async joinNew(transports = [...this.kind.transports]): Promise<{
    client: ClientSocket;
    socket: Socket;
  }> {
    const client = await this.#new.connect(this.running.url, { transports });
    const socket = this.io.of("/").sockets.get(client.id ?? "");
    if (socket === undefined) {
      throw new Error("the server has no socket for this client");
    }
    return { client, socket };
  }

  socketOf(client: OldClient, namespace = "/"): Socket {
    const { id } = client.io.engine; // client 1 believes that it has this id in every namespace
    const name = namespace === "/" ? id : `${namespace}#${id}`;
    const socket = this.io.of(namespace).sockets.get(name);
    if (socket === undefined) {
      throw new Error("the server has no socket for this client");
    }
    return socket;
  }

  async end(): Promise<void> {
    for (const client of this.#old.splice(0)) {
      client.disconnect();
    }
    this.#new.closeAll();
    await this.stop();
  }
}

/**
 * Runs a suite over every host and the reference, with every kind of old client. Client 1 says on
 * the wire what client 2 does, for which one host is enough.
 */
export function everywhereOld(suite: (world: OldWorld) => void): void {
  for (const host of [...HOSTS, REFERENCE]) {
    const all = host === HOSTS[0] || host === REFERENCE;
    for (const kind of OLD_KINDS.filter(({ connect }) => all || connect === connectV2)) {
      describe(`${host.name}, ${kind.name}`, () => {
        const world = new OldWorld(host, kind);
        afterEach(() => world.end());
        suite(world);
      });
    }
  }
}
