// A client of HTTP long-polling over bare TCP: one connection for its polls, one for what it sends.

import type { Socket } from "bun";

const HEAD_END = "\r\n\r\n";

/** One HTTP connection that is kept open. Answers come in the order of the requests. */
class HttpConnection {
  #socket: Socket<HttpConnection> | null = null;
  #text = "";
  #onBody: ((body: string) => void) | null = null;

  async connect(port: number): Promise<this> {
    this.#socket = await Bun.connect<HttpConnection>({
      hostname: "127.0.0.1",
      port,
      data: this,
      socket: { data: (socket, chunk) => socket.data.#onData(chunk.toString("latin1")) },
    });
    return this;
  }

  request(request: string, onBody: (body: string) => void): void {
    this.#onBody = onBody;
    this.#socket?.write(request);
  }

  #onData(text: string): void {
    this.#text += text;
    const end = this.#text.indexOf(HEAD_END);
    if (end === -1) return;
    const length = /content-length: (\d+)/i.exec(this.#text.slice(0, end))?.[1];
    if (length === undefined) throw new Error(`no Content-Length in\n${this.#text}`);
    const start = end + HEAD_END.length;
    if (this.#text.length < start + Number(length)) return;
    const body = this.#text.slice(start, start + Number(length));
    if (!this.#text.startsWith("HTTP/1.1 200")) throw new Error(this.#text);
    this.#text = this.#text.slice(start + Number(length));
    const onBody = this.#onBody;
    this.#onBody = null;
    onBody?.(body);
  }

  end(): void {
    this.#socket?.terminate();
  }
}

/** One client, in the namespace `/`. */
export class PollingConnection {
  readonly #polls = new HttpConnection();
  readonly #sends = new HttpConnection();
  readonly #onMessages: (count: number) => void;
  readonly #waiting: string[] = [];
  #isSending = false;
  #path = "";

  constructor(onMessages: (count: number) => void) {
    this.#onMessages = onMessages;
  }

  async join(port: number): Promise<void> {
    await Promise.all([this.#polls.connect(port), this.#sends.connect(port)]);
    const greeting = await new Promise<string>((resolve) =>
      this.#polls.request(get("/socket.io/?EIO=4&transport=polling"), resolve),
    );
    this.#path = `/socket.io/?EIO=4&transport=polling&sid=${JSON.parse(greeting.slice(1)).sid}`;
    await new Promise<void>((resolve) => {
      this.#polls.request(get(this.#path), () => resolve());
      this.send("40");
    });
    this.#poll();
  }

  #poll(): void {
    this.#polls.request(get(this.#path), (body) => {
      this.#poll();
      this.#onMessages(body.split("\x1e").length);
    });
  }

  /** Sends a packet, once that before it is answered: that it was echoed does not mean so. */
  send(packet: string): void {
    if (this.#isSending) {
      this.#waiting.push(packet);
      return;
    }
    this.#isSending = true;
    this.#sends.request(
      `POST ${this.#path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain;charset=UTF-8\r\n` +
        `Content-Length: ${packet.length}\r\n\r\n${packet}`,
      this.#onSent,
    );
  }

  readonly #onSent = (): void => {
    this.#isSending = false;
    const next = this.#waiting.shift();
    if (next !== undefined) this.send(next);
  };

  end(): void {
    this.#polls.end();
    this.#sends.end();
  }
}

function get(path: string): string {
  return `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;
}
