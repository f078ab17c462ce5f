// What most of all messages are: an event for everybody in a namespace. Of those that go together, only what
// the program gave is written.

import { type ClusterMessage, MessageType } from "../cluster/messages.ts";
import { isPlainEvent } from "./classic-wire-broadcast.ts";
import { hasBinary } from "./codec.ts";

const EVENT = 2;

/** What is around the arguments of such an event, and around the name of its namespace behind them. */
export const EVENT_HEAD = `{"packet":{"type":${EVENT},"data":`;
export const EVENT_NSP = ',"nsp":';
export const EVENT_TAIL = '},"opts":{"rooms":[],"except":[],"flags":{}}}';

/**
 * The name and arguments of an event for everybody, as JSON.
 *
 * @param isPlaintext whether it is known that nothing is binary
 * @returns undefined for anything else
 * @throws what JSON.stringify() does
 */
export function eventOf(message: ClusterMessage, isPlaintext: boolean): string | undefined {
  if (message.type !== MessageType.BROADCAST) {
    return undefined;
  }
  const { packet, opts, requestId } = message.data;
  const isForAll = opts.rooms.length === 0 && opts.except?.length === 0 && !hasMembers(opts.flags);
  if (!isForAll || requestId !== undefined || packet.nsp !== message.nsp || !isPlainEvent(packet)) {
    return undefined;
  }
  if (!isPlaintext && hasBinary(packet.data)) {
    return undefined;
  }
  const json: unknown = JSON.stringify(packet.data);
  return typeof json === "string" && json.startsWith("[") ? json : undefined;
}

function hasMembers(flags: object | undefined): boolean {
  for (const _member in flags) {
    return true;
  }
  return false;
}

/** The data of its entry where it has one of its own. */
export function dataOfEvent(event: string, nsp: string): string {
  return EVENT_HEAD + event + EVENT_NSP + JSON.stringify(nsp) + EVENT_TAIL;
}

/** The same, decoded. */
export function messageOfEvent(event: readonly unknown[], nsp: string): object {
  return {
    packet: { type: EVENT, data: event, nsp },
    opts: { rooms: [], except: [], flags: {} },
  };
}
