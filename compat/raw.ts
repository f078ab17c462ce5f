// Clients without a library, for the scenarios that speak Engine.IO by hand.

import { connect } from "node:net";
import type { Answer, ClientTools } from "./scenario.ts";

const PATH = "/socket.io/";

/** The path of a handshake, with what is added to its query. */
export function pollingPath(query = "", path = PATH): string {
  return `${path}?EIO=4&transport=polling${query}`;
}

/** A session over polling, whose requests are those of `t.fetch`. */
export class RawPolling {
  readonly path: string;
  readonly sid: string;
  readonly #t: ClientTools;
  readonly #name: string;

  private constructor(t: ClientTools, name: string, sid: string) {
    this.#t = t;
    this.#name = name;
    this.sid = sid;
    this.path = pollingPath(`&sid=${sid}`);
  }

  /** Opens a session; no namespace is joined yet. */
  static async open(t: ClientTools, name = "raw", query = ""): Promise<RawPolling> {
    const { body } = await t.fetch(name, pollingPath(query));
    return new RawPolling(t, name, JSON.parse(body.slice(1)).sid);
  }

  /** The same, and joins the main namespace. */
  static async join(t: ClientTools, name = "raw"): Promise<RawPolling> {
    const session = await RawPolling.open(t, name);
    await session.post("40");
    await session.poll();
    return session;
  }

  poll(init: RequestInit = {}): Promise<Answer> {
    return this.#t.fetch(this.#name, this.path, init);
  }

  post(
    body: string | Uint8Array<ArrayBuffer>,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    return this.poll({ method: "POST", body, headers });
  }
}

/** What a WebSocket of this kind may be opened with. */
export interface RawWebSocketOptions {
  /** Added to the query. */
  query?: string;
  /** Instead of the whole path with its query. */
  path?: string;
  headers?: Record<string, string>;
}

/** A WebSocket; what passes over it is on record by its name. */
export class RawWebSocket {
  /** Resolves when it is open, or can never be. */
  readonly ready: Promise<void>;
  /** Resolves when it is closed, or was refused, with the code. */
  readonly closed: Promise<number>;
  readonly #webSocket: WebSocket;
  readonly #arrived: (string | Buffer)[] = [];
  #isClosed = false;
  #wake: () => void = () => {};

  constructor(
    t: ClientTools,
    name = "raw",
    { query = "", path, headers }: RawWebSocketOptions = {},
  ) {
    const target = path ?? `${PATH}?EIO=4&transport=websocket${query}`;
    this.#webSocket = new WebSocket(`${t.url(name).replace("http", "ws")}${target}`, {
      headers: headers ?? {},
    });
    this.#webSocket.binaryType = "nodebuffer";
    this.#webSocket.addEventListener("message", ({ data }) => {
      this.#arrived.push(data);
      this.#wake();
    });
    this.ready = new Promise((resolve) => {
      this.#webSocket.addEventListener("open", () => resolve());
      this.#webSocket.addEventListener("close", () => resolve());
    });
    this.closed = new Promise((resolve) => {
      this.#webSocket.addEventListener("close", ({ code }) => {
        this.#isClosed = true;
        this.#wake();
        resolve(code);
      });
    });
  }

  /** Opens a session, over a WebSocket from the start, and joins the main namespace. */
  static async join(t: ClientTools, name = "raw", options = {}): Promise<RawWebSocket> {
    const webSocket = new RawWebSocket(t, name, options);
    await webSocket.next();
    webSocket.send("40");
    await webSocket.next();
    return webSocket;
  }

  /** Waits for a message that has not been waited for yet; rejects when none can come. */
  async next(): Promise<string | Buffer> {
    for (;;) {
      const message = this.#arrived.shift();
      if (message !== undefined) {
        return message;
      }
      if (this.#isClosed) {
        throw new Error("the WebSocket is closed");
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  send(data: string | Uint8Array<ArrayBuffer>): void {
    this.#webSocket.send(data);
  }

  close(): void {
    this.#webSocket.close();
  }
}

/** Writes to a TCP connection and waits for the first answer, or for the end if `untilEnd`. */
export function overTcp(
  t: ClientTools,
  name: string,
  text: string,
  { untilEnd = false } = {},
): Promise<string> {
  return new Promise((resolve) => {
    let answer = "";
    const socket = connect({ port: t.port(name), host: "127.0.0.1" }, () => socket.write(text));
    socket.on("data", (chunk) => {
      answer += chunk.toString("latin1");
      if (!untilEnd && answer.includes("\r\n\r\n")) {
        socket.destroy();
      }
    });
    socket.on("error", () => {}); // `close` follows
    socket.on("close", () => resolve(answer));
  });
}
