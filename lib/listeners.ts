import type { EventEmitter } from "node:events";
import { isPromiseLike } from "./middleware.ts";

type Listener = (...args: never[]) => unknown;

/**
 * Calls a listener, where somebody wants to know what becomes of it.
 *
 * @param listener the listener
 * @param self its `this`
 * @param args its arguments
 * @param onThrow gets what it throws
 * @param onReject gets what its promise rejects with. Default: the same
 */
export function callOne(
  listener: Listener,
  self: unknown,
  args: readonly unknown[],
  onThrow: (error: unknown) => void,
  onReject: (error: unknown) => void = onThrow,
): void {
  try {
    const result: unknown = Reflect.apply(listener, self, args);
    if (isPromiseLike(result)) {
      result.then(undefined, onReject);
    }
  } catch (error) {
    onThrow(error);
  }
}

/**
 * Calls all listeners of an event like that. One that throws does not keep the others from it.
 *
 * @param emitter whose listeners
 * @returns whether there was one
 */
export function callEach(
  emitter: EventEmitter,
  event: string | symbol,
  args: readonly unknown[],
  onThrow: (error: unknown) => void,
  onReject: (error: unknown) => void = onThrow,
): boolean {
  const listeners = emitter.rawListeners(event); // with those of once(), which remove themselves
  for (const listener of listeners) {
    callOne(listener as Listener, emitter, args, onThrow, onReject);
  }
  return listeners.length > 0;
}
