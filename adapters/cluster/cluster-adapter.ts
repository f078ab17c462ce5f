import type { Packet } from "socket.io-parser";
import type { Untyped } from "../../lib/events.ts";
import type { AckProgress, BroadcastOptions, Room } from "../adapter.ts";
import { ClusterReceiver } from "./cluster-receiver.ts";
import { LocalDelivery } from "./local-delivery.ts";
import { type ClusterMessage, MessageType } from "./messages.ts";
import { encodeOptions } from "./validation.ts";

/**
 * An adapter for several nodes. What extends it brings the messages from node to node:
 *
 * - it implements {@link doPublish}, {@link doPublishResponse} and {@link serverCount};
 * - it calls {@link onMessage} and {@link onResponse} with what other nodes sent so.
 *
 * A broadcast reaches the sockets of this node at once, and then travels; so do joining, leaving and
 * disconnecting.
 *
 * It emits what {@link Adapter} does, `occupied` and `vacated` of all nodes. Nodes of the reference do
 * not tell of their rooms. Who begins to listen is told of the rooms that other nodes hold already.
 *
 * It emits `error` ({@link SocketIOError}, or what `doPublish` rejected with) when a message could not
 * be sent, or one that came makes no sense; where nobody listens, a process warning tells of the first
 * of each kind.
 */
export abstract class ClusterAdapter extends ClusterReceiver {
  readonly #delivery = new LocalDelivery();

  /** How many nodes there are, this one among them. Where it rejects, it is asked again. */
  abstract override serverCount(): Promise<number>;

  override broadcast(packet: Packet, options: BroadcastOptions): void {
    const message: ClusterMessage | undefined = options.flags?.local
      ? undefined
      : {
          type: MessageType.BROADCAST,
          data: { packet: copyOf(packet), opts: encodeOptions(options) },
        };
    if (message !== undefined && this.hasOffsets !== false && this.isRecoverable(packet, options)) {
      this.#broadcastWithOffset(message, packet, options);
    } else if (this.#delivery.isWaiting) {
      this.#delivery.behind(() => super.broadcast(packet, options));
      this.#publishIfAny(message);
    } else {
      super.broadcast(packet, options);
      this.#publishIfAny(message);
    }
  }

  #broadcastWithOffset(message: ClusterMessage, packet: Packet, options: BroadcastOptions): void {
    this.#delivery.whenKnown(this.#publishForOffset(message), (offset) => {
      if (offset) {
        packet.data.push(offset);
      }
      super.broadcast(packet, options);
    });
  }

  async #publishForOffset(message: ClusterMessage): Promise<string | undefined> {
    try {
      const offset = await this.publishAndReturnOffset(message);
      this.hasOffsets ??= Boolean(offset);
      return offset;
    } catch (error) {
      this.report(error);
      return undefined;
    }
  }

  #publishIfAny(message: ClusterMessage | undefined): void {
    if (message !== undefined) {
      this.publish(message);
    }
  }

  override broadcastWithAck(
    packet: Packet,
    options: BroadcastOptions,
    onClientCount: (clientCount: number) => void,
    onResponse: (response: Untyped) => void,
    progress?: AckProgress,
  ): void {
    const copy = copyOf(packet);
    this.#inOrder(() => super.broadcastWithAck(packet, options, onClientCount, onResponse));
    if (options.flags?.local) {
      return;
    }
    const requestId = this.expectAcks(options, onClientCount, onResponse, progress);
    const opts = encodeOptions(options);
    this.publish({ type: MessageType.BROADCAST, data: { packet: copy, requestId, opts } });
  }

  #inOrder(task: () => void): void {
    if (this.#delivery.isWaiting) {
      this.#delivery.behind(task);
    } else {
      task();
    }
  }

  override addSockets(options: BroadcastOptions, rooms: Room[]): void {
    this.#inOrder(() => super.addSockets(options, rooms));
    if (!options.flags?.local) {
      const data = { opts: encodeOptions(options), rooms };
      this.publish({ type: MessageType.SOCKETS_JOIN, data });
    }
  }

  override delSockets(options: BroadcastOptions, rooms: Room[]): void {
    this.#inOrder(() => super.delSockets(options, rooms));
    if (!options.flags?.local) {
      const data = { opts: encodeOptions(options), rooms };
      this.publish({ type: MessageType.SOCKETS_LEAVE, data });
    }
  }

  override disconnectSockets(options: BroadcastOptions, close: boolean): void {
    this.#inOrder(() => super.disconnectSockets(options, close));
    if (!options.flags?.local) {
      const data = { opts: encodeOptions(options), close };
      this.publish({ type: MessageType.DISCONNECT_SOCKETS, data });
    }
  }
}

// Adapters write into a packet, and this one is on its way.
function copyOf({ type, data, nsp }: Packet): Packet {
  return { type, data, nsp };
}
