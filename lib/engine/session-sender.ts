import type { Packet, PacketOptions, PacketType, RawData } from "./codec/codec.ts";
import type { Flushable, FlushQueue } from "./flush-queue.ts";
import { GuardedEmitter } from "./guarded-emitter.ts";
import { Outbox, type OutboxPort, type QueuedPacket } from "./outbox.ts";
import type { ReadyState, SendCallback, SessionEvents } from "./session-types.ts";
import type { TopicPort } from "./topics.ts";
import type { Transport } from "./transports/transport.ts";
import { makeLog } from "../log.ts";

const log = makeLog("engine:socket");

/** The sending half of a session: what is sent waits in the outbox until the turn ends. */
export abstract class SessionSender
  extends GuardedEmitter<SessionEvents>
  implements OutboxPort, Flushable
{
  abstract readonly server: { readonly flushQueue: FlushQueue; readonly isWatched: boolean };
  abstract readonly readyState: ReadyState;
  abstract readonly transport: Transport;

  /** Null where nothing waits: nearly always. */
  #outbox: Outbox | null = null;
  #inFlushQueue = false;

  /** The packets that wait for the transport. */
  get writeBuffer(): readonly Packet[] {
    return this.#outbox?.packets ?? [];
  }

  /** Whether any does. */
  protected get hasWaiting(): boolean {
    return this.#outbox !== null && !this.#outbox.isEmpty;
  }

  /** How much that is, in bytes. */
  protected get waitingBytes(): number {
    return this.#outbox?.measure() ?? 0;
  }

  /** Drops the packets that wait. */
  protected dropWaiting(): void {
    this.#outbox?.clear();
  }

  /**
   * Sends a message.
   *
   * @param data text or bytes
   * @param options `compress: false` keeps it uncompressed
   * @param callback called with the transport once the message has been handed to it
   */
  send(
    data: string | Uint8Array,
    options?: PacketOptions | SendCallback,
    callback?: SendCallback,
  ): this {
    const bytes =
      typeof data === "string" || Buffer.isBuffer(data)
        ? data
        : Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    if (typeof options === "function") {
      this.push("message", bytes, undefined, options);
    } else {
      this.push("message", bytes, options, callback);
    }
    return this;
  }

  /** The same as {@link send}. */
  write(
    data: string | Uint8Array,
    options?: PacketOptions | SendCallback,
    callback?: SendCallback,
  ): this {
    return this.send(data, options, callback);
  }

  sendPing(): void {
    this.push("ping");
  }

  sendPong(data?: RawData): void {
    this.push("pong", data);
  }

  protected push(
    type: PacketType,
    data?: RawData,
    options?: PacketOptions,
    callback?: SendCallback,
  ): void {
    if (this.readyState !== "open") {
      return;
    }
    const packet: QueuedPacket = { type };
    if (data) {
      packet.data = data;
    }
    if (options !== undefined) {
      packet.options = options;
    }
    if (callback !== undefined) {
      packet.callback = callback;
    }
    if (log.enabled) {
      log('sending packet "%s" (%s)', type, data);
    }
    this.tell("packetCreate", packet);
    if (this.server.flushQueue.mayPass(this) && this.#sendNow(packet)) {
      return;
    }
    this.#outbox ??= new Outbox();
    this.#outbox.push(packet);
    if (!this.#inFlushQueue) {
      this.#inFlushQueue = true;
      this.server.flushQueue.add(this);
      this.stir();
    }
  }

  /** Sends a message past the outbox, where nobody can tell the difference. */
  #sendNow(packet: QueuedPacket): boolean {
    return (
      packet.type === "message" &&
      packet.data !== undefined &&
      packet.callback === undefined &&
      !this.hasWaiting &&
      !this.#isWatched &&
      this.transport.sendNow?.(packet) === true
    );
  }

  /** Whether somebody listens to what is sent. */
  get #isWatched(): boolean {
    const isHeard = this._eventsCount !== 0 && this.isHeard("packetCreate", "flush", "drain");
    return isHeard || this.server.isWatched || log.enabled;
  }

  /**
   * By what the client can be reached past the session. Null while that would make a difference: to
   * the order, as something waits, or to somebody who listens.
   */
  get feed(): TopicPort | null {
    const isHeard = this._eventsCount !== 0 && this.isHeard("packetCreate", "flush", "drain");
    return this.readyState === "open" && !this.hasWaiting && !isHeard
      ? (this.transport.feed ?? null)
      : null;
  }

  /** Has those who reach the client past the session ask anew whether they may. */
  stir(): void {
    this.transport.stir?.();
  }

  protected override onListening(): void {
    this.stir();
  }

  /** Says that {@link flush} will be called at once: what is sent until then need not wait for the turn's end. */
  protected holdFlush(): void {
    this.#inFlushQueue = true;
  }

  /** Hands the waiting packets to the transport, as far as it takes them. */
  flush(): void {
    this.#inFlushQueue = false;
    if (this.#outbox === null || this.readyState === "closed") {
      return;
    }
    if (this.#outbox.flush(this.transport, this)) {
      this.#outbox = null;
    }
  }

  abstract onFlush(packets: QueuedPacket[]): void;
  abstract onDrain(): void;
}
