// WebTransport sessions in memory, with the standard's interface at both ends: Bun has none, and
// neither has the machine that runs the tests a server of HTTP/3.

import type { Engine, WebTransportSession, WebTransportStream } from "bun-socket.io/engine";
import {
  createPacketDecoderStream,
  createPacketEncoderStream,
  type Packet,
} from "engine.io-parser";

type Chunk = Uint8Array<ArrayBuffer>;

/** One direction of a stream. It holds one chunk at most: whoever writes waits for who reads. */
class Direction {
  readonly readable: ReadableStream<Chunk>;
  readonly writable: WritableStream<Chunk>;
  #controller: TransformStreamDefaultController<Chunk> | undefined;

  constructor() {
    const { readable, writable } = new TransformStream<Chunk, Chunk>({
      start: (controller) => {
        this.#controller = controller;
      },
      transform: (chunk, controller) => controller.enqueue(chunk),
    });
    this.readable = readable;
    this.writable = writable;
  }

  /** What is under way is lost. */
  fail(error: Error): void {
    this.#controller?.error(error);
  }
}

/** The client's end of a session. */
export class MemoryWebTransport {
  readonly ready = Promise.resolve();
  readonly closed: Promise<unknown>;
  /** The server's end. */
  readonly server: WebTransportSession;
  readonly #directions: Direction[] = [];
  readonly #ends = Promise.withResolvers<unknown>();
  #streams: ReadableStreamDefaultController<WebTransportStream> | undefined;
  #isOver = false;

  constructor() {
    this.closed = this.#ends.promise;
    this.server = {
      closed: this.#ends.promise.then((info) => info), // either end may go without listeners
      incomingBidirectionalStreams: new ReadableStream<WebTransportStream>({
        start: (controller) => {
          this.#streams = controller;
        },
      }),
      close: () => this.close(),
    };
    this.closed.catch(() => {});
  }

  /** Whether it is over. */
  get isOver(): boolean {
    return this.#isOver;
  }

  async createBidirectionalStream(): Promise<{
    readable: ReadableStream<Chunk>;
    writable: WritableStream<Chunk>;
  }> {
    const up = new Direction();
    const down = new Direction();
    this.#directions.push(up, down);
    this.#streams?.enqueue({ readable: up.readable, writable: down.writable });
    return { readable: down.readable, writable: up.writable };
  }

  /** Closes the session from either end, with all that is under way. */
  close(): void {
    this.#end(new Error("the session was closed"), () => this.#ends.resolve({}));
  }

  /** Loses the connection. */
  lose(error: Error): void {
    this.#end(error, () => this.#ends.reject(error));
  }

  #end(error: Error, settle: () => void): void {
    if (this.#isOver) {
      return;
    }
    this.#isOver = true;
    for (const direction of this.#directions) {
      direction.fail(error);
    }
    try {
      this.#streams?.close();
    } catch {
      // who reads it has cancelled it
    }
    settle();
  }
}

/** A client that says whatever a test wants it to say, and reads when it is told to. */
export class WebTransportPeer {
  readonly session: MemoryWebTransport;
  readonly reader: {
    read(): Promise<{ done: boolean; value?: Packet | undefined }>;
    cancel(): Promise<void>;
  };
  readonly writer: WritableStreamDefaultWriter<Packet>;

  private constructor(
    session: MemoryWebTransport,
    stream: Awaited<ReturnType<MemoryWebTransport["createBidirectionalStream"]>>,
  ) {
    this.session = session;
    const decoder = createPacketDecoderStream(Number.MAX_SAFE_INTEGER, "nodebuffer");
    this.reader = stream.readable.pipeThrough<Packet>(decoder).getReader();
    const encoder = createPacketEncoderStream();
    encoder.readable.pipeTo(stream.writable).catch(() => {}); // the writer tells the same
    this.writer = encoder.writable.getWriter();
    this.writer.closed.catch(() => {}); // a session may end at any time
  }

  /** Opens a session at a server, and a stream. */
  static async connect(engine: Engine): Promise<WebTransportPeer> {
    const session = new MemoryWebTransport();
    void engine.onWebTransportSession(session.server);
    return new WebTransportPeer(session, await session.createBidirectionalStream());
  }

  /** Sends packets; they may not arrive if the session ends. */
  send(...packets: Packet[]): void {
    for (const packet of packets) {
      this.writer.write(packet).catch(() => {});
    }
  }

  /** The next packet. */
  async next(): Promise<Packet> {
    const { value } = await this.reader.read();
    if (value === undefined) {
      throw new Error("the stream ended before the packet came");
    }
    return value;
  }

  /** The content of the next packet, which must be a message of text. */
  async text(): Promise<string> {
    const packet = await this.next();
    if (packet.type !== "message" || typeof packet.data !== "string") {
      throw new Error(`no text: ${JSON.stringify(packet)}`);
    }
    return packet.data;
  }
}
