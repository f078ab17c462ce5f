import type { Scenario } from "../scenarios.ts";
import type { WebSocketConnection } from "./websocket.ts";
import { WebSocketLoad } from "./websocket-load.ts";

const TICK_MS = 1;

/** Messages that each come back, so many under way on each connection. */
export class EchoLoad extends WebSocketLoad {
  #left = 0;
  #missing = 0;
  #done = (): void => {};
  readonly #framesBack = this.scenario.framesBack ?? 1;
  readonly #partial = new Map<WebSocketConnection, number>();

  onFrames(connection: WebSocketConnection, frames: number): void {
    let messages = frames;
    if (this.#framesBack > 1) {
      const all = frames + (this.#partial.get(connection) ?? 0);
      messages = Math.floor(all / this.#framesBack);
      this.#partial.set(connection, all % this.#framesBack);
    }
    for (let index = 0; index < messages; index++) {
      this.#missing--;
      if (this.#left > 0) {
        this.#left--;
        connection.send(this.message);
      }
    }
    if (this.#missing === 0) this.#done();
  }

  run(count: number): Promise<undefined> {
    return new Promise((resolve) => {
      this.#done = () => resolve(undefined);
      this.#missing = count;
      const first = this.senders.slice(0, count); // no more than are counted, which might come together
      this.#left = count - first.length;
      for (const connection of first) connection.send(this.message);
    });
  }
}

/** Messages that each go to many, so many under way in all. */
export class BroadcastLoad extends WebSocketLoad {
  readonly #inFlight: number;
  readonly #fanout: number;
  #sent = 0;
  #toSend = 0;
  #frames = 0;
  #done = (): void => {};

  constructor(
    scenario: Scenario,
    port: number,
    { inFlight, fanout }: { inFlight: number; fanout: number },
  ) {
    super(scenario, port);
    this.#inFlight = inFlight;
    this.#fanout = fanout;
  }

  onFrames(_connection: WebSocketConnection, frames: number): void {
    this.#frames += frames;
    this.#send();
    if (this.#frames === this.#toSend * this.#fanout) this.#done();
  }

  #send(): void {
    const { senders } = this;
    const through = Math.floor(this.#frames / this.#fanout);
    while (this.#sent < this.#toSend && this.#sent - through < this.#inFlight) {
      senders[this.#sent % senders.length]?.send(this.message);
      this.#sent++;
    }
  }

  run(count: number): Promise<undefined> {
    return new Promise((resolve) => {
      this.#done = () => resolve(undefined);
      this.#sent = 0;
      this.#frames = 0;
      this.#toSend = Math.ceil(count / this.#fanout);
      this.#send();
    });
  }
}

/** Messages that are due at a rate, whatever has become of those before. */
export class RateLoad extends WebSocketLoad {
  readonly #perSecond: number;
  #latencies: number[] = [];
  #count = 0;
  #done = (): void => {};

  constructor(scenario: Scenario, port: number, perSecond: number) {
    super(scenario, port);
    this.#perSecond = perSecond;
  }

  onFrames(connection: WebSocketConnection, frames: number): void {
    const now = performance.now();
    for (let index = 0; index < frames; index++) {
      this.#latencies.push(now - (connection.due.shift() ?? now));
    }
    if (this.#latencies.length === this.#count) this.#done();
  }

  async run(count: number): Promise<number[]> {
    this.#latencies = [];
    this.#count = count;
    const done = new Promise<void>((resolve) => {
      this.#done = resolve;
    });
    const start = performance.now();
    let sent = 0;
    // A message counts from when it was due, also if this process was late with it.
    const timer = setInterval(() => {
      const due = Math.min(count, ((performance.now() - start) / 1000) * this.#perSecond);
      for (; sent < due; sent++) {
        const connection = this.connections[sent % this.connections.length];
        connection?.due.push(start + (sent / this.#perSecond) * 1000);
        connection?.send(this.message);
      }
      if (sent >= count) clearInterval(timer);
    }, TICK_MS);
    await done;
    return this.#latencies.sort((a, b) => a - b);
  }
}
