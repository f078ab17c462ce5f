import type { NodeRedisSignal } from "./node-redis-shape.ts";

/**
 * Commands that were sent together. Those that are not written when the connection is lost are taken
 * back: node-redis would send them once it is connected again, and so after what comes later.
 *
 * It is an AbortSignal as far as node-redis needs one, as version 4 never lets go of a real one, and
 * throws at it if the command is written by then.
 */
export class NodeRedisBatch implements NodeRedisSignal {
  aborted = false;
  readonly #listeners = new Set<() => void>();

  addEventListener(_type: "abort", listener: () => void): void {
    this.#listeners.add(listener);
  }

  removeEventListener(_type: "abort", listener: () => void): void {
    this.#listeners.delete(listener);
  }

  takeBack(): void {
    this.aborted = true;
    for (const listener of this.#listeners) {
      try {
        listener();
      } catch {
        // It is written: node-redis itself says that it is not answered.
      }
    }
    this.#listeners.clear();
  }
}
