import type { RedisNode, SubscriberConnection, SubscriberEvents } from "./client-driver.ts";

const FIRST_DELAY_MS = 50;
const LONGEST_DELAY_MS = 2000;
/** A connection that lasted so long was none that failed. */
const STABLE_MS = 1000;
/** How long a connection may take until it is ready. */
const OPEN_TIMEOUT_MS = 15_000;

/** Who knows the nodes, and who listens. */
export interface ConnectionOwner {
  /** Whether connections are wanted at all. */
  isOpen(): boolean;
  /** The node to connect to, if there is one now. */
  node(): RedisNode | undefined;
  dispatch: SubscriberEvents["onMessage"];
  onError(error: Error): void;
}

/** What the connection is for. */
export interface ConnectionUser {
  /** Whether there is nothing to subscribe to. */
  isEmpty(): boolean;
  onReady(): void;
  onMoved(): void;
  /** There is none any more, nor what was sent over it. */
  onGone(): void;
}

/** One connection after the other: where one is lost, another is opened, later and later. */
export class SubscriptionConnection {
  readonly #owner: ConnectionOwner;
  readonly #user: ConnectionUser;
  #connection: SubscriberConnection | undefined;
  #isReady = false;
  #readyAt = 0;
  #attempts = 0;
  #reopening: ReturnType<typeof setTimeout> | undefined;
  #deadline: ReturnType<typeof setTimeout> | undefined;

  constructor(owner: ConnectionOwner, user: ConnectionUser) {
    this.#owner = owner;
    this.#user = user;
  }

  /** The connection that commands can be sent over, if there is one. */
  get ready(): SubscriberConnection | undefined {
    return this.#isReady ? this.#connection : undefined;
  }

  /** Connects, if it is not connected and there is anything to subscribe to. */
  open(): void {
    if (this.#connection || !this.#owner.isOpen() || this.#user.isEmpty()) return;
    clearTimeout(this.#reopening);
    this.#reopening = undefined;
    const node = this.#owner.node();
    if (!node) {
      this.#reopen();
      return;
    }
    const isCurrent = () => this.#connection === connection;
    const connection: SubscriberConnection = node.openSubscriber({
      onReady: () => {
        if (isCurrent()) this.#onReady();
      },
      onMessage: (kind, name, payload, channel) => {
        if (isCurrent()) this.#owner.dispatch(kind, name, payload, channel);
      },
      onMoved: () => {
        if (isCurrent()) this.#user.onMoved();
      },
      onError: (error) => {
        if (isCurrent()) this.#owner.onError(error);
      },
      onClosed: () => {
        if (isCurrent()) this.#onClosed();
      },
    });
    this.#connection = connection;
    this.#deadline = setTimeout(() => {
      connection.close();
      this.#onClosed();
    }, OPEN_TIMEOUT_MS);
  }

  /** Ends it, until it is opened again. */
  close(): void {
    clearTimeout(this.#reopening);
    this.#reopening = undefined;
    const connection = this.#connection;
    this.#forget();
    connection?.close();
  }

  #onReady(): void {
    clearTimeout(this.#deadline);
    this.#isReady = true;
    this.#readyAt = performance.now();
    this.#user.onReady();
  }

  #onClosed(): void {
    if (this.#isReady && performance.now() - this.#readyAt > STABLE_MS) this.#attempts = 0;
    this.#forget();
    if (this.#owner.isOpen()) this.#reopen();
  }

  #forget(): void {
    clearTimeout(this.#deadline);
    this.#connection = undefined;
    this.#isReady = false;
    this.#user.onGone();
  }

  #reopen(): void {
    const longest = Math.min(FIRST_DELAY_MS * 2 ** (this.#attempts - 1), LONGEST_DELAY_MS);
    // Not all nodes at the same time, when Redis is back.
    const delay = this.#attempts === 0 ? 0 : longest * (0.5 + Math.random() / 2);
    this.#attempts++;
    this.#reopening ??= setTimeout(() => {
      this.#reopening = undefined;
      this.open();
    }, delay);
  }
}
