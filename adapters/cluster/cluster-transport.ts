import { randomBytes } from "node:crypto";
import { SocketIOError, throwLater, warn } from "../../lib/errors.ts";
import { makeLog } from "../../lib/log.ts";
import { Adapter } from "../memory.ts";
import type {
  ClusterMessage,
  ClusterResponse,
  PublishedMessage,
  PublishedResponse,
} from "./messages.ts";
import { askSurvivors, type Survivors } from "./survivors.ts";

const log = makeLog("socket.io-adapter");

const DEFAULT_REQUESTS_TIMEOUT_MS = 5_000;

/**
 * How a cluster adapter reaches the other nodes: what those who write one implement, or may override.
 * Extend it as {@link ClusterAdapter}.
 */
export abstract class ClusterTransport extends Adapter {
  /** The name of this node: unlike that of every other, in this namespace. */
  protected readonly uid: string = randomBytes(8).toString("hex");
  /** How long to wait for the answers of other nodes where nothing else is said, in ms. */
  protected requestsTimeout = DEFAULT_REQUESTS_TIMEOUT_MS;
  /**
   * Whether {@link doPublish} returns offsets, by which clients recover what they missed: then an event
   * is delivered to this node's own sockets only once its offset is known. undefined: the first answer
   * of `doPublish` tells. It matters with the option `connectionStateRecovery` alone.
   */
  protected hasOffsets: boolean | undefined;

  readonly #warned = new Set<string>();
  readonly #onError = (error: unknown): void => this.report(error);

  /**
   * Sends a message to all other nodes. It may come back to this one, which ignores it.
   *
   * @param message the message; it may be changed, and is to be encoded before this returns
   * @returns its offset: where it stands among all messages, for connection state recovery; "" where
   * there is none. Where it throws or rejects, that is reported, and the message is lost.
   */
  protected abstract doPublish(message: PublishedMessage): Promise<string>;

  /**
   * Sends an answer to the node that asked; others may get it, too, and ignore it.
   *
   * @param requesterUid the node that asked
   * @param response the answer; it may be changed, and is to be encoded before this returns
   */
  protected abstract doPublishResponse(
    requesterUid: string,
    response: PublishedResponse,
  ): Promise<void>;

  /**
   * Which of the given nodes are still there, and how many there are. It is asked some times a second
   * while answers of other nodes are missing, so that nobody waits for those that are gone.
   *
   * @param uids nodes that have been heard of
   * @returns null where it cannot be known: also while the own connection is interrupted, and for
   * some seconds after that, as nodes that are still to come back would count as gone. To reject
   * means the same.
   */
  protected survivors(_uids: readonly string[]): Promise<Survivors | null> {
    return Promise.resolve(null);
  }

  /** The same, for who waits: does not reject. */
  protected askSurvivors(uids: readonly string[]): Promise<Survivors | null> {
    return askSurvivors(
      () => this.survivors(uids),
      (error) => this.report(error),
    );
  }

  /**
   * Whether so much waits to be sent that nothing is to be added that others will ask for again.
   */
  protected get isCongested(): boolean {
    return false;
  }

  /**
   * The other nodes, where they are known by name at any time. It is not kept, but read at once. Who
   * overrides it calls {@link ClusterAdapter.onNodeGone}.
   */
  protected knownNodes(): ReadonlySet<string> | undefined {
    return undefined;
  }

  /**
   * Sends a message to all other nodes, and does not wait for it: all that is sent goes through here,
   * but events that need an offset. Override it where `doPublish` would cost too much: the message
   * says nothing yet of where it comes from (`uid` and `nsp`). It must not throw.
   */
  protected publish(message: ClusterMessage): void {
    try {
      this.doPublish(this.#stamp(message)).catch(this.#onError);
    } catch (error) {
      this.report(error);
    }
  }

  /**
   * The same, where the offset is needed; messages are to be sent in the order of the calls.
   *
   * @returns the offset, or "" where there is none: the event is then delivered without, and clients
   * cannot recover from there. What it rejects with is reported, and means the same. This node's own
   * sockets wait for it: where it would take long, as the connection is lost, answer "" at once.
   */
  protected publishAndReturnOffset(message: ClusterMessage): Promise<string> {
    return this.doPublish(this.#stamp(message));
  }

  /** Sends an answer. It must not throw. */
  protected publishResponse(requesterUid: string, response: ClusterResponse): void {
    try {
      const stamped = Object.assign(response, { uid: this.uid, nsp: this.nsp.name });
      this.doPublishResponse(requesterUid, stamped).catch(this.#onError);
    } catch (error) {
      this.report(error);
    }
  }

  #stamp(message: ClusterMessage): PublishedMessage {
    message.uid = this.uid;
    message.nsp = this.nsp.name;
    return message as PublishedMessage;
  }

  /**
   * Tells what went wrong, to the `error` listeners, or else by a process warning, once for each code.
   * It does not throw.
   */
  protected report(error: unknown): void {
    log("[%s] %s", this.uid, error);
    if (this.emitSafely("error", error)) {
      return;
    }
    const kind = error instanceof SocketIOError ? error.code : "";
    if (!this.#warned.has(kind)) {
      this.#warned.add(kind);
      warn(`the adapter of ${this.nsp.name} had an error; listen to its "error" events`, error);
    }
  }

  /**
   * Emits an event, if someone listens. It does not throw: what a listener throws is an uncaught
   * exception, and the adapter goes on.
   *
   * @returns whether someone listens
   */
  protected emitSafely(event: string, details: unknown): boolean {
    if (this.listenerCount(event) === 0) {
      return false;
    }
    try {
      this.emit(event, details);
    } catch (error) {
      throwLater(error);
    }
    return true;
  }
}
