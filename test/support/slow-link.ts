// A TCP connection between a client and a server that can be held up on its way to the client.

import { connect, createServer, type Server, type Socket } from "node:net";
import { portOf } from "./hosts.ts";

/** Forwards connections to a port. */
export class SlowLink {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #fromServer: Socket[] = [];
  #isPaused = false;

  private constructor(port: number) {
    this.#server = createServer((client) => {
      const server = connect(port, "127.0.0.1");
      this.#fromServer.push(server);
      if (this.#isPaused) {
        server.pause();
      }
      for (const socket of [client, server]) {
        this.#sockets.add(socket);
        socket.on("error", () => {}); // the other one ends with it
      }
      client.on("data", (data) => server.write(data));
      server.on("data", (data) => client.write(data));
      client.on("close", () => server.destroy());
      server.on("close", () => client.end());
    });
  }

  static async to(port: number): Promise<SlowLink> {
    const link = new SlowLink(port);
    await new Promise<void>((resolve) => link.#server.listen(0, "127.0.0.1", resolve));
    return link;
  }

  /** Where clients connect. */
  get url(): string {
    return `http://127.0.0.1:${portOf(this.#server)}`;
  }

  /** What the server sends stays where it is, until {@link resume}. */
  pause(): void {
    this.#isPaused = true;
    for (const socket of this.#fromServer) {
      socket.pause();
    }
  }

  resume(): void {
    this.#isPaused = false;
    for (const socket of this.#fromServer.splice(0)) {
      socket.resume();
    }
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) {
      socket.destroy();
    }
  }
}
