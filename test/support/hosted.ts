// A server on some host, for the length of one test.

import type { Server, ServerOptions } from "bun-socket.io";
import type { Host, Running } from "./hosts.ts";
import { REFERENCE } from "./reference.ts";

/** One server on one host. */
export class Hosted {
  readonly host: Host;
  #running: Running | null = null;

  constructor(host: Host) {
    this.host = host;
  }

  /** Whether the host is the reference, where it is known to differ. */
  get isReference(): boolean {
    return this.host === REFERENCE;
  }

  get running(): Running {
    if (this.#running === null) {
      throw new Error("the test has to start the server first");
    }
    return this.#running;
  }

  get io(): Server {
    return this.running.io;
  }

  start(options?: ServerOptions): Server {
    this.#running = this.host.start(options);
    return this.#running.io;
  }

  /** Closes the server; returns it, or null where none was started. */
  protected async stop(): Promise<Running | null> {
    const running = this.#running;
    this.#running = null;
    await running?.close();
    return running;
  }
}
