import type { SendResult, WebSocketPort } from "../engine/exchange.ts";
import type { WebSocketTransport } from "../engine/transports/websocket.ts";

/** What is used of a WebSocket of the package `ws`, and so what a `wsEngine` has to give. */
export interface WsSocket {
  readonly readyState: number;
  readonly bufferedAmount: number;
  on(event: "message", listener: (data: Buffer, isBinary: boolean) => void): unknown;
  on(event: "close", listener: (code: number, reason: Buffer) => void): unknown;
  on(event: "error", listener: (error: Error & { code?: string }) => void): unknown;
  send(
    data: string | Uint8Array,
    options: { readonly compress: boolean },
    callback: () => void,
  ): void;
  close(code?: number, reason?: string): void;
  terminate(): void;
}

const OPEN = 1;
const MESSAGE_TOO_BIG = 1009;
const COMPRESSED = { compress: true };
const PLAIN = { compress: false };

/** A WebSocket of a session, on a server of node:http. */
export class NodeWebSocket implements WebSocketPort {
  readonly #ws: WsSocket;
  readonly #cork: ((write: () => void) => void) | null;
  #transport: WebSocketTransport | null = null;
  /** Messages handed over whose callback has not come. */
  #unsent = 0;
  #isQueued = false;
  #isTooBig = false;

  /**
   * @param ws the WebSocket, open
   * @param onClose called when it is closed
   */
  constructor(ws: WsSocket, onClose: (socket: NodeWebSocket) => void) {
    this.#ws = ws;
    this.#cork = findCork(ws);
    ws.on("message", (data, isBinary) =>
      this.#transport?.onData(isBinary ? data : data.toString()),
    );
    ws.on("error", (error) => {
      // The `close` event that follows has no code for it: the client did not send one.
      this.#isTooBig = error.code === "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH";
    });
    ws.on("close", (code, reason) => {
      onClose(this);
      this.#transport?.onSocketClose(this.#isTooBig ? MESSAGE_TOO_BIG : code, reason.toString());
    });
  }

  /** Says who gets the messages. */
  serve(transport: WebSocketTransport): void {
    this.#transport = transport;
  }

  send(data: string | Uint8Array, compress: boolean): SendResult {
    if (this.#ws.readyState !== OPEN) {
      return "dropped";
    }
    this.#unsent++;
    this.#ws.send(data, compress ? COMPRESSED : PLAIN, this.#onSent);
    if (this.#ws.bufferedAmount === 0) {
      return "sent";
    }
    this.#isQueued = true;
    return "queued";
  }

  // An error given to it ends the WebSocket, whose `close` event tells.
  readonly #onSent = (): void => {
    this.#unsent--;
    if (this.#isQueued && this.#unsent === 0) {
      this.#isQueued = false;
      this.#transport?.onDrain();
    }
  };

  batch(write: () => void): void {
    if (this.#cork === null) {
      write();
    } else {
      this.#cork(write);
    }
  }

  close(code?: number, reason?: string): void {
    this.#ws.close(code, reason);
  }

  get bufferedBytes(): number {
    return this.#ws.bufferedAmount;
  }

  /** Cuts the connection. */
  destroy(): void {
    this.#ws.terminate();
  }
}

/**
 * How to have several frames leave in one write. Bun's own `ws` writes each frame at once, past the
 * socket of node:net, so that cork() of that has no effect; the WebSocket beneath has one that does.
 * It is not documented: where it is missing, each frame leaves by itself.
 */
function findCork(ws: WsSocket): ((write: () => void) => void) | null {
  const symbol = Object.getOwnPropertySymbols(ws).find(
    ({ description }) => description === "kNative",
  );
  const native: unknown = symbol === undefined ? undefined : Reflect.get(ws, symbol);
  if (typeof native !== "object" || native === null || !("cork" in native)) {
    return null;
  }
  const { cork } = native;
  return typeof cork === "function" ? (write) => cork.call(native, write) : null;
}
