// A client that says whatever a test wants it to say, over one transport.

const SEPARATOR = "\u001e";

type Packet = string | Uint8Array<ArrayBuffer>;

/** A session of Engine.IO, revision 4, without any of a client's manners: it answers no ping. */
export class RawClient {
  /** The packets that came, after the handshake. */
  readonly packets: Packet[] = [];
  /** Resolves when the server has ended the session. */
  readonly closed: Promise<void>;
  readonly #end = Promise.withResolvers<void>();
  readonly #url: string;
  readonly #socket: WebSocket | null;
  #waiting: (() => void)[] = [];
  #ended = false;

  private constructor(url: string, socket: WebSocket | null) {
    this.#url = url;
    this.#socket = socket;
    this.closed = this.#end.promise;
  }

  /**
   * Opens a session.
   *
   * @param url the address of the server
   * @param transport what it goes over
   */
  static async open(url: string, transport: "polling" | "websocket"): Promise<RawClient> {
    const endpoint = `${url}/socket.io/?EIO=4&transport=${transport}`;
    if (transport === "websocket") {
      const socket = new WebSocket(endpoint.replace("http", "ws"));
      socket.binaryType = "arraybuffer";
      const client = new RawClient(endpoint, socket);
      socket.onmessage = ({ data }) =>
        client.#onPacket(typeof data === "string" ? data : new Uint8Array(data));
      socket.onclose = () => client.#onEnd();
      await client.next((packet) => packet.startsWith("0"));
      return client;
    }
    const handshake = (await (await fetch(endpoint)).text()).slice(1);
    const { sid } = JSON.parse(handshake) as { sid: string };
    const client = new RawClient(`${endpoint}&sid=${sid}`, null);
    void client.#poll();
    return client;
  }

  async #poll(): Promise<void> {
    while (!this.#ended) {
      const response = await fetch(this.#url).catch(() => null);
      if (response?.status !== 200) {
        this.#onEnd();
        return;
      }
      for (const packet of (await response.text()).split(SEPARATOR)) {
        if (packet === "1") {
          this.#onEnd();
          return;
        }
        this.#onPacket(packet.startsWith("b") ? toBytes(packet) : packet);
      }
    }
  }

  #onPacket(packet: Packet): void {
    this.packets.push(packet);
    this.#wake();
  }

  #onEnd(): void {
    this.#ended = true;
    this.#end.resolve();
    this.#wake();
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) {
      resolve();
    }
  }

  /** Sends packets, over polling in one request. */
  async send(...packets: Packet[]): Promise<void> {
    if (this.#socket !== null) {
      for (const packet of packets) {
        this.#socket.send(packet);
      }
      return;
    }
    const body = packets
      .map((packet) =>
        typeof packet === "string" ? packet : `b${Buffer.from(packet).toString("base64")}`,
      )
      .join(SEPARATOR);
    await fetch(this.#url, { method: "POST", body }).catch(() => null);
  }

  /** Joins a namespace: `40` and the like. */
  async connect(packet = "40"): Promise<void> {
    await this.send(packet);
    await this.next((each) => each.startsWith(packet.replace(/\{.*/, "")));
  }

  /** Waits for a packet of text that is wanted, among those that came or will come. */
  async next(isWanted: (packet: string) => boolean): Promise<string> {
    for (let index = 0; ; index++) {
      while (index >= this.packets.length) {
        if (this.#ended) {
          throw new Error("the session ended before the packet came");
        }
        await new Promise<void>((resolve) => this.#waiting.push(resolve));
      }
      const packet = this.packets[index];
      if (typeof packet === "string" && isWanted(packet)) {
        return packet;
      }
    }
  }

  close(): void {
    this.#ended = true;
    this.#socket?.close();
  }
}

function toBytes(packet: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(packet.slice(1), "base64"));
}
