import type { Load } from "./load.ts";
import { type ConnectionPort, WebSocketConnection } from "./websocket.ts";
import { WebSocketLoad } from "./websocket-load.ts";

/** Connections that stay, and do nothing. */
export class IdleLoad extends WebSocketLoad {
  onFrames(): void {}

  // They are opened as the run, so that what they need can be told from what the server needs.
  override async open(): Promise<void> {}

  async run(count: number): Promise<undefined> {
    await this.add(count);
  }
}

/** Connections that go once they have joined, so many at a time. */
export class ConnectLoad implements Load, ConnectionPort {
  readonly #port: number;
  readonly #inFlight: number;
  #left = 0;
  #missing = 0;
  #done = (): void => {};

  constructor(port: number, inFlight: number) {
    this.#port = port;
    this.#inFlight = inFlight;
  }

  async open(): Promise<void> {}

  onJoined(connection: WebSocketConnection): void {
    connection.end();
  }

  onFrames(): void {}

  onClose(): void {
    this.#missing--;
    if (this.#missing === 0) this.#done();
    else this.#next();
  }

  #next(): void {
    if (this.#left > 0) {
      this.#left--;
      void new WebSocketConnection(this, "").connect(this.#port);
    }
  }

  run(count: number): Promise<undefined> {
    return new Promise((resolve) => {
      this.#done = () => resolve(undefined);
      this.#missing = count;
      this.#left = count;
      for (let index = 0; index < this.#inFlight; index++) this.#next();
    });
  }

  end(): void {}
}
