import { SocketIOError } from "./errors.ts";
import type { EndReason } from "./socket-types.ts";

/** Why a socket's signal fired: as it was disconnected, or was never let in. */
export type SignalReason = EndReason | "refused";

/**
 * The `reason` of a socket's signal, and what is thrown where something waited for its client.
 * Its code is `ERR_DISCONNECTED`.
 */
export class DisconnectedError extends SocketIOError {
  /** What `disconnect` listeners get; `refused` for a socket that its namespace did not let in. */
  readonly reason: SignalReason;

  /** @param reason see {@link reason} */
  constructor(reason: SignalReason) {
    super("ERR_DISCONNECTED", `the socket is gone: ${reason}`);
    this.reason = reason;
  }
}

/** What a socket keeps of its end: the reason, or what is to be told, if somebody asked for it. */
export type Ending = SignalReason | AbortController | undefined;

/**
 * Makes what tells of the end.
 *
 * @param ending what there is
 */
export function toController(ending: Ending): AbortController {
  if (ending instanceof AbortController) {
    return ending;
  }
  const controller = new AbortController();
  if (ending !== undefined) {
    controller.abort(new DisconnectedError(ending));
  }
  return controller;
}

/**
 * Tells of the end, if somebody asked to be told.
 *
 * @param ending what there is
 * @param reason why it ended
 * @returns what there is from now on
 */
export function end(ending: Ending, reason: SignalReason): Ending {
  if (!(ending instanceof AbortController)) {
    return ending ?? reason;
  }
  ending.abort(new DisconnectedError(reason));
  return ending;
}
