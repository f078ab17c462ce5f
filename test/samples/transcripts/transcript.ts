// What a client sees of a server, line by line, so that two servers can be compared.

import type { Socket } from "socket.io-client";
import { Clients, once } from "../../support/clients.ts";

export class Transcript {
  readonly url: string;
  readonly clients = new Clients();
  readonly lines: string[] = [];
  /** Ids that are made at random, by the names that they get in the transcript. */
  readonly #names = new Map<string, string>();

  constructor(url: string) {
    this.url = url;
  }

  /** Adds a line. Values that were named are replaced by their names. */
  say(what: string, ...values: unknown[]): void {
    let text = JSON.stringify(values);
    for (const [value, name] of this.#names) text = text.replaceAll(value, name);
    this.lines.push(`${what} ${text}`);
  }

  name(value: string, name: string): void {
    this.#names.set(value, `<${name}>`);
  }

  /** Waits for an event and adds it. */
  async expect(who: string, socket: Socket, event: string): Promise<unknown[]> {
    const args = await once(socket, event);
    this.say(`${who} gets "${event}"`, ...args);
    return args;
  }

  /** Waits for several things at once; their lines are sorted, as their order is open. */
  async together(...waits: Promise<unknown>[]): Promise<void> {
    const start = this.lines.length;
    await Promise.all(waits);
    this.lines.push(...this.lines.splice(start).sort());
  }

  /** Asks the server something and adds its answer. */
  async ask(who: string, socket: Socket, event: string, ...args: unknown[]): Promise<unknown> {
    const answer: unknown[] = await new Promise((resolve) => {
      socket.emit(event, ...args, (...values: unknown[]) => resolve(values));
    });
    this.say(`${who} asks "${event}" of ${JSON.stringify(args)}:`, ...answer);
    return answer[0];
  }

  /** Asks for a page and adds its status and headers. */
  async fetch(path: string, init: RequestInit = {}): Promise<Response> {
    const response = await fetch(this.url + path, init);
    const type = response.headers.get("content-type");
    this.say(`${init.method ?? "GET"} ${path}`, response.status, type);
    return response;
  }
}
