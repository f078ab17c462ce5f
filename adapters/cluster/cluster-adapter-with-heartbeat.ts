import type { AdapterNamespace } from "../adapter.ts";
import { ClusterAdapter } from "./cluster-adapter.ts";
import { type ClusterMessage, type ClusterResponse, MessageType } from "./messages.ts";
import type { Survivors } from "./survivors.ts";

const DEFAULT_INTERVAL_MS = 5_000;
const DEFAULT_TIMEOUT_MS = 10_000;
const CLEANUP_INTERVAL_MS = 1_000;
/** The name under which processes that only emit send; they are no nodes. */
const EMITTER = "emitter";
/** How many nodes that have said good-bye are remembered. */
const MAX_CLOSED = 1_000;

/** The options of {@link ClusterAdapterWithHeartbeat}. */
export interface ClusterAdapterOptions {
  /** How long a node may be silent before it sends a heartbeat, in ms. Default: 5000. */
  heartbeatInterval?: number | undefined;
  /** How long nothing has to be heard of a node until it counts as gone, in ms. Default: 10000. */
  heartbeatTimeout?: number | undefined;
}

/**
 * A {@link ClusterAdapter} whose nodes know each other by name, for transports that cannot tell how
 * many there are: each node is heard of again and again. A node that is gone is waited for no longer.
 */
export abstract class ClusterAdapterWithHeartbeat extends ClusterAdapter {
  readonly #intervalMs: number;
  readonly #timeoutMs: number;
  /** When each of the other nodes was last heard of. */
  readonly #nodes = new Map<string, number>();
  /** Those whose last words may still be on their way. */
  readonly #closed = new Set<string>();
  readonly #cleanupTimer: ReturnType<typeof setInterval>;
  #heartbeatTimer: ReturnType<typeof setTimeout> | undefined;
  #lastSentAt = 0;
  #isClosed = false;

  constructor(nsp: AdapterNamespace, options?: ClusterAdapterOptions) {
    super(nsp);
    this.#intervalMs = options?.heartbeatInterval ?? DEFAULT_INTERVAL_MS;
    this.#timeoutMs = options?.heartbeatTimeout ?? DEFAULT_TIMEOUT_MS;
    this.#cleanupTimer = setInterval(() => this.#cleanUp(), CLEANUP_INTERVAL_MS);
    this.#cleanupTimer.unref();
  }

  /** Makes itself known to the other nodes. Call it from your own. */
  override init(): Promise<void> | void {
    this.publish({ type: MessageType.INITIAL_HEARTBEAT });
  }

  /** Says good-bye to the other nodes. Call it from your own, before you end the transport. */
  override close(): Promise<void> | void {
    const closed = super.close();
    this.publish({ type: MessageType.ADAPTER_CLOSE });
    this.#isClosed = true;
    clearTimeout(this.#heartbeatTimer);
    clearInterval(this.#cleanupTimer);
    return closed;
  }

  override serverCount(): Promise<number> {
    return Promise.resolve(1 + this.#nodes.size);
  }

  protected override knownNodes(): ReadonlySet<string> {
    return new Set(this.#nodes.keys());
  }

  protected override survivors(): Promise<Survivors> {
    return Promise.resolve({ count: 1 + this.#nodes.size, alive: new Set(this.#nodes.keys()) });
  }

  override publish(message: ClusterMessage): void {
    this.#lastSentAt = Date.now();
    if (!this.#isClosed) {
      this.#heartbeatTimer ??= this.#schedule(this.#intervalMs);
    }
    super.publish(message);
  }

  #schedule(delayMs: number): ReturnType<typeof setTimeout> {
    const timer = setTimeout(() => this.#onHeartbeatTimer(), delayMs);
    timer.unref();
    return timer;
  }

  #onHeartbeatTimer(): void {
    const leftMs = this.#lastSentAt + this.#intervalMs - Date.now();
    if (leftMs > 0) {
      this.#heartbeatTimer = this.#schedule(leftMs);
    } else {
      this.#heartbeatTimer = undefined;
      this.publish({ type: MessageType.HEARTBEAT });
    }
  }

  #cleanUp(): void {
    const now = Date.now();
    for (const [uid, heardAt] of this.#nodes) {
      if (now - heardAt > this.#timeoutMs) {
        this.#remove(uid);
      }
    }
  }

  #remove(uid: string): void {
    if (this.#nodes.delete(uid)) {
      this.onNodeGone(uid);
    }
  }

  #onClosed(uid: string): void {
    this.#closed.add(uid);
    if (this.#closed.size > MAX_CLOSED) {
      const [oldest] = this.#closed;
      this.#closed.delete(oldest as string);
    }
    this.#remove(uid);
  }

  protected override onSignOfLife(uid: string, type: MessageType): void {
    if (uid === EMITTER) {
      return;
    }
    super.onSignOfLife(uid, type);
    if (type === MessageType.ADAPTER_CLOSE) {
      this.#onClosed(uid);
    } else if (!this.#closed.has(uid)) {
      this.#nodes.set(uid, Date.now());
    }
    if (type === MessageType.INITIAL_HEARTBEAT) {
      this.publish({ type: MessageType.HEARTBEAT });
    }
  }

  /** See {@link ClusterAdapter.onMessage}. */
  override onMessage(message: ClusterMessage, offset?: string): void {
    super.onMessage(message, offset);
  }

  /** See {@link ClusterAdapter.onResponse}. */
  override onResponse(response: ClusterResponse): void {
    super.onResponse(response);
  }
}
