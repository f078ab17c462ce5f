import type { Scenario } from "../scenarios.ts";
import { frameOf } from "./frames.ts";
import type { Load } from "./load.ts";
import { type ConnectionPort, WebSocketConnection } from "./websocket.ts";

const OPENING = 100; // at a time

/** Opens the connections of a scenario, some at a time. */
async function openAll(
  connections: readonly WebSocketConnection[],
  port: number,
  opened: Joined,
): Promise<void> {
  for (let index = 0; index < connections.length; index += OPENING) {
    const some = connections.slice(index, index + OPENING);
    const joined = opened.next(some.length);
    await Promise.all(some.map((connection) => connection.connect(port)));
    await joined;
  }
}

/** Counts those who have joined. */
class Joined {
  #missing = 0;
  #done = (): void => {};

  next(count: number): Promise<void> {
    this.#missing = count;
    return new Promise((resolve) => {
      this.#done = resolve;
    });
  }

  one(): void {
    this.#missing--;
    if (this.#missing === 0) this.#done();
  }
}

/** A load over WebSockets that stay open. */
export abstract class WebSocketLoad implements Load, ConnectionPort {
  protected readonly scenario: Scenario;
  readonly #port: number;
  readonly #joined = new Joined();
  protected readonly connections: WebSocketConnection[] = [];
  protected readonly message: Buffer;
  #isOver = false;

  constructor(scenario: Scenario, port: number) {
    this.scenario = scenario;
    this.#port = port;
    this.message = Buffer.concat(scenario.frames.map(frameOf));
  }

  open(): Promise<void> {
    return this.add(this.scenario.connections);
  }

  /** Brings up so many connections more. */
  protected async add(count: number): Promise<void> {
    const first = this.connections.length;
    const added = Array.from({ length: count }, (_, index) => {
      return new WebSocketConnection(this, this.scenario.auth?.(first + index) ?? "");
    });
    this.connections.push(...added);
    await openAll(added, this.#port, this.#joined);
  }

  onJoined(_connection: WebSocketConnection): void {
    this.#joined.one();
  }

  abstract onFrames(connection: WebSocketConnection, frames: number): void;
  abstract run(count: number): Promise<number[] | undefined>;

  onClose(_connection: WebSocketConnection): void {
    if (!this.#isOver) throw new Error("the server has closed a connection");
  }

  end(): void {
    this.#isOver = true;
    for (const connection of this.connections) connection.end();
  }

  protected get senders(): readonly WebSocketConnection[] {
    return this.connections.slice(0, this.scenario.senders);
  }
}
