// How often a server writes to a client: over TLS each write is a record of its own, which those on the
// way can count. Of TCP they see bytes alone.

import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { portOf } from "./hosts.ts";

const LOOPBACK = "127.0.0.1";
const APPLICATION_DATA = 23; // RFC 8446, section 5.1
const HEADER_BYTES = 5;

/** A TLS connection to a server by way of a proxy that counts the records of the server. */
export class RecordCounter {
  /** The records so far; the last of the handshake come with the first answers. */
  records = 0;
  /** What has come, as text. */
  text = "";
  readonly #proxy: Server;
  readonly #sockets: Socket[] = [];
  #client: TLSSocket | undefined;
  #onData = (): void => {};

  /** @param port the server's */
  constructor(port: number) {
    this.#proxy = createServer((inner) => {
      const outer = connect(port, LOOPBACK);
      this.#sockets.push(inner, outer);
      inner.on("data", (chunk) => outer.write(chunk));
      let bytes = Buffer.alloc(0);
      outer.on("data", (chunk: Buffer) => {
        bytes = this.#count(Buffer.concat([bytes, chunk]));
        inner.write(chunk);
      });
    });
  }

  #count(bytes: Buffer): Buffer<ArrayBuffer> {
    let rest = bytes;
    while (rest.length >= HEADER_BYTES && rest.length >= HEADER_BYTES + rest.readUInt16BE(3)) {
      this.records += rest[0] === APPLICATION_DATA ? 1 : 0;
      rest = rest.subarray(HEADER_BYTES + rest.readUInt16BE(3));
    }
    return Buffer.from(rest);
  }

  async open(): Promise<void> {
    this.#proxy.listen(0, LOOPBACK);
    await once(this.#proxy, "listening");
    const options = { port: portOf(this.#proxy), host: LOOPBACK, rejectUnauthorized: false };
    const client = connectTls(options);
    this.#client = client;
    client.on("data", (chunk: Buffer) => {
      this.text += chunk.toString("latin1");
      this.#onData();
    });
    await once(client, "secureConnect");
  }

  write(data: string | Uint8Array): void {
    this.#client?.write(data);
  }

  /** Resolves when a text has come. */
  async until(text: string): Promise<void> {
    while (!this.text.includes(text)) {
      await new Promise<void>((resolve) => {
        this.#onData = resolve;
      });
    }
  }

  close(): void {
    this.#client?.destroy();
    for (const socket of this.#sockets) {
      socket.destroy();
    }
    this.#proxy.close();
  }
}
