// What an error of a Redis client means for the command that it was for.

/** Replies that say "not now": the same command may work later. */
const TRANSIENT = new Set([
  "LOADING",
  "BUSY",
  "CLUSTERDOWN",
  "TRYAGAIN",
  "READONLY",
  "MASTERDOWN",
  "NOREPLICAS",
  "MISCONF",
  "OOM",
  "MOVED",
  "ASK",
  "UNBLOCKED",
]);

/**
 * Whether a command that failed so may work when it is sent again: Redis was not reached, or cannot
 * take it now. Not so where it may yet be executed, as after the client's own timeout.
 *
 * @param error what the client reported
 */
export function isTransient(error: Error): boolean {
  const code = codeOf(error);
  if (code) return TRANSIENT.has(code);
  // As long as the program itself subscribes with the client, ioredis 5 sends no commands.
  if (/in subscriber mode/.test(error.message)) return false;
  return error.name !== "TimeoutError" && !/^command timed out/i.test(error.message);
}

/** Whether a node of a cluster says that another one is to be asked. */
export function isRedirection(error: Error): boolean {
  const code = codeOf(error);
  return code === "MOVED" || code === "ASK";
}

/** The first word of what Redis answers; what clients say of themselves has none in capitals. */
function codeOf(error: Error): string | undefined {
  return /^-?([A-Z]{2,}) /.exec(error.message)?.[1];
}

/** The error of what is sent while the client is not ready. */
export function notReady(): Error {
  return new Error("The Redis client is not connected");
}

/** Whatever was thrown, as an error. */
export function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
