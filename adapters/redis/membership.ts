import { SocketIOError } from "../../lib/errors.ts";
import type { Survivors } from "../cluster/survivors.ts";
import type { RedisCommands } from "./port.ts";
import type { Wire } from "./wire.ts";

/** For so long after an interruption, nodes that are still to come back may be missing. */
const GRACE_MS = 3_000;
const POLL_MS = 100;

/** What the nodes of a namespace are counted with. */
export interface MembershipSettings {
  readonly redis: RedisCommands;
  readonly wire: Pick<Wire, "isSharded" | "countChannel" | "privateChannel">;
  /** How many nodes Redis takes for this one: adapters of one client that listen to one channel. */
  readonly localNodes: () => number;
  /** How long a count may take, in ms. */
  readonly timeoutMs: number;
}

/** How many nodes there are, and which: Redis knows who is subscribed. */
export class Membership {
  readonly #settings: MembershipSettings;
  /** Whether this node is subscribed itself. */
  #isSubscribed = false;
  /** When it is over that nodes which are there may be missing. */
  #settledAt = 0;
  readonly #startedAt = performance.now();
  #lastCount = 0;
  #isClosed = false;

  constructor(settings: MembershipSettings) {
    this.#settings = settings;
  }

  /** Whether what Redis says can be relied on. */
  get #isSettled(): boolean {
    return this.#isSubscribed && performance.now() >= this.#settledAt;
  }

  /** This node is subscribed for the first time. */
  onStarted(): void {
    const now = performance.now();
    this.#isSubscribed = true;
    // If it took long, Redis was away, and the other nodes may be about to come as well.
    if (now - this.#startedAt > 1_000) {
      this.#settledAt = now + GRACE_MS;
    }
  }

  onInterrupted(): void {
    this.#isSubscribed = false;
  }

  onResubscribed(): void {
    this.#isSubscribed = true;
    this.#settledAt = performance.now() + GRACE_MS;
  }

  /**
   * Counts the nodes. After an interruption it waits for the others to be back, for some seconds.
   *
   * @throws SocketIOError with `ERR_REDIS` where Redis is away
   */
  async count(): Promise<number> {
    const deadline = performance.now() + this.#settings.timeoutMs;
    let problem: unknown;
    for (;;) {
      if (this.#isSubscribed) {
        try {
          const count = await this.#ask();
          if (this.#isSettled || (this.#lastCount > 0 && count >= this.#lastCount)) {
            this.#lastCount = count;
            return count;
          }
          problem = undefined;
        } catch (error) {
          problem = error;
        }
      }
      if (this.#isClosed || performance.now() + POLL_MS > deadline) {
        throw new SocketIOError("ERR_REDIS", "the nodes could not be counted: Redis is away", {
          cause: problem,
        });
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  async #ask(): Promise<number> {
    const { redis, wire, localNodes } = this.#settings;
    const [count = 0] = await redis.countSubscribers([wire.countChannel], wire.isSharded);
    return count + localNodes() - 1;
  }

  /**
   * Which of the nodes are there.
   *
   * @returns null while that cannot be known
   */
  async survivors(uids: readonly string[]): Promise<Survivors | null> {
    if (!this.#isSettled) {
      return null;
    }
    const { redis, wire, localNodes } = this.#settings;
    const channels = [wire.countChannel, ...uids.map((uid) => wire.privateChannel(uid))];
    const [count = 0, ...each] = await redis.countSubscribers(channels, wire.isSharded);
    if (!this.#isSettled) {
      return null; // it was interrupted meanwhile
    }
    this.#lastCount = count + localNodes() - 1;
    const alive = new Set(uids.filter((_uid, index) => (each[index] ?? 0) > 0));
    return { count: this.#lastCount, alive };
  }

  /** Ends what waits. */
  close(): void {
    this.#isClosed = true;
  }
}
