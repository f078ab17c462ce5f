// What other nodes send is checked before it is used: whoever can write to Redis can send anything.

import { PacketType } from "socket.io-parser";
import { RESERVED_EVENTS } from "../../lib/socket-types.ts";
import type { BroadcastFlags, BroadcastOptions, RemoteSocketDetails } from "../adapter.ts";
import { MessageType, type WireOptions } from "./messages.ts";

const LONGEST_TIMER_MS = 2 ** 31 - 1; // a longer timer would fire at once
const NO_FLAGS: BroadcastFlags = {};
const MAX_PARTS = 1_000_000;

/** Events of the server itself: listeners trust their arguments. */
const SERVER_EVENTS: ReadonlySet<unknown> = new Set([
  "connect",
  "connection",
  "new_namespace",
  "session_expired",
]);

type Fields = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null;
}

function isNil(value: unknown): value is null | undefined {
  return value === undefined || value === null;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

// Programs without types join rooms by number.
function areRooms(value: unknown): boolean {
  return Array.isArray(value) && value.every(isRoom);
}

function isRoom(value: unknown): boolean {
  return typeof value === "string" || typeof value === "number";
}

function isId(value: unknown): boolean {
  return typeof value === "string" && value !== "";
}

/**
 * Says what is wrong with a message or a response.
 *
 * @param message what came, of whatever shape
 * @returns undefined where it can be used, or is of a type that this package does not know
 */
export function problemOf(message: unknown): string | undefined {
  if (!isObject(message)) {
    return "it is no object";
  }
  const { type, uid, nsp, data } = message;
  if (typeof type !== "number") {
    return "it has no type";
  }
  if (!isNil(uid) && !isId(uid)) {
    return `of type ${type}, with a uid that is no name`;
  }
  if (!isNil(nsp) && typeof nsp !== "string") {
    return `of type ${type}, with a namespace that is no name`;
  }
  const check = CHECKS.get(type);
  if (check === undefined) {
    return undefined;
  }
  const problem = isObject(data) ? check(data) : "data that is no object";
  return problem && `of type ${type} (${MessageType[type]}), with ${problem}`;
}

type DataCheck = (data: Fields) => string | undefined;

const checkOptions: DataCheck = ({ opts }) => {
  if (!isObject(opts)) {
    return "no options";
  }
  if (!areRooms(opts.rooms)) {
    return "rooms that are no list of names";
  }
  if (!isNil(opts.except) && !areRooms(opts.except)) {
    return "exceptions that are no list of names";
  }
  return isNil(opts.flags) || isObject(opts.flags) ? undefined : "flags that are no object";
};

const checkRequestId: DataCheck = ({ requestId }) =>
  isId(requestId) ? undefined : "no id of a request";

const checkOptionalRequestId: DataCheck = ({ requestId }) =>
  isNil(requestId) || isId(requestId) ? undefined : "an id of a request that is none";

const checkPacket: DataCheck = ({ packet }) => {
  if (!isObject(packet)) {
    return "no packet";
  }
  if (packet.type !== PacketType.EVENT && packet.type !== PacketType.BINARY_EVENT) {
    return "a packet that is no event";
  }
  const { data } = packet;
  if (!Array.isArray(data)) {
    return "a packet without a list as its data";
  }
  const [event] = data;
  // A client that gets another closes its connection.
  const isName = typeof event === "number" || typeof event === "string";
  return isName && !RESERVED_EVENTS.has(event as string) ? undefined : "an event without a name";
};

const checkMembers: DataCheck = ({ rooms }) =>
  areRooms(rooms) ? undefined : "no list of rooms to join or leave";

const checkServerEvent: DataCheck = ({ packet }) => {
  const isEvent = Array.isArray(packet) && typeof packet[0] === "string";
  return isEvent && !SERVER_EVENTS.has(packet[0]) ? undefined : "no event";
};

const checkSockets: DataCheck = ({ sockets, count }) => {
  if (!Array.isArray(sockets) || !sockets.every(isDetails)) {
    return "no list of sockets";
  }
  return isNil(count) || isCount(count) ? undefined : "a count that is none";
};

function isDetails(value: unknown): boolean {
  return isObject(value) && isId(value.id) && areRooms(value.rooms);
}

const checkClientCount: DataCheck = ({ clientCount }) =>
  isCount(clientCount) ? undefined : "no number of clients";

const checkKnown: DataCheck = ({ known }) =>
  Array.isArray(known) && known.every(isId) ? undefined : "no list of nodes";

const checkRooms: DataCheck = ({ number, part, occupied, vacated }) => {
  if (!isCount(number)) {
    return "no number";
  }
  if (!isNil(part)) {
    const [index, count] = Array.isArray(part) ? part : [];
    if (!isCount(index) || !isCount(count) || index >= count || count > MAX_PARTS) {
      return "a part that is none";
    }
  }
  return areRooms(occupied) && areRooms(vacated) ? undefined : "no list of rooms";
};

function all(...checks: readonly DataCheck[]): DataCheck {
  return (data) => {
    for (const check of checks) {
      const problem = check(data);
      if (problem !== undefined) {
        return problem;
      }
    }
    return undefined;
  };
}

const CHECKS: ReadonlyMap<number, DataCheck> = new Map([
  [MessageType.BROADCAST, all(checkOptions, checkPacket, checkOptionalRequestId)],
  [MessageType.SOCKETS_JOIN, all(checkOptions, checkMembers)],
  [MessageType.SOCKETS_LEAVE, all(checkOptions, checkMembers)],
  [MessageType.DISCONNECT_SOCKETS, checkOptions],
  [MessageType.FETCH_SOCKETS, all(checkOptions, checkRequestId)],
  [MessageType.FETCH_SOCKETS_RESPONSE, all(checkRequestId, checkSockets)],
  [MessageType.SERVER_SIDE_EMIT, all(checkServerEvent, checkOptionalRequestId)],
  [MessageType.SERVER_SIDE_EMIT_RESPONSE, checkRequestId],
  [MessageType.BROADCAST_CLIENT_COUNT, all(checkRequestId, checkClientCount)],
  [MessageType.BROADCAST_ACK, checkRequestId],
  [MessageType.ROOMS_REQUEST, all(checkRequestId, checkKnown)],
  [MessageType.ROOMS, checkRooms],
]);

/** Broadcast options, ready to travel. */
export function encodeOptions({ rooms, except, flags }: BroadcastOptions): WireOptions {
  return { rooms: [...rooms], except: except === undefined ? [] : [...except], flags };
}

/** What they were. Of the flags, those remain that mean something here. */
export function decodeOptions({ rooms, except, flags }: WireOptions): BroadcastOptions {
  return {
    rooms: new Set(rooms),
    except: new Set(except ?? []),
    flags: isNil(flags) ? NO_FLAGS : cleanFlags(flags),
  };
}

function cleanFlags({ volatile, compress, timeout }: BroadcastFlags): BroadcastFlags {
  const clean: BroadcastFlags = {};
  if (volatile === true) {
    clean.volatile = true;
  }
  if (compress === false) {
    clean.compress = false;
  }
  if (typeof timeout === "number" && timeout >= 0) {
    clean.timeout = Math.min(timeout, LONGEST_TIMER_MS);
  }
  return clean;
}

/** What is known of a socket of another node, and nothing else that came along. */
export function cleanDetails({
  id,
  handshake,
  rooms,
  data,
}: RemoteSocketDetails): RemoteSocketDetails {
  return { id, handshake, rooms, data };
}
