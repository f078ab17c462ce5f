// Stock clients, and what it takes to wait for them.

import {
  io as connectClient,
  type ManagerOptions,
  type Socket,
  type SocketOptions,
} from "socket.io-client";

/** What `once()` can wait on: clients, servers, sockets, sessions. */
interface Emitter {
  once(event: string, listener: (...args: never[]) => void): unknown;
}

/**
 * Makes stock clients for one test, and closes them all in the end.
 *
 * @example
 * const clients = new Clients();
 * afterEach(() => clients.closeAll());
 */
export class Clients {
  readonly #open: Socket[] = [];

  /** A client; it connects at once unless `autoConnect: false`, and does not reconnect. */
  make(url: string, options: Partial<ManagerOptions & SocketOptions> = {}): Socket {
    const socket = connectClient(url, { forceNew: true, reconnection: false, ...options });
    this.#open.push(socket);
    return socket;
  }

  /** A client that is connected, and upgraded where its transports say that it will be. */
  async connect(
    url: string,
    options: Partial<ManagerOptions & SocketOptions> = {},
  ): Promise<Socket> {
    const socket = this.make(url, options);
    await connected(socket);
    const [first, second] = options.transports ?? ["polling", "websocket"];
    if (first === "polling" && second === "websocket") {
      await upgraded(socket);
    }
    return socket;
  }

  closeAll(): void {
    for (const socket of this.#open.splice(0)) {
      socket.disconnect();
    }
  }
}

/** Waits for one event and returns its arguments. */
export function once<Args extends unknown[] = unknown[]>(
  emitter: Emitter,
  event: string,
): Promise<Args> {
  return new Promise((resolve) => {
    emitter.once(event, (...args: unknown[]) => resolve(args as Args));
  });
}

/** Waits for a client to be connected; rejects with its `connect_error`. */
export function connected(socket: Socket): Promise<void> {
  if (socket.connected) {
    return Promise.resolve();
  }
  return new Promise((resolve, reject) => {
    socket.once("connect", () => resolve());
    socket.once("connect_error", reject);
  });
}

/** Waits for a client to have moved to WebSocket. */
export async function upgraded(socket: Socket): Promise<void> {
  const { engine } = socket.io;
  if (engine.transport.name !== "websocket") {
    await new Promise<void>((resolve) => engine.once("upgrade", () => resolve()));
  }
}
