// A server in a process of its own, and honest clients of it, who tell whether an attack touched them.

import type { Socket } from "socket.io-client";
import * as msgpack from "socket.io-msgpack-parser";
import { Clients } from "./clients.ts";
import { Victim, type VictimSettings, type VictimState } from "./victim.ts";

/** The two kinds of hosts: Bun's own server, and node:http. */
export const VICTIM_HOSTS = ["listen()", "a server of node:http"];

const ANSWER_MS = 10_000;

/** The server, and its honest clients: one over polling, one over WebSocket. */
export class Witnesses {
  readonly #clients = new Clients();
  #victim: Victim | null = null;
  #honest: Socket[] = [];
  #disconnections: string[] = [];

  get victim(): Victim {
    if (this.#victim === null) {
      throw new Error("the server is not running");
    }
    return this.#victim;
  }

  async start(settings: VictimSettings): Promise<void> {
    this.#victim = await Victim.start(settings);
    const parser = settings.msgpack === true ? { parser: msgpack } : {};
    for (const transports of [["polling"], ["websocket"]]) {
      const client = await this.#clients.connect(this.victim.url, { transports, ...parser });
      client.on("disconnect", (reason) => this.#disconnections.push(reason));
      this.#honest.push(client);
    }
    await this.victim.state(); // forgets what led here
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

  /** Asks the server until it is as it should be; what it says is of the others alone. */
  async until(holds: (state: VictimState) => boolean): Promise<VictimState> {
    return this.#ofOthers(await this.victim.until((state) => holds(this.#ofOthers(state))));
  }

  /** What has been touched so far, though it may not; rejects where the server has died. */
  async problems(): Promise<string[]> {
    const answers = this.#honest.map((client) =>
      client
        .timeout(ANSWER_MS)
        .emitWithAck("ask")
        .catch((error: Error) => error.message),
    );
    const wrong = (await Promise.all(answers)).filter((answer) => answer !== "alive");
    const { status } = await fetch(`${this.victim.url}/socket.io/?EIO=4&transport=none`);
    const { isPolluted } = await this.victim.state();
    return [
      ...(status === 400 ? [] : [`a new client is answered with ${status}`]),
      ...wrong.map((answer) => `an honest client is not answered: ${answer}`),
      ...this.#disconnections.map((reason) => `an honest client was disconnected: ${reason}`),
      ...this.victim.failures.map((failure) => `nobody caught: ${failure}`),
      ...(isPolluted ? ["Object.prototype has changed"] : []),
    ];
  }

  /** Resolves when nothing of the others is left. */
  async whenAlone(): Promise<void> {
    await this.until(
      ({ sessions, sockets, rooms }) => sessions === 0 && sockets === 0 && rooms === 0,
    );
  }

  async end(): Promise<void> {
    this.#clients.closeAll();
    this.#honest = [];
    await this.#victim?.stop();
    this.#victim = null;
  }
}
