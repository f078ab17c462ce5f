// The way of one node to Redis, which can be cut off: what is sent meanwhile is refused.

import { connect, createServer, type Server, type Socket } from "node:net";
import { portOf } from "./hosts.ts";

/** Forwards connections to a port as long as it is open. */
export class RedisGate {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #isOpen = true;

  private constructor(port: number) {
    this.#server = createServer((client) => {
      if (!this.#isOpen) {
        client.destroy();
        return;
      }
      const server = connect(port, "127.0.0.1");
      for (const socket of [client, server]) {
        this.#sockets.add(socket);
        socket.on("error", () => {}); // the other one ends with it
        socket.on("close", () => {
          this.#sockets.delete(socket);
          client.destroy();
          server.destroy();
        });
      }
      client.pipe(server).pipe(client);
    });
  }

  static async to(port: number): Promise<RedisGate> {
    const gate = new RedisGate(port);
    await new Promise<void>((resolve) => gate.#server.listen(0, "127.0.0.1", resolve));
    return gate;
  }

  /** Where clients connect. */
  get port(): number {
    return portOf(this.#server);
  }

  /** Cuts off all connections, and takes none. */
  shut(): void {
    this.#isOpen = false;
    for (const socket of this.#sockets) {
      socket.destroy();
    }
  }

  /** Takes connections again. */
  open(): void {
    this.#isOpen = true;
  }

  close(): void {
    this.shut();
    this.#server.close();
  }
}
