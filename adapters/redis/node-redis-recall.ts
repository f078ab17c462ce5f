import type { NodeRedisSignal } from "./node-redis-shape.ts";

/**
 * Takes back a command that was not written when the connection was lost: node-redis would send it
 * once it is connected again, and so after what comes later.
 *
 * It is an AbortSignal as far as node-redis needs one: version 4 never lets go of a real one.
 */
export class NodeRedisRecall implements NodeRedisSignal {
  aborted = false;
  #listener: (() => void) | undefined;

  addEventListener(_type: "abort", listener: () => void): void {
    this.#listener = listener;
  }

  removeEventListener(): void {
    this.#listener = undefined;
  }

  /** Only for a command that is not written, or version 4 loses count of those that wait. */
  takeBack(): void {
    this.aborted = true;
    this.#listener?.();
    this.#listener = undefined;
  }
}
