import type { Packet } from "socket.io-parser";
import type { AdapterSocket, EncodedPackets, SocketId, WriteOptions } from "./adapter.ts";

/**
 * Sends a packet to sockets one by one. The compiler makes more of this loop by itself than in the midst
 * of others.
 *
 * @param chosen the sockets
 * @param connected those that are connected, by id
 */
export function writeToEach(
  chosen: readonly AdapterSocket[],
  connected: ReadonlyMap<SocketId, AdapterSocket>,
  packet: Packet,
  encoded: EncodedPackets,
  write: WriteOptions,
): void {
  for (const socket of chosen) {
    if (connected.get(socket.id) === socket) {
      // the listeners of another may have ended it
      socket.notifyOutgoingListeners(packet);
      socket.client.writeToEngine(encoded, write);
    }
  }
}
