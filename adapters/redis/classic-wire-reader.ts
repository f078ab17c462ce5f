import type { Room } from "../adapter.ts";
import {
  type ClusterMessage,
  type ClusterResponse,
  type Link,
  MessageType,
} from "../cluster/messages.ts";
import { isCount } from "../cluster/validation.ts";
import * as classic from "./classic-wire-types.ts";
import { isRecord, type Unchecked } from "./codec.ts";
import type { LegacyRequest, LegacyResponse } from "./wire.ts";

/**
 * What a request of classic pub/sub means. Nothing is checked that is not needed to tell that.
 *
 * @param request the decoded request; its `type` is a number
 * @param nsp the namespace
 * @returns null for a type that is not known
 */
export function readRequest(
  request: Unchecked,
  nsp: string,
): ClusterMessage | LegacyRequest | null {
  const { uid, requestId } = request;
  const message = toMessage(request) ?? toOwn(request);
  return message === null
    ? toLegacy(request, textOf(uid), textOf(requestId))
    : unchecked<ClusterMessage>({ ...message, uid: textOf(uid), nsp, link: toLink(request.link) });
}

interface TypeAndData {
  type: number;
  data: object | undefined;
}

function toMessage(request: Unchecked): TypeAndData | null {
  const { type, requestId, rooms, data: packet } = request;
  const opts = toOptions(request.opts);
  switch (type) {
    case classic.REMOTE_JOIN:
      return opts ? { type: MessageType.SOCKETS_JOIN, data: { opts, rooms } } : null;
    case classic.REMOTE_LEAVE:
      return opts ? { type: MessageType.SOCKETS_LEAVE, data: { opts, rooms } } : null;
    case classic.REMOTE_DISCONNECT: {
      const close = Boolean(request.close);
      return opts ? { type: MessageType.DISCONNECT_SOCKETS, data: { opts, close } } : null;
    }
    case classic.REMOTE_FETCH: {
      const data = { opts, requestId, ...(request.count === true ? { count: true } : {}) };
      return { type: MessageType.FETCH_SOCKETS, data };
    }
    case classic.SERVER_SIDE_EMIT:
      return { type: MessageType.SERVER_SIDE_EMIT, data: { packet, requestId } };
    case classic.BROADCAST:
      return { type: MessageType.BROADCAST, data: { packet: request.packet, opts, requestId } };
  }
  return null;
}

function toOwn({ type, data }: Unchecked): TypeAndData | null {
  return type > classic.OWN_TYPES_FROM ? { type: type - classic.OWN_TYPES_FROM, data } : null;
}

function toLegacy(
  request: Unchecked,
  uid: string | undefined,
  requestId: string | undefined,
): LegacyRequest | null {
  const { sid, room } = request;
  switch (request.type) {
    case classic.SOCKETS:
      return { type: "sockets", uid, requestId, rooms: listOf<Room>(request.rooms) };
    case classic.ALL_ROOMS:
      return { type: "all-rooms", uid, requestId };
    case classic.REMOTE_JOIN:
      return { type: "join", uid, requestId, sid, room };
    case classic.REMOTE_LEAVE:
      return { type: "leave", uid, requestId, sid, room };
    case classic.REMOTE_DISCONNECT:
      return { type: "disconnect", uid, requestId, sid, close: Boolean(request.close) };
  }
  return null;
}

/**
 * What an answer of classic pub/sub means.
 *
 * @param response the decoded answer
 * @param nsp the namespace
 * @returns null for one that answers nothing, or nothing that this package asks
 */
export function readResponse(
  response: Unchecked,
  nsp: string,
): ClusterMessage | ClusterResponse | LegacyResponse | null {
  const { type, requestId, sockets, rooms } = response;
  const uid = textOf(response.uid);
  if (typeof type === "number" && type > classic.OWN_TYPES_FROM) {
    const own = { type: type - classic.OWN_TYPES_FROM, data: response.data };
    return unchecked<ClusterResponse>({ ...own, uid, nsp, link: toLink(response.link) });
  }
  if (typeof requestId !== "string") {
    return null;
  }
  const message = toResponse(response, requestId);
  if (message !== null) {
    return unchecked<ClusterResponse>({ ...message, uid, nsp });
  }
  if (Array.isArray(sockets)) {
    const { count } = response;
    const data = { requestId, sockets, ...(typeof count === "number" ? { count } : {}) };
    return { type: MessageType.FETCH_SOCKETS_RESPONSE, uid, nsp, data };
  }
  return Array.isArray(rooms) ? { type: "all-rooms-response", uid, requestId, rooms } : null;
}

function toResponse(response: Unchecked, requestId: string): TypeAndData | null {
  switch (response.type) {
    case classic.SERVER_SIDE_EMIT: {
      const data = { requestId, packet: response.data };
      return { type: MessageType.SERVER_SIDE_EMIT_RESPONSE, data };
    }
    case classic.BROADCAST_CLIENT_COUNT: {
      const data = { requestId, clientCount: response.clientCount };
      return { type: MessageType.BROADCAST_CLIENT_COUNT, data };
    }
    case classic.BROADCAST_ACK:
      return { type: MessageType.BROADCAST_ACK, data: { requestId, packet: response.packet } };
  }
  return null;
}

/** Options as the reference takes them: each list may be missing. */
export function toOptions(options: unknown): object | undefined {
  if (!isRecord(options)) {
    return undefined;
  }
  const { rooms, except, flags } = options;
  return { rooms: rooms ?? [], except: except ?? [], flags: flags ?? undefined };
}

/** The link of a message; undefined where there is none that makes sense. */
export function toLink(link: unknown): Link | undefined {
  if (!Array.isArray(link)) {
    return undefined;
  }
  const [number, previous] = link;
  return isCount(number) && isCount(previous) ? [number, previous] : undefined;
}

/** A text, or undefined for all else. */
export function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function listOf<Item>(value: unknown): Item[] {
  return Array.isArray(value) ? value : [];
}

/** Says that the shape of the data is checked where it is applied, and not here. */
export function unchecked<Message>(message: object): Message {
  return message as Message;
}
