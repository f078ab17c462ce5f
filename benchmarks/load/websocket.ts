// A WebSocket client over bare TCP, of which the load opens thousands.

import type { Socket } from "bun";
import { FrameCounter, frameOf } from "./frames.ts";

const HANDSHAKE_END = Buffer.from("\r\n\r\n");

/** What a connection tells. */
export interface ConnectionPort {
  /** It is in its namespace. */
  onJoined(connection: WebSocketConnection): void;
  /** So many frames have come. */
  onFrames(connection: WebSocketConnection, frames: number): void;
  onClose(connection: WebSocketConnection): void;
}

/** One client, in the namespace `/`. */
export class WebSocketConnection {
  /** When the messages that are under way were due, in ms; the oldest first. */
  readonly due: number[] = [];
  readonly #port: ConnectionPort;
  readonly #auth: string;
  readonly #counter = new FrameCounter();
  #socket: Socket<WebSocketConnection> | null = null;
  #head: Buffer | null = Buffer.alloc(0);
  #greetings = 0;

  /**
   * @param auth what it says of itself when it joins, as JSON
   */
  constructor(port: ConnectionPort, auth: string) {
    this.#port = port;
    this.#auth = auth;
  }

  async connect(port: number): Promise<void> {
    await Bun.connect<WebSocketConnection>({
      hostname: "127.0.0.1",
      port,
      data: this,
      socket: HANDLERS,
    });
  }

  onOpen(socket: Socket<WebSocketConnection>): void {
    this.#socket = socket;
    socket.write(
      "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: localhost\r\n" +
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    );
  }

  onData(chunk: Buffer): void {
    let bytes: Uint8Array = chunk;
    if (this.#head !== null) {
      const head: Buffer = Buffer.concat([this.#head, chunk]);
      const end = head.indexOf(HANDSHAKE_END);
      this.#head = head;
      if (end === -1) return;
      if (!head.toString("latin1", 0, end).startsWith("HTTP/1.1 101")) {
        throw new Error(`no WebSocket: ${head.toString("latin1", 0, end)}`);
      }
      this.#head = null;
      bytes = head.subarray(end + HANDSHAKE_END.length);
    }
    const frames = this.#counter.count(bytes);
    if (this.#greetings === 2) {
      if (frames > 0) this.#port.onFrames(this, frames);
      return;
    }
    // The engine's greeting, then the namespace's. They do not come together: one is the answer.
    for (let index = 0; index < frames && this.#greetings < 2; index++) {
      this.#greetings++;
      if (this.#greetings === 1) this.send(frameOf(`40${this.#auth}`));
      else this.#port.onJoined(this);
    }
  }

  onClose(): void {
    this.#socket = null;
    this.#port.onClose(this);
  }

  send(frame: Buffer): void {
    this.#socket?.write(frame);
  }

  /** Ends it without a goodbye, which leaves no port behind that waits for its time. */
  end(): void {
    this.#socket?.terminate();
  }
}

const HANDLERS = {
  open: (socket: Socket<WebSocketConnection>) => socket.data.onOpen(socket),
  data: (socket: Socket<WebSocketConnection>, chunk: Buffer) => socket.data.onData(chunk),
  close: (socket: Socket<WebSocketConnection>) => socket.data.onClose(),
};
