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
