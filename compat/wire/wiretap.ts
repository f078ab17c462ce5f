// What stands between the clients of one name and the server: passes every byte on, and keeps a copy.

import { createServer, connect, type Server, type Socket } from "node:net";
import type { Tapes } from "./exchange.ts";
import { Tape } from "./tape.ts";

const HOSTNAME = "127.0.0.1";

/** A recorded way to the server, on a port of its own. */
export class Wiretap {
  /** The connections, in the order in which they came. */
  readonly connections: Tapes[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #isFrozen = false;
  #isRecording = true;

  /** Listens on a free port; Bun knows at once which. */
  constructor(serverPort: number) {
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (client) =>
      this.#join(client, connect({ port: serverPort, host: HOSTNAME, allowHalfOpen: true })),
    );
    this.#server.listen(0, HOSTNAME);
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  /** From now on nothing is recorded. */
  stopRecording(): void {
    this.#isRecording = false;
  }

  /** Ends all connections at once. */
  cut(): void {
    for (const socket of this.#sockets) {
      socket.destroy();
    }
  }

  freeze(): void {
    this.#isFrozen = true;
    for (const socket of this.#sockets) {
      socket.pause();
    }
  }

  thaw(): void {
    this.#isFrozen = false;
    for (const socket of this.#sockets) {
      socket.resume();
    }
  }

  close(): void {
    this.stopRecording();
    this.cut();
    this.#server.close();
  }

  #join(client: Socket, server: Socket): void {
    const tapes: Tapes = { toServer: new Tape(), toClient: new Tape(), serverEnded: false };
    this.connections.push(tapes);
    server.setNoDelay(true);
    this.#pass(client, server, tapes.toServer, () => {});
    this.#pass(server, client, tapes.toClient, () => {
      tapes.serverEnded ||= this.#isRecording;
    });
    if (this.#isFrozen) {
      client.pause();
      server.pause();
    }
  }

  /** One direction. */
  #pass(from: Socket, to: Socket, tape: Tape, onEnd: () => void): void {
    this.#sockets.add(from);
    from.on("data", (chunk: Buffer) => {
      if (this.#isRecording) {
        tape.add(chunk);
      }
      if (!to.write(chunk)) {
        from.pause();
        to.once("drain", () => !this.#isFrozen && from.resume());
      }
    });
    from.on("end", () => {
      onEnd();
      to.end();
    });
    from.on("error", () => to.destroy()); // the other side sees the end, as without a tap
    from.on("close", () => {
      onEnd();
      this.#sockets.delete(from);
      // What was written before still has to arrive.
      to.destroySoon();
    });
  }
}
