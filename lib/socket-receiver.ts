import { type Packet, PacketType } from "socket.io-parser";
import type { AckBound } from "./ack-bound.ts";
import { PendingAcks } from "./acks.ts";
import type { Session } from "./engine/session.ts";
import type { AnyFunction, EventsMap } from "./events.ts";
import { SocketFlow } from "./socket-flow.ts";
import { NO_FLAGS } from "./socket-sender.ts";
import type { EndReason, Event } from "./socket-types.ts";
import { makeLog } from "./log.ts";

const log = makeLog("socket.io:socket");

/** What a socket gets of its client: events, and acknowledgements; and which of these are owed. */
export abstract class SocketReceiver<
  ListenEvents extends EventsMap,
  EmitEvents extends EventsMap,
  ServerSideEvents extends EventsMap,
  SocketData,
> extends SocketFlow<ListenEvents, EmitEvents, ServerSideEvents, SocketData> {
  abstract readonly conn: Session;
  #acks: PendingAcks | undefined;
  /** How many acknowledgements the client waits for. */
  #repliesOwed = 0;

  /** Whether its client owes nothing any more. */
  protected abstract get _isClosed(): boolean;

  abstract _onClose(reason: EndReason, description?: unknown): void;

  /** The acknowledgements that the client owes. */
  get acks(): PendingAcks {
    this.#acks ??= new PendingAcks(this.#ackBound());
    return this.#acks;
  }

  #ackBound(): AckBound | null {
    const tallies = this._isClosed ? null : this.nsp.server.ackTallies;
    return tallies?.boundFor(this.client, () => this.#onTooManyAcks()) ?? null;
  }

  // Later, so that the socket does not end in the midst of the program's emit(). It may have left by
  // then, which is no way out.
  #onTooManyAcks(): void {
    process.nextTick(() => {
      if (this.conn.readyState === "open") {
        this.client.exceed("pendingAcks", this.nsp.name);
      }
    });
  }

  /** How many acknowledgements are owed, by the client or to it. @internal */
  get _owed(): number {
    return this.#repliesOwed + (this.#acks?.size ?? 0);
  }

  /** The socket is gone: what the client owes counts no longer, but for what has a timeout. */
  protected _closeAcks(): void {
    this.#acks?.onClose();
  }

  /** Called with each packet of the client. @internal */
  _onPacket(packet: Packet): void {
    if (log.enabled) {
      log("got packet %j", packet);
    }
    switch (packet.type) {
      case PacketType.EVENT:
      case PacketType.BINARY_EVENT:
        this.#onEvent(packet);
        break;
      case PacketType.ACK:
      case PacketType.BINARY_ACK:
        this.#onAck(packet);
        break;
      case PacketType.DISCONNECT:
        log("got disconnect packet");
        this._onClose("client namespace disconnect");
    }
  }

  #onEvent(packet: Packet): void {
    const event = argumentsOf(packet) as Event;
    if (log.enabled) {
      log("emitting event %j", event);
    }
    if (packet.id !== undefined && packet.id !== null) {
      if (log.enabled) {
        log("attaching ack callback to event");
      }
      event.push(this.#makeAck(packet.id));
    }
    this._receive(event);
  }

  #onAck(packet: Packet): void {
    if (log.enabled) {
      const isOwed = packet.id !== undefined && this.acks.has(packet.id);
      if (isOwed) {
        log("calling ack %s with %j", packet.id, packet.data);
      } else {
        log("bad ack %s", packet.id);
      }
    }
    this.acks.settle(packet.id ?? -1, argumentsOf(packet));
  }

  #makeAck(id: number): AnyFunction {
    let sent = false;
    this.#repliesOwed++;
    return (...args: unknown[]) => {
      if (!sent) {
        if (log.enabled) {
          log("sending ack %j", args);
        }
        const packet = { type: PacketType.ACK, nsp: this.nsp.name, id, data: args };
        this.client.writePacket(packet, NO_FLAGS);
        sent = true; // after: where the arguments could not be encoded, others may be sent
        this.#repliesOwed--;
      }
    };
  }
}

/** `socket.io-parser` lets nothing but lists pass; the user's own parser may let a client crash us. */
function argumentsOf(packet: Packet): unknown[] {
  return Array.isArray(packet.data) ? packet.data : [];
}
