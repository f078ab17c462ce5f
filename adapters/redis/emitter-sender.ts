import { EventEmitter } from "node:events";
import { SocketIOError, throwLater, warn } from "../../lib/errors.ts";
import { commandsOf } from "./client.ts";
import type { Encoded } from "./emitter-encoder.ts";
import type { ResolvedKeepOptions } from "./options.ts";
import type { Dropped, Outbox, OutboxOwner } from "./outbox.ts";
import { outboxOf } from "./outbox-shared.ts";
import { toDropError } from "./outbox-drops.ts";

/** What an {@link Emitter} tells. */
export interface EmitterEvents {
  /**
   * What goes wrong: the client's errors (`ERR_REDIS`, with the `cause`), messages that Redis refused
   * (`ERR_REDIS`) or that waited for too long (`ERR_OUTBOX_FULL`). Without a listener the first
   * of each code is a warning of the process.
   */
  error: (error: SocketIOError) => void;
  /** Messages were given up unsent; an `error` follows. */
  dropped: (dropped: Dropped) => void;
}

/**
 * What sends for an emitter, and for all that it made by `of()`: the outbox of the client, and who is
 * told what goes wrong.
 */
export class EmitterSender implements OutboxOwner {
  readonly #outbox: Outbox;
  readonly #events = new EventEmitter();
  readonly #warned = new Set<string>();
  readonly #stopListening: () => void;
  readonly #maxDurationMs: number;
  #isClosed = false;
  #dropped = 0;

  /**
   * @param client of ioredis or node-redis
   * @param outbox what is kept while Redis is away
   * @throws SocketIOError with `ERR_INVALID_ARGUMENT` if it is no Redis client
   */
  constructor(client: unknown, outbox: ResolvedKeepOptions) {
    const redis = commandsOf(client);
    this.#outbox = outboxOf(redis, outbox);
    this.#maxDurationMs = outbox.maxDuration;
    this.#stopListening = redis.onError((cause) =>
      this.#report(new SocketIOError("ERR_REDIS", cause.message, { cause })),
    );
  }

  /** For how long Redis has answered nothing although it should have, in ms. */
  get owedMs(): number {
    return this.#outbox.owedMs;
  }

  /**
   * Has something sent at the end of this turn of the event loop, or when Redis is there.
   *
   * @throws SocketIOError with `ERR_UNSUPPORTED` after {@link close}
   */
  send(encoded: Encoded): void {
    if (this.#isClosed) {
      throw new SocketIOError("ERR_UNSUPPORTED", "the emitter is closed");
    }
    if ("command" in encoded) {
      this.#outbox.send(encoded.command, this);
    } else {
      const { channel, payload } = encoded.message;
      this.#outbox.publish(channel, payload, encoded.isSharded, this);
    }
  }

  on<Event extends keyof EmitterEvents>(event: Event, listener: EmitterEvents[Event]): void {
    this.#events.on(event, listener);
  }

  off<Event extends keyof EmitterEvents>(event: Event, listener: EmitterEvents[Event]): void {
    this.#events.off(event, listener);
  }

  /** See {@link Emitter.flush}. */
  async flush(timeoutMs = this.#maxDurationMs): Promise<void> {
    const isSent = await this.#outbox.flush(timeoutMs);
    await new Promise(setImmediate); // what was dropped is told at the end of a turn
    const lost = this.#dropped;
    this.#dropped = 0;
    if (lost > 0) {
      throw new SocketIOError("ERR_OUTBOX_FULL", `${lost} message(s) were dropped unsent`);
    }
    if (!isSent) {
      throw new SocketIOError("ERR_REDIS", `Redis did not take all messages in ${timeoutMs} ms`);
    }
  }

  /** See {@link Emitter.close}. */
  async close(timeoutMs?: number): Promise<void> {
    this.#isClosed = true;
    try {
      await this.flush(timeoutMs);
    } finally {
      this.#stopListening();
    }
  }

  onDropped(dropped: Dropped): void {
    this.#dropped += dropped.messages;
    this.#tell("dropped", dropped);
    this.#report(toDropError(dropped));
  }

  #report(error: SocketIOError): void {
    if (this.#tell("error", error) || this.#warned.has(error.code)) {
      return;
    }
    this.#warned.add(error.code);
    warn('an emitter had an error; listen to its "error" events', error);
  }

  /** Returns whether someone listens. */
  #tell(event: keyof EmitterEvents, value: unknown): boolean {
    if (this.#events.listenerCount(event) === 0) {
      return false;
    }
    try {
      this.#events.emit(event, value);
    } catch (thrown) {
      throwLater(thrown); // of a listener
    }
    return true;
  }
}
