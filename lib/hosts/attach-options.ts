import { type Check, isBoolean, isString, timeFrom } from "../validate.ts";

/** How an engine is attached to a server of node:http. */
export interface AttachOptions {
  /** The path. Default: `/engine.io` for an engine on its own, `/socket.io` for a `Server`. */
  path?: string;
  /** Whether the path ends with a slash. Default: true. */
  addTrailingSlash?: boolean;
  /**
   * Whether a request for a WebSocket under another path, which no other `upgrade` listener of the
   * server answers, is ended. Default: true.
   */
  destroyUpgrade?: boolean;
  /** How long the other listeners have for that, in ms. Default, also for 0: 1000. */
  destroyUpgradeTimeout?: number;
}

/** A check for each of {@link AttachOptions}. */
export const ATTACH_OPTIONS = {
  path: isString,
  addTrailingSlash: isBoolean,
  destroyUpgrade: isBoolean,
  destroyUpgradeTimeout: timeFrom(0),
} satisfies Record<keyof AttachOptions, Check>;

/**
 * The prefix of the paths that belong to an engine.
 *
 * @param path the path, with or without a slash at the end
 * @param addTrailingSlash the option. Default: true.
 */
export function computePrefix(path: string, addTrailingSlash = true): string {
  const bare = path.replace(/\/$/, "");
  return addTrailingSlash ? `${bare}/` : bare;
}
