import { partialResponse, type SocketIOError } from "../../lib/errors.ts";
import type { Untyped } from "../../lib/events.ts";
import { generateId } from "../../lib/ids.ts";
import { LONGEST_TIMER_MS } from "../../lib/timer.ts";
import type { MessageType } from "./messages.ts";
import type { Confirmed, SurvivorWatch, Waiter } from "./survivors.ts";

const RETRY_MS = 250;

/** The types of the answers. */
export type ResponseType =
  | MessageType.FETCH_SOCKETS_RESPONSE
  | MessageType.SERVER_SIDE_EMIT_RESPONSE;

/** What is asked of the other nodes. */
export interface Question {
  /** What the answers are. */
  readonly type: ResponseType;
  /** How long to wait, in ms. */
  readonly timeoutMs: number;
  /** What is collected, for the error of a request that is not complete. */
  readonly responses: unknown[];
  /** The other nodes by name, where they are known so. */
  readonly nodes: ReadonlySet<string> | undefined;
  /** How many nodes there are, this one among them: asked for where they are not known by name. */
  serverCount(): Promise<number>;
  /** Sends the request. */
  send(id: string): void;
  /** Takes in the data of an answer. */
  collect(answer: Untyped): void;
}

/** A request that other nodes are to answer. */
class PendingRequest implements Waiter {
  readonly id = generateId();
  readonly #question: Question;
  readonly #onEnd: (request: PendingRequest, error: SocketIOError | null) => void;
  readonly #timer: ReturnType<typeof setTimeout>;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  /** The nodes that are known by name and have not answered. */
  #missing: Set<string> | undefined;
  /** How many answers there are to be. */
  #expected: number | undefined;
  readonly #answered = new Set<string>();
  #answers = 0;
  #cause: unknown;
  #isOver = false;

  constructor(
    question: Question,
    onEnd: (request: PendingRequest, error: SocketIOError | null) => void,
  ) {
    this.#question = question;
    this.#onEnd = onEnd;
    const waitMs = Math.min(question.timeoutMs, LONGEST_TIMER_MS);
    this.#timer = setTimeout(() => this.#onTimeout(), waitMs);
  }

  get question(): Question {
    return this.#question;
  }

  start(): void {
    const { nodes } = this.#question;
    if (nodes === undefined) {
      void this.#count();
    } else {
      this.#missing = new Set(nodes);
      this.#send(nodes.size);
    }
  }

  async #count(): Promise<void> {
    let count: number;
    try {
      count = await this.#question.serverCount();
    } catch (error) {
      this.#cause = error;
      if (!this.#isOver) {
        this.#retryTimer = setTimeout(() => void this.#count(), RETRY_MS);
      }
      return;
    }
    if (!this.#isOver) {
      this.#send(count - 1);
    }
  }

  #send(expected: number): void {
    this.#expected = expected;
    if (expected > 0) {
      this.#question.send(this.id);
    } else {
      this.end(null);
    }
  }

  onAnswer(uid: string | undefined, answer: Untyped): void {
    if (uid !== undefined) {
      if (this.#answered.has(uid)) {
        return;
      }
      this.#answered.add(uid);
      this.#missing?.delete(uid);
    }
    this.#answers++;
    this.#question.collect(answer);
    const isComplete =
      this.#missing === undefined
        ? this.#answers >= (this.#expected ?? Number.POSITIVE_INFINITY)
        : this.#missing.size === 0;
    if (isComplete) {
      this.end(null);
    }
  }

  /** A node that is known by name is gone, and its sockets with it. */
  onNodeGone(uid: string): void {
    if (this.#missing?.delete(uid) && this.#missing.size === 0) {
      this.end(null);
    }
  }

  uids(): Iterable<string> {
    return this.#answered;
  }

  onSurvivors({ count, gone }: Confirmed): void {
    const isAnonymous = this.#answers > this.#answered.size; // who of them is still there?
    if (this.#expected === undefined || this.#missing !== undefined || isAnonymous) {
      return;
    }
    const stillThere = this.#answered.size - this.#answered.intersection(gone).size;
    if (count - 1 - stillThere <= 0) {
      this.end(null);
    }
  }

  #onTimeout(): void {
    const message =
      this.#expected === undefined
        ? "timeout reached: the number of nodes could not be found out"
        : `timeout reached: only ${this.#answers} responses received out of ${this.#expected}`;
    this.end(partialResponse(message, this.#question.responses, this.#cause));
  }

  end(error: SocketIOError | null): void {
    if (!this.#isOver) {
      this.#isOver = true;
      clearTimeout(this.#timer);
      clearTimeout(this.#retryTimer);
      this.#onEnd(this, error);
    }
  }
}

/** The requests of one node that wait for the answers of others. */
export class Requests {
  readonly #pending = new Map<string, PendingRequest>();
  readonly #watch: SurvivorWatch;

  constructor(watch: SurvivorWatch) {
    this.#watch = watch;
  }

  /**
   * Asks the other nodes.
   *
   * @returns when all have answered; rejects with `ERR_PARTIAL_RESPONSE` where not all came in time, or the
   * adapter is closed
   */
  ask(question: Question): Promise<void> {
    return new Promise((resolve, reject) => {
      const request = new PendingRequest(question, ({ id }, error) => {
        this.#pending.delete(id);
        this.#watch.remove(request);
        if (error === null) {
          resolve();
        } else {
          reject(error);
        }
      });
      this.#pending.set(request.id, request);
      request.start();
      if (question.nodes === undefined && this.#pending.has(request.id)) {
        this.#watch.add(request);
      }
    });
  }

  /**
   * A node has answered.
   *
   * @param type what it answers
   * @param id the request
   * @param uid the node, undefined where it does not tell
   * @param answer the data of its answer
   */
  onAnswer(type: ResponseType, id: string, uid: string | undefined, answer: Untyped): void {
    const request = this.#pending.get(id);
    if (request?.question.type === type) {
      request.onAnswer(uid, answer);
    }
  }

  /** A node is gone. */
  onNodeGone(uid: string): void {
    for (const request of [...this.#pending.values()]) {
      request.onNodeGone(uid);
    }
  }

  /** Ends them all. */
  close(): void {
    for (const request of [...this.#pending.values()]) {
      request.end(partialResponse("the adapter was closed", request.question.responses));
    }
  }
}
