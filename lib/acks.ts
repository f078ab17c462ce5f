import { ackTimeout, throwLater } from "./errors.ts";
import type { AnyFunction, Untyped } from "./events.ts";
import { makeLog } from "./log.ts";

const log = makeLog("socket.io:socket");

/** The acknowledgements that one client owes, and when they are given up. */
export class PendingAcks {
  #pending: Map<number, AnyFunction> | undefined;

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
    return this;
  }

  #limit(id: number, callback: AnyFunction, timeoutMs: number): AnyFunction {
    const timer = setTimeout(() => {
      log("event with ack id %d has timed out after %d ms", id, timeoutMs);
      this.#pending?.delete(id);
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
    return this.#pending?.delete(id) ?? false;
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
    this.#pending?.delete(id);
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
export class BroadcastAcks {
  readonly #callback: AnyFunction;
  readonly #single: boolean;
  readonly #responses: unknown[] = [];
  readonly #timer: ReturnType<typeof setTimeout> | undefined;
  #nodes: number | undefined;
  #nodesHeard = 0;
  #clients = 0;
  #over = false;

  /**
   * @param callback gets an error or null, and the responses: a list, or the only one
   * @param timeoutMs how long to wait; undefined for as long as it takes
   * @param single whether one response is expected, and handed on bare
   */
  constructor(callback: AnyFunction, timeoutMs: number | undefined, single: boolean) {
    this.#callback = callback;
    this.#single = single;
    if (timeoutMs !== undefined) {
      this.#timer = setTimeout(() => this.#finish(ackTimeout()), timeoutMs);
    }
  }

  /** How many nodes the packet went to. */
  onServerCount(nodes: number): void {
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

  #check(): void {
    if (this.#nodes === this.#nodesHeard && this.#responses.length === this.#clients) {
      this.#finish(null);
    }
  }

  #finish(error: Error | null): void {
    if (this.#over) {
      return;
    }
    this.#over = true;
    clearTimeout(this.#timer);
    if (this.#single) {
      this.#callback(error, error === null ? this.#responses[0] : null);
    } else {
      this.#callback(error, this.#responses);
    }
  }
}
