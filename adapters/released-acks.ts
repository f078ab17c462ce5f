import type { Untyped } from "../lib/events.ts";
import type { AdapterSocket } from "./adapter.ts";

/**
 * What hears the acknowledgements of a broadcast: those that are still owed when its time is over are
 * released.
 */
export function releasing(
  sockets: readonly AdapterSocket[],
  id: number,
  timeoutMs: number | undefined,
  onResponse: (response: Untyped) => void,
): (response: Untyped) => void {
  if (timeoutMs === undefined || sockets.length === 0) {
    return onResponse;
  }
  let owed = sockets.length;
  const timer = setTimeout(() => {
    for (const socket of sockets) {
      socket.acks.delete(id);
    }
  }, timeoutMs);
  return (response) => {
    owed--;
    if (owed === 0) {
      clearTimeout(timer);
    }
    onResponse(response);
  };
}
