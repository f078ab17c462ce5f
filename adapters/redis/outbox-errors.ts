/** The codes of Redis for what passes: it starts, fails over, moves slots, or is short of something. */
const TRANSIENT_CODES: ReadonlySet<string> = new Set([
  "ASK",
  "BUSY",
  "CLUSTERDOWN",
  "LOADING",
  "MASTERDOWN",
  "MISCONF",
  "MOVED",
  "NOREPLICAS",
  "OOM",
  "READONLY",
  "TRYAGAIN",
]);

/**
 * Whether what failed may succeed when it is sent again: Redis said so, or the connection was lost,
 * whatever the client calls that.
 */
export function isTransient(error: Error): boolean {
  if (error instanceof TypeError || error instanceof RangeError) {
    return false; // the client cannot send such a thing
  }
  const code = /^([A-Z]+) /.exec(error.message)?.[1];
  return code === undefined || TRANSIENT_CODES.has(code);
}
