import type { ChannelListener, SubscriptionKind } from "./port.ts";

/** A connection that subscriptions belong to. */
export interface SubscriptionHome {
  remove(subscription: Subscription): void;
}

/** A channel or pattern that is wanted. */
export class Subscription {
  readonly kind: SubscriptionKind;
  readonly name: string;
  /** Of a sharded channel in a cluster. */
  readonly slot: number | undefined;
  listener: ChannelListener;
  /** The connection it belongs to. */
  link: SubscriptionHome | undefined;
  /** Whether Redis has it, as far as one knows. */
  isConfirmed = false;
  /** Whether nobody is told if Redis refuses it. */
  readonly isOptional: boolean;
  #waiting: (() => void)[] | undefined;

  constructor(
    kind: SubscriptionKind,
    name: string,
    slot: number | undefined,
    listener: ChannelListener,
    isOptional: boolean,
  ) {
    this.kind = kind;
    this.name = name;
    this.slot = slot;
    this.listener = listener;
    this.isOptional = isOptional;
  }

  /** Resolves when Redis has confirmed it, or when it is not wanted any more. */
  confirmed(): Promise<void> {
    if (this.isConfirmed) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting ??= [];
      this.#waiting.push(resolve);
    });
  }

  /** Lets those go on who wait for it. */
  settle(): void {
    for (const resolve of this.#waiting ?? []) resolve();
    this.#waiting = undefined;
  }
}
