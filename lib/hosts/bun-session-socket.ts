import type { ServerWebSocket } from "bun";
import type { SendResult, WebSocketPort } from "../engine/exchange.ts";
import type { TopicPort, TopicPublisher } from "../engine/topics.ts";
import type { WebSocketTransport } from "../engine/transports/websocket.ts";
import type { ConnectionOwner } from "./bun-connection.ts";
import type { BunRequest } from "./bun-request.ts";

// A name and not the class tells a session's WebSocket: after a reload by `bun --hot` there are two
// such classes, and those of the first go on serving.
const SESSION = Symbol.for("bun-socket.io.session");

/** The WebSocket whose handler is running: Bun holds back what it sends until that returns. */
let batching: SessionSocket | null = null;

/** Who waits for the WebSocket to be open. */
export interface SocketOpener {
  /** @returns who gets the messages */
  open(port: WebSocketPort): WebSocketTransport | null;
}

/** A WebSocket of a session, as `ws.data`: that tells it from the application's own. */
export class SessionSocket implements WebSocketPort, TopicPort, ConnectionOwner {
  /** Gone once it is open: it holds on to the request and its answer. */
  #opener: SocketOpener | null;
  #ws: ServerWebSocket<unknown> | null = null;
  #transport: WebSocketTransport | null = null;
  readonly #request: BunRequest;
  readonly publisher: TopicPublisher;
  /** To how many topics; null where its server allows none. */
  #subscriptions: number | null = null;

  constructor(request: BunRequest, publisher: TopicPublisher, opener: SocketOpener) {
    this.#request = request;
    this.publisher = publisher;
    this.#opener = opener;
  }

  get [SESSION](): true {
    return true;
  }

  /**
   * @param ws the WebSocket
   * @param hasTopics whether it may be reached by topics
   */
  onOpen(ws: ServerWebSocket<unknown>, hasTopics: boolean): void {
    this.#ws = ws;
    this.#subscriptions = hasTopics ? 0 : null;
    this.#request.setOwner(this);
    this.#transport = this.#opener?.open(this) ?? null;
    this.#opener = null;
  }

  onMessage(data: string | Buffer): void {
    batching = this;
    try {
      this.#transport?.onData(data);
    } finally {
      batching = null;
    }
  }

  get isBatching(): boolean {
    return batching === this;
  }

  get topics(): TopicPort | null {
    return this.#subscriptions === null ? null : this;
  }

  onDrain(): void {
    // Bun tells of each part that has left; to send behind the rest would reach its limit.
    if (this.#ws?.getBufferedAmount() === 0) {
      this.#transport?.onDrain();
    }
  }

  onClose(code: number, reason: string): void {
    this.#ws = null;
    this.#request.onDisconnected();
    this.#transport?.onSocketClose(code, reason);
  }

  destroyConnection(): void {
    this.#ws?.terminate();
  }

  send(data: string | Uint8Array, compress: boolean): SendResult {
    if (this.#ws === null) {
      return "dropped";
    }
    const status = this.#ws.send(data, compress);
    if (status > 0 || (status === 0 && data.length === 0)) {
      return "sent";
    }
    return status === -1 ? "queued" : "dropped";
  }

  batch(write: () => void): void {
    if (this.#ws === null) {
      write();
    } else {
      this.#ws.cork(write);
    }
  }

  close(code?: number, reason?: string): void {
    this.#ws?.close(code, reason);
  }

  get bufferedBytes(): number {
    return this.#ws?.getBufferedAmount() ?? 0;
  }

  subscribe(topic: string): void {
    this.#subscriptions = (this.#subscriptions ?? 0) + 1;
    this.#ws?.subscribe(topic);
  }

  unsubscribe(topic: string): void {
    this.#subscriptions = (this.#subscriptions ?? 0) - 1;
    this.#ws?.unsubscribe(topic);
  }

  stir(): void {
    if (this.#subscriptions !== null && this.#subscriptions > 0) {
      this.publisher.onChange(this);
    }
  }
}

/** Whether `ws.data` says that the WebSocket is a session's. */
export function isSession(data: unknown): data is SessionSocket {
  return typeof data === "object" && data !== null && SESSION in data;
}
