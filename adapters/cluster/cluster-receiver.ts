import { type Packet, PacketType } from "socket.io-parser";
import { malformedMessage, throwLater } from "../../lib/errors.ts";
import type { Untyped } from "../../lib/events.ts";
import { makeLog } from "../../lib/log.ts";
import type { AdapterSocket, BroadcastOptions, RemoteSocketDetails } from "../adapter.ts";
import { ClusterRequests } from "./cluster-requests.ts";
import { type ClusterMessage, type ClusterResponse, MessageType } from "./messages.ts";
import { decodeOptions, problemOf } from "./validation.ts";

const log = makeLog("socket.io-adapter");

/** The receiving half of an adapter for several nodes: carries out here what other nodes ask for. */
export abstract class ClusterReceiver extends ClusterRequests {
  /**
   * To be called with each message that came. This node's own, and those of other namespaces, are
   * ignored. It does not throw: what makes no sense is reported (`ERR_MALFORMED_MESSAGE`) and dropped.
   *
   * @param message the message, decoded
   * @param offset what `doPublish` returned for it, where that returns offsets
   */
  protected onMessage(message: ClusterMessage, offset?: string): void {
    try {
      if (message?.uid !== this.uid && this.#isSound(message)) {
        this.#receive(message, offset);
      }
    } catch (error) {
      this.report(malformedMessage("it could not be carried out", error));
    }
  }

  /** Whether a message can be used, and is for this namespace. */
  #isSound(message: ClusterMessage | ClusterResponse): boolean {
    const problem = problemOf(message);
    if (problem !== undefined) {
      this.report(malformedMessage(problem));
      return false;
    }
    if (log.enabled) {
      log("[%s] got type %d from %s", this.uid, message.type, message.uid);
    }
    if ((message.nsp ?? this.nsp.name) !== this.nsp.name) {
      return false;
    }
    if (message.uid) {
      this.onSignOfLife(message.uid, message.type);
    }
    return true;
  }

  #receive(message: ClusterMessage, offset: string | undefined): void {
    switch (message.type) {
      case MessageType.BROADCAST:
        this.#onBroadcast(message, offset);
        break;
      case MessageType.SOCKETS_JOIN:
        super.addSockets(decodeOptions(message.data.opts), message.data.rooms);
        break;
      case MessageType.SOCKETS_LEAVE:
        super.delSockets(decodeOptions(message.data.opts), message.data.rooms);
        break;
      case MessageType.DISCONNECT_SOCKETS:
        super.disconnectSockets(decodeOptions(message.data.opts), message.data.close === true);
        break;
      case MessageType.FETCH_SOCKETS:
        this.#onFetchSockets(message);
        break;
      case MessageType.SERVER_SIDE_EMIT:
        this.#onServerSideEmit(message);
        break;
      case MessageType.ROOMS_REQUEST:
      case MessageType.ROOMS:
        this.receiveRooms(message);
        break;
      case MessageType.REPLAY_REQUEST:
      case MessageType.INITIAL_HEARTBEAT:
      case MessageType.HEARTBEAT:
      case MessageType.ADAPTER_CLOSE:
      case MessageType.REPLAY_MARK:
        break; // for those who extend this
      default:
        // Some transports do not tell messages and answers apart.
        this.onResponse(message as ClusterResponse);
    }
  }

  #onBroadcast(
    { uid, data }: ClusterMessage & { type: MessageType.BROADCAST },
    offset: string | undefined,
  ): void {
    const options = decodeOptions(data.opts);
    const packet: Packet = { type: PacketType.EVENT, nsp: this.nsp.name, data: data.packet.data };
    const requestId = data.requestId ?? undefined;
    if (requestId === undefined) {
      if (offset && this.isRecoverable(packet, options)) {
        packet.data.push(offset);
      }
      super.broadcast(packet, options);
      return;
    }
    super.broadcastWithAck(
      packet,
      options,
      (clientCount) =>
        this.#answer(uid, {
          type: MessageType.BROADCAST_CLIENT_COUNT,
          data: { requestId, clientCount },
        }),
      (response) =>
        this.#answer(uid, {
          type: MessageType.BROADCAST_ACK,
          data: { requestId, packet: response },
        }),
    );
  }

  /** Of what came without a name, nobody waits for an answer. */
  #answer(uid: string | undefined, response: ClusterResponse): void {
    if (uid !== undefined) {
      this.publishResponse(uid, response);
    }
  }

  #onFetchSockets({ uid, data }: ClusterMessage & { type: MessageType.FETCH_SOCKETS }): void {
    const { requestId } = data;
    const options = decodeOptions(data.opts);
    const type = MessageType.FETCH_SOCKETS_RESPONSE;
    if (data.count === true) {
      this.#answer(uid, {
        type,
        data: { requestId, sockets: [], count: this.countTargets(options) },
      });
      return;
    }
    const sockets = Array.from(this.targets(options), detailsOf);
    this.#answer(uid, { type, data: { requestId, sockets } });
  }

  #onServerSideEmit({ uid, data }: ClusterMessage & { type: MessageType.SERVER_SIDE_EMIT }): void {
    const [event, ...args] = data.packet;
    const requestId = data.requestId ?? undefined;
    if (requestId !== undefined) {
      let hasAnswered = false;
      args.push((packet: Untyped) => {
        if (!hasAnswered) {
          hasAnswered = true;
          this.#answer(uid, {
            type: MessageType.SERVER_SIDE_EMIT_RESPONSE,
            data: { requestId, packet },
          });
        }
      });
    }
    try {
      this.nsp._onServerSideEmit([event, ...args]);
    } catch (error) {
      throwLater(error); // of a listener
    }
  }

  /**
   * To be called with each answer that came; those that nobody waits for are ignored. Like
   * {@link onMessage} it does not throw.
   */
  protected onResponse(response: ClusterResponse): void {
    try {
      if (response?.uid !== this.uid && this.#isSound(response)) {
        this.receiveAnswer(response);
      }
    } catch (error) {
      this.report(malformedMessage("it could not be carried out", error));
    }
  }

  /** Whether clients that missed an event can be sent it later. */
  protected isRecoverable(packet: Packet, { flags }: BroadcastOptions): boolean {
    return (
      Boolean(this.nsp.server.opts.connectionStateRecovery) &&
      packet.type === PacketType.EVENT &&
      packet.id === undefined &&
      flags?.volatile !== true
    );
  }
}

function detailsOf(socket: AdapterSocket): RemoteSocketDetails {
  // What express-session puts there holds the whole store, and circles.
  const { sessionStore: _, ...handshake } = socket.handshake as { sessionStore?: unknown };
  return { id: socket.id, handshake, rooms: [...socket.rooms], data: socket.data };
}
