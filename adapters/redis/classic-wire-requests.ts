import {
  type ClusterMessage,
  type ClusterResponse,
  MessageType,
  type WireOptions,
} from "../cluster/messages.ts";
import * as classic from "./classic-wire-types.ts";

/**
 * What a message is as a request of classic pub/sub. `direct` says that the node hears its private
 * channel for sure; nodes of the reference ignore it, and `count`.
 *
 * @param message the message
 * @param uid the id of this node
 * @param nsp the namespace
 */
export function toRequest(message: ClusterMessage, uid: string, nsp: string): object {
  const { type, data } = message;
  switch (type) {
    case MessageType.BROADCAST: {
      const { packet, opts, requestId } = data;
      const { id: _, ...rest } = packet; // each node gives it an id of its own
      const named = { ...rest, nsp };
      return { uid, requestId, type: classic.BROADCAST, packet: named, opts, direct: true };
    }
    case MessageType.SOCKETS_JOIN:
      return { uid, type: classic.REMOTE_JOIN, opts: targets(data.opts), rooms: data.rooms };
    case MessageType.SOCKETS_LEAVE:
      return { uid, type: classic.REMOTE_LEAVE, opts: targets(data.opts), rooms: data.rooms };
    case MessageType.DISCONNECT_SOCKETS: {
      const opts = targets(data.opts);
      return { uid, type: classic.REMOTE_DISCONNECT, opts, close: data.close };
    }
    case MessageType.FETCH_SOCKETS: {
      const { requestId, count } = data;
      const opts = targets(data.opts);
      return { uid, requestId, type: classic.REMOTE_FETCH, opts, count, direct: true };
    }
    case MessageType.SERVER_SIDE_EMIT: {
      const { requestId, packet } = data;
      const direct = requestId === undefined ? undefined : true;
      return { uid, requestId, type: classic.SERVER_SIDE_EMIT, data: packet, direct };
    }
  }
  return { uid, type: classic.OWN_TYPES_FROM + type, data };
}

/**
 * What an answer is in classic pub/sub. Nodes of the reference ignore its `uid`, and `count`.
 *
 * @param response the answer
 * @param uid the id of this node
 */
export function toAnswer({ type, data }: ClusterResponse, uid: string): object {
  switch (type) {
    case MessageType.FETCH_SOCKETS_RESPONSE: {
      const { requestId, sockets, count } = data;
      return { requestId, sockets, count, uid };
    }
    case MessageType.SERVER_SIDE_EMIT_RESPONSE: {
      const { requestId, packet } = data;
      return { type: classic.SERVER_SIDE_EMIT, requestId, data: packet, uid };
    }
    case MessageType.BROADCAST_CLIENT_COUNT: {
      const { requestId, clientCount } = data;
      return { type: classic.BROADCAST_CLIENT_COUNT, requestId, clientCount, uid };
    }
    case MessageType.BROADCAST_ACK: {
      const { requestId, packet } = data;
      return { type: classic.BROADCAST_ACK, requestId, packet, uid };
    }
  }
  return { type: classic.OWN_TYPES_FROM + type, data, uid };
}

/** The reference sends no flags with these. */
function targets({ rooms, except }: WireOptions): object {
  return { rooms, except };
}
