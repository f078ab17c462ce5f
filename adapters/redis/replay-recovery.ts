/** A message that is held back until those before it have come. */
export interface Held<M> {
  readonly number: number;
  readonly previous: number;
  readonly channel: string;
  readonly message: M;
  readonly bytes: number;
}

/** What is asked of a sender of which something was missed, and what is known meanwhile. */
export class Recovery<M> {
  /** The number after which is asked. */
  after: number;
  /** The channels on which something was missed; undefined: it may be any. */
  channels: Set<string> | undefined;
  /** Whether the sender was not known before: it may answer from another number. */
  isNew: boolean;
  /** Whether messages are held back; no more when the answer takes too long. */
  isHolding = true;
  /** Whether nothing is known to be missed, and it is asked only for its last number. */
  isDoubt = false;
  /** The first request whose answer counts: earlier ones know less than what is missed. */
  firstRequest = Number.POSITIVE_INFINITY;
  /** Whether it asks for what is after an answer that said that there is more. */
  isContinued = false;
  /** Since when it waits for an answer, in ms; undefined while it cannot ask. */
  waitsSince: number | undefined;
  /** When it asked last, in ms; undefined: it has to ask. */
  askedAt: number | undefined;
  tries = 0;
  /** Since when it holds messages back, or got on with that, in ms. */
  heldSince: number | undefined;
  /** Whether the sender has no longer all that was missed. */
  isIncomplete = false;
  /** What is missed on channels that were not heard of before has a higher number. */
  #origin: number;
  readonly #held = new Map<number, Held<M>>();
  readonly #heldChannels = new Set<string>();
  #heldBytes = 0;
  /** The last numbers, of before this began, of the channels on which something was delivered since. */
  readonly #before = new Map<string, number | undefined>();
  /** What was delivered since. */
  readonly #seen = new Set<number>();

  constructor(after: number, channels: Set<string> | undefined, isNew: boolean) {
    this.after = after;
    this.#origin = after;
    this.channels = channels;
    this.isNew = isNew;
  }

  /** Something is missed; until now nothing was, and what was delivered counts as before. */
  #endDoubt(): void {
    if (this.isDoubt) {
      this.isDoubt = false;
      this.#before.clear();
      this.#seen.clear();
    }
  }

  /** Starts anew: more was missed, on any channel, after this number or what was asked for. */
  widen(after: number): void {
    this.#endDoubt();
    this.after = Math.min(this.after, after);
    this.#origin = Math.min(this.#origin, after);
    this.channels = undefined;
    this.isHolding = true;
    this.waitsSince = undefined;
    this.askAnew();
  }

  /** Starts anew: something was missed on these channels, after this number. */
  narrow(after: number, channels: Set<string>): void {
    this.#endDoubt();
    this.after = after;
    this.channels = channels;
    this.askAnew();
  }

  /** Something was missed on one more channel, after this number: to be asked along with the rest. */
  extend(after: number, channel: string): void {
    this.after = Math.min(this.after, after);
    this.channels?.add(channel);
    this.isContinued = false;
    this.firstRequest = Number.POSITIVE_INFINITY;
  }

  /** Has it ask again, and no earlier request counts. */
  askAnew(): void {
    this.isContinued = false;
    this.firstRequest = Number.POSITIVE_INFINITY;
    this.askedAt = undefined;
    this.tries = 0;
  }

  get held(): number {
    return this.#held.size;
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** How many numbers it remembers. */
  get size(): number {
    return this.#seen.size;
  }

  /** Whether something of that channel is held back. */
  holdsOn(channel: string): boolean {
    return this.#heldChannels.has(channel);
  }

  hold(held: Held<M>): void {
    this.#held.set(held.number, held);
    this.#heldChannels.add(held.channel);
    this.#heldBytes += held.bytes;
  }

  /** What is held back. */
  get inOrder(): Held<M>[] {
    return [...this.#held.values()].sort((a, b) => a.number - b.number);
  }

  /** Gives what is held back, in order, and holds nothing any more. */
  release(): Held<M>[] {
    const held = this.inOrder;
    this.#held.clear();
    this.#heldChannels.clear();
    this.#heldBytes = 0;
    return held;
  }

  /** Remembers what is delivered. */
  note(channel: string, number: number, lastBefore: number | undefined): void {
    if (!this.#before.has(channel)) {
      this.#before.set(channel, lastBefore);
    }
    this.#seen.add(number);
  }

  /** Forgets what it remembers of a channel. */
  forget(channel: string): void {
    this.#before.delete(channel);
  }

  /**
   * Whether a message has not come yet.
   *
   * @param last the last number of that channel
   * @param isReplayed whether it was sent again, so that it may be from before this node listened
   */
  isNewMessage(
    channel: string,
    number: number,
    last: number | undefined,
    isReplayed: boolean,
  ): boolean {
    if (this.#seen.has(number) || this.#held.has(number)) {
      return false;
    }
    const known = this.#before.has(channel) ? this.#before.get(channel) : last;
    if (known !== undefined && known > 0) {
      return number > known;
    }
    return number > (isReplayed ? Math.max(this.#origin, -(known ?? 0)) : -(known ?? 0));
  }
}
