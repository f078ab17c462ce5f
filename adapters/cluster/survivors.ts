import { SocketIOError } from "../../lib/errors.ts";

const FIRST_CHECK_MS = 200;
const CHECK_INTERVAL_MS = 250;
const SLOW_CHECK_INTERVAL_MS = 2_000;
/** So often, and so soon one after the other, it is looked when a node has said that it ends. */
const QUICK_CHECKS = 3;
const QUICK_CHECK_INTERVAL_MS = 20;
/** Who has waited for so long is in no hurry. */
const HURRY_MS = 10_000;

/** Which nodes are there now, as far as a transport can tell. */
export interface Survivors {
  /** How many nodes there are, this one among them. */
  readonly count: number;
  /** Those that are there, of the nodes that were asked about. */
  readonly alive: ReadonlySet<string>;
}

/**
 * Asks which nodes are there. What the author of an adapter got wrong ends nothing: it is told, and
 * nothing counts as known.
 *
 * @returns null where it cannot be known
 */
export async function askSurvivors(
  ask: () => Promise<Survivors | null>,
  report: (error: unknown) => void,
): Promise<Survivors | null> {
  let survivors: Survivors | null;
  try {
    survivors = await ask();
  } catch {
    return null; // the transport is away, and so nothing is known
  }
  if (survivors === null || isSurvivors(survivors)) {
    return survivors;
  }
  const message = "survivors() of the adapter has to answer { count, alive: Set } or null";
  report(new SocketIOError("ERR_INVALID_ARGUMENT", message));
  return null;
}

function isSurvivors(value: Partial<Survivors> | undefined): boolean {
  return typeof value?.count === "number" && value.alive instanceof Set;
}

/** What is certain: looked at twice. */
export interface Confirmed {
  /** How many nodes there are at the most, this one among them. */
  readonly count: number;
  /** The nodes that were asked about and are gone. */
  readonly gone: ReadonlySet<string>;
}

/** Somebody who waits for answers of other nodes. */
export interface Waiter {
  /** The nodes it wants to know about. */
  uids(): Iterable<string>;
  /** Told from time to time which nodes are gone. */
  onSurvivors(confirmed: Confirmed): void;
}

interface Look {
  readonly count: number;
  readonly missing: ReadonlySet<string>;
}

/**
 * Asks which nodes are still there, as long as somebody waits for them. A node counts as gone where
 * it was missing twice in a row.
 */
export class SurvivorWatch {
  readonly #ask: (uids: readonly string[]) => Promise<Survivors | null>;
  readonly #waiters = new Set<Waiter>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isAsking = false;
  #since = 0;
  #quickChecks = 0;
  #last: Look | null = null;

  /** @param ask answers null where it cannot be known; does not reject */
  constructor(ask: (uids: readonly string[]) => Promise<Survivors | null>) {
    this.#ask = ask;
  }

  add(waiter: Waiter): void {
    this.#waiters.add(waiter);
    this.#since = performance.now();
    if (this.#waiters.size === 1) {
      this.#last = null;
      this.#schedule(FIRST_CHECK_MS);
    }
  }

  remove(waiter: Waiter): void {
    this.#waiters.delete(waiter);
    if (this.#waiters.size === 0) {
      clearTimeout(this.#timer);
    }
  }

  /** A node says that it ends: it is looked at once whether it is gone. */
  hurry(): void {
    if (this.#waiters.size > 0) {
      this.#quickChecks = QUICK_CHECKS;
      this.#schedule(0);
    }
  }

  #schedule(delayMs: number): void {
    if (!this.#isAsking) {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => void this.#check(), delayMs);
      this.#timer.unref(); // who waits has a timer of its own
    }
  }

  async #check(): Promise<void> {
    this.#isAsking = true;
    this.#quickChecks--;
    const look = await this.#look();
    this.#isAsking = false;
    const last = this.#last;
    this.#last = look;
    if (look !== null && last !== null) {
      const gone = look.missing.intersection(last.missing);
      const confirmed = { count: Math.max(look.count, last.count), gone };
      for (const waiter of [...this.#waiters]) {
        waiter.onSurvivors(confirmed);
      }
    }
    if (this.#waiters.size > 0) {
      this.#schedule(this.#intervalMs);
    }
  }

  get #intervalMs(): number {
    if (this.#quickChecks > 0) {
      return QUICK_CHECK_INTERVAL_MS;
    }
    const isInHurry = performance.now() - this.#since < HURRY_MS;
    return isInHurry ? CHECK_INTERVAL_MS : SLOW_CHECK_INTERVAL_MS;
  }

  async #look(): Promise<Look | null> {
    const uids = new Set<string>();
    for (const waiter of this.#waiters) {
      for (const uid of waiter.uids()) {
        uids.add(uid);
      }
    }
    const survivors = await this.#ask([...uids]);
    return survivors && { count: survivors.count, missing: uids.difference(survivors.alive) };
  }
}
