import { SocketIOError } from "../../lib/errors.ts";
import { isTransient } from "./client-errors.ts";

/**
 * Whether what failed is to be sent again: Redis was not reached, or cannot take it now, or the
 * client lost patience. In the last case, and where the connection was lost, Redis may get it twice:
 * that does less harm than not at all.
 */
export function isRetriable(error: Error): boolean {
  if (error instanceof TypeError || error instanceof RangeError) {
    return false; // the client cannot send such a thing
  }
  return isTransient(error) || isTimeout(error);
}

function isTimeout({ name, message }: Error): boolean {
  return name === "TimeoutError" || /^command timed out/i.test(message);
}

/** The error of a command that was dropped, where there is no other. */
export function outboxFull(): SocketIOError {
  return new SocketIOError("ERR_OUTBOX_FULL", "Redis was away for too long");
}
