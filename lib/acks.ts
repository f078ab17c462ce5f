import type { AckProgress } from "../adapters/adapter.ts";
import type { AckBound } from "./ack-bound.ts";
import { ackTimeout, partialResponse, throwLater } from "./errors.ts";
import type { AnyFunction, Untyped } from "./events.ts";
import { makeLog } from "./log.ts";

const log = makeLog("socket.io:socket");

const COUNT_RETRY_MS = 250;

/** The acknowledgements that one client owes, and when they are given up. */
export class PendingAcks {
  #pending: Map<number, AnyFunction> | undefined;
  readonly #bound: AckBound | null;

  /** @param bound Default: none. */
  constructor(bound: AckBound | null = null) {
    this.#bound = bound;
  }

  /** How many are owed. */
  get size(): number {
    return this.#pending?.size ?? 0;
  }

  /**
   * Waits for an acknowledgement.
   *
   * @param id the packet id
   * @param callback gets the acknowledgement's arguments; where there is a timeout, behind an error
   * (`ERR_ACK_TIMEOUT`) or null
   * @param timeoutMs how long, also beyond the end of the socket. Default: as long as that lives.
   */
  set(id: number, callback: AnyFunction, timeoutMs?: number): this {
    this.#pending ??= new Map();
    this.#pending.set(
      id,
      timeoutMs === undefined ? callback : this.#limit(id, callback, timeoutMs),
    );
    this.#bound?.add(id, timeoutMs !== undefined);
    return this;
  }

  #limit(id: number, callback: AnyFunction, timeoutMs: number): AnyFunction {
    const timer = setTimeout(() => {
      log("event with ack id %d has timed out after %d ms", id, timeoutMs);
      this.delete(id);
      callback(ackTimeout());
    }, timeoutMs);
    return (...args: unknown[]) => {
      clearTimeout(timer);
      callback(null, ...args);
    };
  }

  /** Whether one is owed. */
  has(id: number): boolean {
    return this.#pending?.has(id) ?? false;
  }

  /** Forgets one. */
  delete(id: number): boolean {
    this.#bound?.delete(id);
    return this.#pending?.delete(id) ?? false;
  }

  /** The socket is gone: what has no timeout is not waited for any more. */
  onClose(): void {
    this.#bound?.close();
  }

  /**
   * An acknowledgement has come.
   *
   * @param id the packet id
   * @param args its arguments
   * @returns false where none was owed under this id
   */
  settle(id: number, args: readonly unknown[]): boolean {
    const callback = this.#pending?.get(id);
    if (callback === undefined) {
      return false;
    }
    this.delete(id);
    try {
      callback(...args);
    } catch (error) {
      throwLater(error);
    }
    return true;
  }
}

/** An error of a broadcast with acknowledgements: with those that did arrive. */
export type BroadcastAckError = Error & { responses?: Untyped };

/**
 * Collects the acknowledgements of a broadcast, from every client of every node. It is complete
 * once every node has said how many clients it sent the packet to, and all of them have answered.
 */
export class BroadcastAcks implements AckProgress {
  readonly #callback: AnyFunction;
  readonly #single: boolean;
  readonly #responses: unknown[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #nodes: number | undefined;
  /** How many nodes can still be heard, or were, as far as the adapter knows. */
  #most = Number.POSITIVE_INFINITY;
  #nodesHeard = 0;
  #clients = 0;
  /** How many clients went with their nodes. */
  #lost = 0;
  #over = false;
  readonly #overListeners: (() => void)[] = [];

  /**
   * @param callback gets an error or null, and the responses: a list, or the only one
   * @param single whether one response is expected, and handed on bare
   */
  constructor(callback: AnyFunction, single: boolean) {
    this.#callback = callback;
    this.#single = single;
  }

  whenOver(listener: () => void): void {
    if (this.#over) {
      listener();
    } else {
      this.#overListeners.push(listener);
    }
  }

  /**
   * The packet is on its way: behind the adapter's own timer, so that nothing is owed any more when
   * the callback hears of the timeout.
   *
   * @param timeoutMs how long to wait; undefined for as long as it takes
   * @param serverCount tells how many nodes the packet went to. Where that fails, it is asked again
   * until the time is over; if there is no such time, it ends at once (`ERR_PARTIAL_RESPONSE`).
   */
  onSent(timeoutMs: number | undefined, serverCount: () => Promise<number>): void {
    if (timeoutMs !== undefined && !this.#over) {
      this.#timer = setTimeout(() => this.#finish(ackTimeout()), timeoutMs);
    }
    this.#countNodes(serverCount, timeoutMs !== undefined);
  }

  #countNodes(serverCount: () => Promise<number>, tryAgain: boolean): void {
    const fail = (error: unknown): void => {
      if (!tryAgain) {
        const message = "how many nodes have to answer could not be found out";
        this.#finish(partialResponse(message, this.#responses, error));
      } else if (!this.#over) {
        log("the number of nodes could not be found out: %s", error);
        this.#retryTimer = setTimeout(
          () => this.#countNodes(serverCount, tryAgain),
          COUNT_RETRY_MS,
        );
      }
    };
    try {
      serverCount().then((nodes) => this.#onServerCount(nodes), fail);
    } catch (error) {
      fail(error);
    }
  }

  #onServerCount(nodes: number): void {
    this.#nodes = nodes;
    this.#check();
  }

  /** One node has said how many clients it sent the packet to. */
  onClientCount(clients: number): void {
    this.#clients += clients;
    this.#nodesHeard++;
    this.#check();
  }

  /** One client has answered. */
  onResponse(response: unknown): void {
    this.#responses.push(response);
    this.#check();
  }

  onLost(nodes: number, clients: number): void {
    this.#most = Math.min(this.#most, nodes);
    this.#lost += clients;
    this.#check();
  }

  #check(): void {
    if (this.#nodes === undefined) {
      return;
    }
    const expected = Math.min(this.#nodes, this.#most);
    if (this.#nodesHeard >= expected && this.#responses.length >= this.#clients - this.#lost) {
      const isWhole = this.#lost === 0 && expected === this.#nodes;
      this.#finish(isWhole ? null : partialResponse("a node is gone", this.#responses));
    }
  }

  #finish(error: Error | null): void {
    if (this.#over) {
      return;
    }
    this.#over = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#retryTimer);
    for (const listener of this.#overListeners) {
      listener();
    }
    const single = error === null ? this.#responses[0] : null;
    try {
      this.#callback(error, this.#single ? single : this.#responses);
    } catch (thrown) {
      throwLater(thrown); // it is not the fault of the adapter that brought the last answer
    }
  }
}
