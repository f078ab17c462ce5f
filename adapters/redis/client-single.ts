import type { OwnedDriver, RedisDriver, RedisNode } from "./client-driver.ts";
import type { RedisReply } from "./port.ts";

/** What is used of a client of either package here. */
interface Emitter {
  // biome-ignore lint/suspicious/noExplicitAny: so do the packages declare their listeners
  on(event: string, listener: (...args: any[]) => void): unknown;
}

/** What drivers of a client have in common that is connected to one Redis, and no cluster. */
export abstract class SingleDriver implements RedisDriver {
  readonly isCluster = false;
  abstract readonly isReady: boolean;
  abstract readonly keyPrefix: string;
  abstract readonly isEnded: boolean;
  readonly #emitter: Emitter;
  readonly #stateEvents: readonly string[];
  readonly #node: RedisNode;

  /**
   * @param client the client
   * @param stateEvents what it emits when its state changes
   */
  protected constructor(client: Emitter, stateEvents: readonly string[], node: RedisNode) {
    this.#emitter = client;
    this.#stateEvents = stateEvents;
    this.#node = node;
  }

  onChange(listener: () => void): void {
    for (const event of this.#stateEvents) this.#emitter.on(event, listener);
  }

  onError(listener: (error: Error) => void): void {
    this.#emitter.on("error", listener);
  }

  nodeOf(): RedisNode {
    return this.#node;
  }

  nodes(): RedisNode[] {
    return [this.#node];
  }

  masters(): RedisNode[] {
    return [this.#node];
  }

  redirect(): Promise<RedisReply> {
    return Promise.reject(new Error("Redis is no cluster"));
  }

  redirectMessage(): Promise<RedisReply> {
    return this.redirect();
  }

  refresh(): void {
    // There is but one node.
  }

  abstract duplicate(): OwnedDriver;
}
