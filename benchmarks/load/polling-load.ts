import type { Scenario } from "../scenarios.ts";
import type { Load } from "./load.ts";
import { PollingConnection } from "./polling.ts";

/** Messages that each come back over long-polling, one under way for each client. */
export class PollingLoad implements Load {
  readonly #clients: PollingConnection[] = [];
  readonly #scenario: Scenario;
  readonly #port: number;
  readonly #packet: string;
  #left = 0;
  #missing = 0;
  #done = (): void => {};

  constructor(scenario: Scenario, port: number) {
    this.#scenario = scenario;
    this.#port = port;
    this.#packet = scenario.frames[0] as string;
  }

  async open(): Promise<void> {
    for (let index = 0; index < this.#scenario.connections; index++) {
      const client = new PollingConnection((count) => this.#onMessages(client, count));
      this.#clients.push(client);
    }
    await Promise.all(this.#clients.map((client) => client.join(this.#port)));
  }

  #onMessages(client: PollingConnection, count: number): void {
    this.#missing -= count;
    if (this.#left > 0) {
      this.#left--;
      client.send(this.#packet);
    }
    if (this.#missing === 0) this.#done();
  }

  run(count: number): Promise<undefined> {
    return new Promise((resolve) => {
      this.#done = () => resolve(undefined);
      this.#missing = count;
      this.#left = count - this.#clients.length;
      for (const client of this.#clients) client.send(this.#packet);
    });
  }

  end(): void {
    for (const client of this.#clients) client.end();
  }
}
