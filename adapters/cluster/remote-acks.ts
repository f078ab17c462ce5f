import type { Untyped } from "../../lib/events.ts";
import { generateId } from "../../lib/ids.ts";
import { LONGEST_TIMER_MS } from "../../lib/timer.ts";
import type { AckProgress } from "../adapter.ts";
import type { Confirmed, SurvivorWatch, Waiter } from "./survivors.ts";

/** Without a timeout, acknowledgements of other nodes are waited for so long. */
const KEPT_MS = 3_600_000;
/** For answers that are on their way when the time is over. */
const GRACE_MS = 1_000;

/** A broadcast whose acknowledgements other nodes collect. */
export interface AckedBroadcast {
  /** How long its caller waits, in ms; undefined for as long as it takes. */
  readonly timeoutMs: number | undefined;
  /** The other nodes by name, where they are known so. */
  readonly nodes: ReadonlySet<string> | undefined;
  onClientCount(clientCount: number): void;
  onResponse(response: Untyped): void;
  /** Undefined where the caller cannot be told. */
  readonly progress: AckProgress | undefined;
}

/** What is known of a node that has told its number of clients. */
interface Told {
  /** How many of them have not acknowledged. */
  owed: number;
  isGone: boolean;
}

class PendingBroadcast implements Waiter {
  readonly #broadcast: AckedBroadcast;
  readonly #timer: ReturnType<typeof setTimeout>;
  readonly #told = new Map<string, Told>();
  /** The nodes that are known by name and have not told. */
  readonly #silent: Set<string> | undefined;
  #isAnonymous = false;

  /** @param end ends it */
  constructor(broadcast: AckedBroadcast, end: () => void) {
    this.#broadcast = broadcast;
    this.#silent = broadcast.nodes && new Set(broadcast.nodes);
    const { timeoutMs } = broadcast;
    const waitMs = timeoutMs === undefined ? KEPT_MS : timeoutMs + GRACE_MS;
    this.#timer = setTimeout(end, Math.min(waitMs, LONGEST_TIMER_MS));
    this.#timer.unref(); // whoever waits for the acknowledgements has a timer of its own
  }

  onClientCount(uid: string | undefined, clientCount: number): void {
    if (uid === undefined) {
      this.#isAnonymous = true;
    } else if (this.#told.has(uid)) {
      return;
    } else {
      this.#silent?.delete(uid);
      this.#told.set(uid, { owed: clientCount, isGone: false });
    }
    this.#broadcast.onClientCount(clientCount);
  }

  onResponse(uid: string | undefined, response: Untyped): void {
    const node = uid === undefined ? undefined : this.#told.get(uid);
    if (node?.isGone) {
      return; // its acknowledgements are written off
    }
    if (node !== undefined) {
      node.owed--;
    }
    this.#broadcast.onResponse(response);
  }

  /** A node that is known by name is gone. */
  onNodeGone(uid: string): void {
    if (this.#silent !== undefined) {
      this.#silent.delete(uid);
      this.#lose(this.#silent.size, this.#writeOff(uid));
    }
  }

  /** @returns how many acknowledgements will not come */
  #writeOff(uid: string): number {
    const node = this.#told.get(uid);
    if (node === undefined || node.isGone) {
      return 0;
    }
    node.isGone = true;
    return Math.max(0, node.owed);
  }

  uids(): Iterable<string> {
    return this.#told.keys();
  }

  onSurvivors({ count, gone }: Confirmed): void {
    if (this.#isAnonymous) {
      return; // who of them is still there?
    }
    let clients = 0;
    let there = 0;
    for (const uid of this.#told.keys()) {
      if (gone.has(uid)) {
        clients += this.#writeOff(uid);
      } else {
        there++;
      }
    }
    this.#lose(Math.max(0, count - 1 - there), clients);
  }

  #lose(silent: number, clients: number): void {
    this.#broadcast.progress?.onLost(1 + this.#told.size + silent, clients);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}

/** The broadcasts of one node whose acknowledgements come from others, too. */
export class RemoteAcks {
  readonly #pending = new Map<string, PendingBroadcast>();
  readonly #watch: SurvivorWatch;

  constructor(watch: SurvivorWatch) {
    this.#watch = watch;
  }

  /** Returns the id under which the answers come. */
  open(broadcast: AckedBroadcast): string {
    const id = generateId();
    const pending = new PendingBroadcast(broadcast, () => this.#end(id));
    this.#pending.set(id, pending);
    if (broadcast.nodes === undefined) {
      this.#watch.add(pending);
    }
    broadcast.progress?.whenOver(() => this.#end(id));
    return id;
  }

  /** A node tells how many of its clients were sent the packet. */
  onClientCount(id: string, uid: string | undefined, clientCount: number): void {
    this.#pending.get(id)?.onClientCount(uid, clientCount);
  }

  /** A client of another node has acknowledged. */
  onResponse(id: string, uid: string | undefined, response: Untyped): void {
    this.#pending.get(id)?.onResponse(uid, response);
  }

  /** A node is gone. */
  onNodeGone(uid: string): void {
    for (const pending of [...this.#pending.values()]) {
      pending.onNodeGone(uid);
    }
  }

  #end(id: string): void {
    const pending = this.#pending.get(id);
    if (pending !== undefined) {
      pending.stop();
      this.#pending.delete(id);
      this.#watch.remove(pending);
    }
  }

  /** Forgets them all. */
  close(): void {
    for (const id of [...this.#pending.keys()]) {
      this.#end(id);
    }
  }
}
