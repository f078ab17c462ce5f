import { createPacketEncoderStream } from "engine.io-parser";
import { throwLater } from "../../errors.ts";
import type { Packet } from "../codec/codec.ts";
import { codecV4 } from "../codec/v4.ts";
import type { HttpExchange } from "../exchange.ts";
import {
  changeState,
  type Transport,
  TransportError,
  type TransportSink,
  type TransportState,
} from "./transport.ts";
import { makeLog } from "../../log.ts";

const log = makeLog("engine:webtransport");

const CLOSE_TIMEOUT_MS = 30_000;
const LINGER_MS = 100;

/** A bidirectional stream of WebTransport: the part that is used of the standard's interface. */
export interface WebTransportStream {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array>;
}

/** A session of WebTransport: the part that is used of the standard's interface. */
export interface WebTransportSession {
  /** Resolves when it was closed, rejects when it was lost. */
  readonly closed: Promise<unknown>;
  /** The streams that the client opens. */
  readonly incomingBidirectionalStreams: ReadableStream<WebTransportStream>;
  close(): void;
}

/** Reads packets, one after the other. */
export interface PacketReader {
  read(): Promise<{ readonly done: boolean; readonly value?: Packet | undefined }>;
  cancel(): Promise<void>;
}

/** What the client has opened: packets come out of the reader, and bytes go into the stream. */
export interface WebTransportLink {
  readonly session: WebTransportSession;
  readonly stream: WebTransportStream;
  readonly reader: PacketReader;
}

/** Packets over one bidirectional stream of a WebTransport session. */
export class WebTransportTransport implements Transport {
  readonly name = "webtransport";
  readonly codec = codecV4; // for its revision: the packets are framed as the stream wants them
  sink: TransportSink;
  #state: TransportState = "open";
  #congested = false;
  #discarded = false;
  /** The end of an orderly close that waits for the last packets to leave. */
  #finishClose: (() => void) | null = null;
  #closeTimer: ReturnType<typeof setTimeout> | undefined;
  readonly #link: WebTransportLink;
  readonly #writer: WritableStreamDefaultWriter<Packet>;
  /** Resolves when all has been written and the stream is closed. */
  readonly #flushed: Promise<void>;

  constructor(link: WebTransportLink, sink: TransportSink) {
    this.#link = link;
    this.sink = sink;
    const encoder: TransformStream<Packet, Uint8Array> = createPacketEncoderStream();
    this.#writer = encoder.writable.getWriter();
    this.#flushed = encoder.readable.pipeTo(link.stream.writable);
    this.#flushed.catch((error: unknown) => this.#onStreamError(error));
    link.session.closed.then(
      () => this.#onEnd(null),
      (error: unknown) => this.#onEnd(new TransportError("webtransport error", error)),
    );
    void this.#read();
  }

  get readyState(): TransportState {
    return this.#state;
  }

  get writable(): boolean {
    return this.#state === "open" && !this.#congested;
  }

  async #read(): Promise<void> {
    const { reader } = this.#link;
    try {
      for (;;) {
        const { value } = await reader.read();
        if (value === undefined) {
          log("session is closed");
          this.#onEnd(null);
        }
        if (value === undefined || this.#state !== "open") {
          return;
        }
        if (log.enabled) {
          log("received chunk: %o", value);
        }
        this.#deliver(value);
      }
    } catch (error) {
      this.#onStreamError(error);
    }
  }

  #deliver(packet: Packet): void {
    try {
      if (packet.type === "message") {
        this.sink.onMessage(packet.data);
      } else {
        this.sink.onPacket(packet);
      }
    } catch (error) {
      throwLater(error); // of a user's listener: the stream is read on
    }
  }

  // A session that ends takes its streams along. Only where it has not ended is it the stream's fault.
  #onStreamError(error: unknown): void {
    log("the stream failed: %s", error);
    setImmediate(() => this.#onEnd(new TransportError("webtransport error", error)));
  }

  #become(state: TransportState): void {
    this.#state = changeState(this.name, this.#state, state);
  }

  #onEnd(error: TransportError | null): void {
    if (this.#state === "closing") {
      this.#finishClose?.();
    }
    if (this.#state !== "open") {
      return;
    }
    this.#becomeClosed();
    if (error === null) {
      this.sink.onClose();
    } else {
      this.sink.onError(error);
    }
  }

  send(packets: readonly Packet[]): number {
    this.#congested = true;
    const last = packets.length - 1;
    for (const [index, packet] of packets.entries()) {
      this.#writer.write(packet).then(
        () => index === last && this.#onWritten(),
        onLateError, // the end of the stream is told of elsewhere
      );
    }
    return packets.length;
  }

  #onWritten(): void {
    this.#congested = false;
    if (this.#state === "open") {
      this.sink.onWritable();
    }
  }

  onRequest(exchange: HttpExchange): void {
    exchange.respond(400, {}, null);
  }

  close(done?: () => void): void {
    if (this.#state === "closing" && (this.#discarded || done === undefined)) {
      this.#finishClose?.(); // no longer worth the wait
    }
    if (this.#state !== "open") {
      return;
    }
    if (done === undefined || this.#discarded) {
      this.#becomeClosed();
      done?.();
      return;
    }
    this.#become("closing");
    const finish = (): void => {
      if (this.#state === "closing") {
        this.#becomeClosed();
        done();
      }
    };
    this.#finishClose = finish;
    this.#closeTimer = setTimeout(finish, CLOSE_TIMEOUT_MS);
    this.#writer.close().catch(onLateError); // the next line hears of it
    // To close the session throws away what has come to the client but was not read there, and nobody
    // tells when it was; a client that is told to disconnect closes the session itself.
    const linger = (): void => {
      if (this.#state === "closing") {
        clearTimeout(this.#closeTimer);
        this.#closeTimer = setTimeout(finish, LINGER_MS);
      }
    };
    this.#flushed.then(linger, finish);
  }

  #becomeClosed(): void {
    log("closing WebTransport session");
    this.#become("closed");
    this.#finishClose = null;
    clearTimeout(this.#closeTimer);
    this.#link.reader.cancel().catch(onLateError); // a stream that is over already
    this.#link.session.close();
  }

  discard(): void {
    this.#discarded = true;
  }
}

function onLateError(error: unknown): void {
  log("a stream that is over failed: %s", error);
}
