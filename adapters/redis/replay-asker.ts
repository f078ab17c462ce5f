import type { Recovery } from "./replay-recovery.ts";
import type { Sender } from "./replay-sender.ts";

const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 10_000;
const TICK_MS = 250;

/** What is asked of other nodes. */
export interface Ask {
  readonly requestId: string;
  /** The number is -1 where nothing is known of a node. */
  readonly after: [uid: string, number: number][];
  readonly channels: ReadonlySet<string> | undefined;
  /** Whether nodes that are not named are to answer too. */
  readonly isToAll: boolean;
  readonly isContinued: boolean;
}

/** What an {@link Asker} needs. */
export interface AskerPort<M> {
  ask(ask: Ask): void;
  /** Called now and then with each sender that has not answered. */
  look(sender: Sender<M>, recovery: Recovery<M>): void;
}

/** Asks senders for what was missed, several in one request, and again until they answer. */
export class Asker<M> {
  readonly #port: AskerPort<M>;
  readonly #recovering = new Set<Sender<M>>();
  #timer: ReturnType<typeof setInterval> | undefined;
  #isScheduled = false;
  #isClosed = false;
  #requests = 0;
  #round = 1;

  constructor(port: AskerPort<M>) {
    this.#port = port;
  }

  /** Those that have not answered. */
  get recovering(): Iterable<Sender<M>> {
    return this.#recovering;
  }

  get size(): number {
    return this.#recovering.size;
  }

  /** How many messages are held back until they have. */
  get held(): number {
    let held = 0;
    for (const { recovery } of this.#recovering) {
      held += recovery?.held ?? 0;
    }
    return held;
  }

  /** How many requests were sent. */
  get requests(): number {
    return this.#requests;
  }

  /** The number of the last request to all nodes. */
  get round(): number {
    return this.#round;
  }

  begin(sender: Sender<M>, recovery: Recovery<M>): Recovery<M> {
    sender.recovery = recovery;
    this.#recovering.add(sender);
    if (this.#timer === undefined) {
      this.#timer = setInterval(() => this.#tick(), TICK_MS);
      this.#timer.unref();
    }
    return recovery;
  }

  end(sender: Sender<M>): void {
    sender.recovery = undefined;
    this.#recovering.delete(sender);
    if (this.#recovering.size === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
  }

  /** Asks all nodes, at once. */
  askAll(): void {
    this.#round = this.#requests + 1;
    this.#ask([...this.#recovering], undefined, true, false);
  }

  /** Asks those that have to be asked, when this turn of the event loop ends. */
  askSoon(): void {
    if (!this.#isScheduled) {
      this.#isScheduled = true;
      setImmediate(() => {
        this.#isScheduled = false;
        this.askDue();
      });
    }
  }

  /** Asks those that have to be asked, at once. */
  askDue(): void {
    const whole: Sender<M>[] = [];
    const gapped: Sender<M>[] = [];
    const channels = new Set<string>();
    for (const sender of this.#recovering) {
      const { recovery } = sender;
      if (recovery?.waitsSince === undefined || recovery.askedAt !== undefined) {
        continue;
      }
      if (recovery.isContinued) {
        this.#ask([sender], recovery.channels, false, true);
      } else if (recovery.channels === undefined) {
        whole.push(sender);
      } else {
        gapped.push(sender);
        for (const channel of recovery.channels) {
          channels.add(channel);
        }
      }
    }
    if (whole.length > 0) {
      this.#ask(whole, undefined, false, false);
    }
    if (gapped.length > 0) {
      this.#ask(gapped, channels, false, false);
    }
  }

  /** Asks no more. */
  close(): void {
    this.#isClosed = true;
  }

  #ask(
    senders: readonly Sender<M>[],
    channels: ReadonlySet<string> | undefined,
    isToAll: boolean,
    isContinued: boolean,
  ): void {
    if (this.#isClosed) {
      return;
    }
    const request = ++this.#requests;
    const after: Ask["after"] = [];
    for (const { uid, recovery } of senders) {
      if (recovery !== undefined) {
        recovery.askedAt = performance.now();
        recovery.tries++;
        recovery.firstRequest = Math.min(recovery.firstRequest, request);
        after.push([uid, recovery.isNew ? -1 : recovery.after]);
      }
    }
    this.#port.ask({ requestId: `${request}`, after, channels, isToAll, isContinued });
  }

  #tick(): void {
    const now = performance.now();
    for (const sender of this.#recovering) {
      const { recovery } = sender;
      if (recovery !== undefined) {
        this.#port.look(sender, recovery);
        const retryMs = Math.min(FIRST_RETRY_MS * 2 ** (recovery.tries - 1), LAST_RETRY_MS);
        if (recovery.askedAt !== undefined && now - recovery.askedAt >= retryMs) {
          recovery.askedAt = undefined;
        }
      }
    }
    this.askDue();
  }
}
