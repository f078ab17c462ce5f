import { SocketIOError } from "../errors.ts";
import { DisconnectedError } from "../socket-signal.ts";
import type { StreamSocket } from "./types.ts";

/**
 * Calls back when a socket is gone, once or more often: that of a client may come back.
 *
 * @param socket the socket
 * @param onGone gets an error with the code `ERR_DISCONNECTED`
 * @returns stops it
 */
export function whenGone(socket: StreamSocket, onGone: (error: Error) => void): () => void {
  const { signal } = socket;
  if (signal === undefined) {
    const listener = (reason: unknown): void => onGone(disconnected(reason));
    socket.on("disconnect", listener);
    return () => socket.off("disconnect", listener);
  }
  const listener = (): void => onGone(signal.reason);
  signal.addEventListener("abort", listener);
  return () => signal.removeEventListener("abort", listener);
}

/** The error of a socket that is not connected; null where it is. */
export function goneAlready(socket: StreamSocket): Error | null {
  if (socket.signal?.aborted) {
    const { reason } = socket.signal;
    return reason instanceof DisconnectedError ? reason : disconnected("");
  }
  return socket.connected ? null : disconnected("it is not connected");
}

function disconnected(reason: unknown): SocketIOError {
  return new SocketIOError("ERR_DISCONNECTED", `the socket is gone: ${reason}`);
}
