import type { Codec, Packet } from "../codec/codec.ts";
import { codecV4 } from "../codec/v4.ts";
import type { HttpExchange, WebSocketPort } from "../exchange.ts";
import type { TopicPort } from "../topics.ts";
import {
  changeState,
  type CloseStatus,
  type Transport,
  TransportError,
  type TransportSink,
  type TransportState,
} from "./transport.ts";
import { makeLog } from "../../log.ts";

const log = makeLog("engine:ws");

const MESSAGE = 0x34; // "4", the message type of Engine.IO
const MESSAGE_TOO_BIG = 1009; // RFC 6455, section 7.4.1

/** What the transport needs to know of the engine's options. */
export interface WebSocketSettings {
  readonly maxHttpBufferSize: number;
  readonly perMessageDeflate: false | { readonly threshold: number };
}

/** Packets over one WebSocket. The host calls `onData`, `onDrain` and `onSocketClose`. */
export class WebSocketTransport implements Transport {
  readonly codec: Codec;
  sink: TransportSink;
  /** When it is `congested` it is open, and takes nothing now. */
  #state: TransportState | "congested" = "open";
  readonly #port: WebSocketPort;
  readonly #settings: WebSocketSettings;
  /** How much had been published when it was last known whether the connection is congested. */
  #checkedAt = 0;

  constructor(port: WebSocketPort, codec: Codec, settings: WebSocketSettings, sink: TransportSink) {
    this.#port = port;
    this.codec = codec;
    this.#settings = settings;
    this.sink = sink;
  }

  get name(): "websocket" {
    return "websocket";
  }

  get readyState(): TransportState {
    return this.#state === "congested" ? "open" : this.#state;
  }

  /** Null where what is published is not what would be sent. */
  get #topics(): TopicPort | null {
    return this.codec === codecV4 ? (this.#port.topics ?? null) : null;
  }

  get writable(): boolean {
    return this.#state === "open" && !this.#isCongested();
  }

  /** Null while it is congested, too: the session then keeps what is sent. */
  get feed(): TopicPort | null {
    const isPlain = this.#state === "open" && this.#settings.perMessageDeflate === false;
    return isPlain && !this.#isCongested() ? this.#topics : null;
  }

  stir(): void {
    this.#topics?.stir();
  }

  // Nobody tells what became of what was published: we have to ask.
  #isCongested(): boolean {
    const topics = this.#topics;
    if (topics !== null && topics.publisher.publishedBytes !== this.#checkedAt) {
      this.#checkedAt = topics.publisher.publishedBytes;
      if (this.#state === "open" && topics.bufferedBytes > 0) {
        this.#state = "congested"; // the host will tell when it has left
        topics.stir();
      }
    }
    return this.#state === "congested";
  }

  send(packets: readonly Packet[]): number {
    if (packets.length === 1) {
      return this.#sendOne(packets[0] as Packet) ? 1 : 0;
    }
    return this.#sendAll(packets);
  }

  #sendAll(packets: readonly Packet[]): number {
    let taken = 0;
    this.#port.batch(() => {
      while (taken < packets.length && this.writable) {
        if (!this.#sendOne(packets[taken] as Packet)) {
          break;
        }
        taken++;
      }
    });
    return taken;
  }

  sendNow(packet: Packet): boolean {
    if (this.#port.isBatching !== true || !this.writable) {
      return false;
    }
    const data = this.codec.encodePacket(packet);
    const result = this.#port.send(data, this.#compresses(packet, data.length));
    if (result === "queued") {
      this.#congest();
      this.stir();
    }
    return result !== "dropped"; // else it is tried again, and fails, when no listener is on the stack
  }

  #sendOne(packet: Packet): boolean {
    const data = this.codec.encodePacket(packet);
    switch (this.#port.send(data, this.#compresses(packet, data.length))) {
      case "sent":
        return true;
      case "queued":
        this.#congest();
        return true;
      case "dropped":
        this.#congest();
        this.sink.onError(new TransportError("write error"));
        return false;
    }
  }

  #congest(): void {
    if (this.#state === "open") {
      this.#state = "congested";
    }
  }

  #compresses(packet: Packet, length: number): boolean {
    const deflate = this.#settings.perMessageDeflate;
    return deflate !== false && packet.options?.compress !== false && length >= deflate.threshold;
  }

  /** A message has come. */
  onData(data: string | Buffer): void {
    if (log.enabled) {
      log('received "%s"', data);
    }
    if (this.readyState !== "open") {
      return;
    }
    if (typeof data !== "string") {
      if (this.#isTooBig(data.length)) {
        return;
      }
      if (this.codec.bareBinary) {
        this.sink.onMessage(data);
      } else {
        this.sink.onPacket(this.codec.decodePacket(data));
      }
      return;
    }
    // A string of n characters is at least n bytes; only one that could be over is measured.
    const limit = this.#settings.maxHttpBufferSize;
    if (data.length * 3 > limit && this.#isTooBig(Buffer.byteLength(data))) {
      return;
    }
    if (data.charCodeAt(0) === MESSAGE && data.length > 1) {
      this.sink.onMessage(data.slice(1));
    } else {
      this.sink.onPacket(this.codec.decodePacket(data));
    }
  }

  // The host enforces the limit while it reads; but one that serves an application's own
  // WebSockets too may have to take larger messages than a session allows.
  #isTooBig(bytes: number): boolean {
    if (bytes <= this.#settings.maxHttpBufferSize) {
      return false;
    }
    this.sink.onError(new TransportError("Max payload size exceeded"));
    return true;
  }

  /** What was queued has left. */
  onDrain(): void {
    if (this.#state === "congested") {
      this.#state = "open";
      this.sink.onWritable();
    }
  }

  /**
   * The connection has ended.
   *
   * @param code the close code (RFC 6455, section 7.4)
   * @param reason the close reason
   */
  onSocketClose(code: number, reason: string): void {
    const wasOpen = this.readyState === "open";
    this.#become("closed");
    if (!wasOpen) {
      return; // who closed it knows
    }
    if (code === MESSAGE_TOO_BIG || reason === "Received too big message") {
      this.sink.onError(new TransportError("Max payload size exceeded", { code, reason }));
      return;
    }
    this.sink.onClose();
  }

  #become(state: TransportState): void {
    this.#state = changeState(this.name, this.readyState, state);
  }

  onRequest(exchange: HttpExchange): void {
    exchange.respond(400, {}, null);
  }

  get bufferedBytes(): number {
    return this.#port.bufferedBytes;
  }

  close(done?: () => void, status?: CloseStatus): void {
    if (this.readyState !== "open") {
      return;
    }
    log("closing");
    this.#become("closing");
    this.#port.close(status?.code, status?.reason);
    done?.();
  }

  discard(): void {
    // A WebSocket closes at once whether the session needs it or not.
  }
}
