// What clients of protocol 3, those of Socket.IO 1 and 2, do and expect otherwise.

import { type Packet, PacketType } from "socket.io-parser";
import type { SocketId } from "../adapters/adapter.ts";

/**
 * Takes the query from the namespace's name, which is where such a client puts it in a CONNECT; it
 * stands for the payload, which there is none of.
 *
 * @param packet a packet of such a client; it is changed
 */
export function separateQuery(packet: Packet): void {
  const { nsp } = packet;
  const end = typeof nsp === "string" ? nsp.indexOf("?") : -1;
  const query = end === -1 ? "" : nsp.slice(end + 1);
  if (end !== -1) {
    packet.nsp = nsp.slice(0, end);
  }
  if (packet.type === PacketType.CONNECT) {
    packet.data = Object.fromEntries(new URLSearchParams(query));
  }
}

/**
 * The id of a socket. Such a client does not get told, but makes it up in the same way.
 *
 * @param namespace the namespace's name
 * @param sid the session's id
 */
export function socketIdOf(namespace: string, sid: string): SocketId {
  return namespace === "/" ? sid : `${namespace}#${sid}`;
}

/**
 * What such a client is told of why it is not let in: the error's data or its message alone.
 *
 * @param refusal the message, and the data if any
 */
export function bareRefusal({ message, data }: { message: string; data?: unknown }): unknown {
  return data || message;
}
