import { malformedMessage, SocketIOError } from "../../lib/errors.ts";
import type { ResolvedStreamsOptions } from "./options.ts";
import { type Dropped, type Outbox, type OutboxOwner, outboxOf } from "./outbox.ts";
import type { OwnedRedis, RedisCommands } from "./port.ts";
import { StreamReader } from "./stream-reader.ts";
import type { ReadEntry } from "./stream-replies.ts";
import { parseEntry, type StreamEntry } from "./streams-wire.ts";

/** What the hub tells the adapter of a namespace. */
export interface HubMember extends OutboxOwner {
  readonly nsp: { readonly name: string };
  /** Each entry of the namespace, in their order. It does not throw. */
  onEntry(id: string, entry: StreamEntry, stream: string): void;
  onReaderError(error: Error): void;
  onEntriesLost(stream: string, entries: number): void;
}

interface SharedReader {
  readonly reader: StreamReader;
  readonly members: Set<HubMember>;
}

/** How long others may take to subscribe again, once Redis is back. */
const SETTLING_MS = 10_000;

/** What the namespaces of a server share: the clients that read and subscribe, and the outbox. */
export class StreamsHub {
  readonly redis: RedisCommands;
  readonly outbox: Outbox;
  readonly options: ResolvedStreamsOptions;
  readonly #members = new Map<string, HubMember>();
  readonly #users = new Set<HubMember>();
  readonly #readers = new Map<string, SharedReader>();
  #subscriber: OwnedRedis | undefined;
  #unlisten: (() => void)[] = [];
  #isInterrupted = true;
  #resubscribedAt = 0;
  #awaySince: number | undefined;

  constructor(redis: RedisCommands, options: ResolvedStreamsOptions) {
    this.redis = redis;
    this.options = options;
    this.outbox = outboxOf(redis, options.outbox);
  }

  /** The client that subscribes; it is there as long as there are members. */
  get subscriber(): OwnedRedis {
    this.#subscriber ??= this.#subscribe();
    return this.#subscriber;
  }

  /** Whether who is subscribed says who is there. */
  get isSettled(): boolean {
    return !this.#isInterrupted && performance.now() - this.#resubscribedAt > SETTLING_MS;
  }

  /** How long commands cannot be sent by now, in ms. */
  get awayMs(): number {
    return this.#awaySince === undefined ? 0 : performance.now() - this.#awaySince;
  }

  /** Adds the adapter of a namespace; it is told what follows from now on. */
  add(member: HubMember, streams: readonly string[]): StreamReader[] {
    if (this.#users.size === 0) {
      this.#listen();
    }
    this.#users.add(member);
    this.#members.set(member.nsp.name, member);
    return streams.map((stream) => {
      let shared = this.#readers.get(stream);
      if (shared === undefined) {
        shared = this.#startReader(stream);
        this.#readers.set(stream, shared);
      }
      shared.members.add(member);
      return shared.reader;
    });
  }

  /** Ends what is needed no more, at once. */
  remove(member: HubMember): void {
    this.#users.delete(member);
    if (this.#members.get(member.nsp.name) === member) {
      this.#members.delete(member.nsp.name);
    }
    for (const [stream, { reader, members }] of this.#readers) {
      members.delete(member);
      if (members.size === 0) {
        this.#readers.delete(stream);
        reader.end();
      }
    }
    if (this.#users.size === 0) {
      for (const unlisten of this.#unlisten.splice(0)) {
        unlisten();
      }
      this.#subscriber?.end();
      this.#subscriber = undefined;
    }
  }

  #listen(): void {
    this.#awaySince = this.redis.isReady ? undefined : performance.now();
    this.#unlisten.push(
      this.redis.onState((isReady) => {
        this.#awaySince = isReady ? undefined : (this.#awaySince ?? performance.now());
      }),
    );
  }

  #subscribe(): OwnedRedis {
    const subscriber = this.redis.duplicate();
    this.#isInterrupted = false;
    this.#resubscribedAt = Number.NEGATIVE_INFINITY;
    this.#unlisten.push(
      subscriber.onInterrupted(() => {
        this.#isInterrupted = true;
      }),
      subscriber.onResubscribed(() => {
        this.#isInterrupted = false;
        this.#resubscribedAt = performance.now();
      }),
      // The user's client has the same troubles, and tells of them.
      subscriber.onError(() => {}),
    );
    return subscriber;
  }

  #startReader(stream: string): SharedReader {
    const members = new Set<HubMember>();
    const reader = new StreamReader(this.redis, stream, this.options, {
      onEntry: (entry) => this.#onEntry(entry, stream, members),
      onError: (cause) => {
        const message = `the stream "${stream}" cannot be read: ${cause.message}`;
        const error = new SocketIOError("ERR_REDIS", message, { cause });
        for (const member of members) {
          member.onReaderError(error);
        }
      },
      onLost: (entries) => {
        for (const member of members) {
          member.onEntriesLost(stream, entries);
        }
      },
    });
    return { reader, members };
  }

  #onEntry({ id, fields }: ReadEntry, stream: string, members: ReadonlySet<HubMember>): void {
    const entry = parseEntry(fields);
    if (entry !== null) {
      this.#members.get(entry.nsp)?.onEntry(id, entry, stream);
      return;
    }
    const [member] = members; // it may have been meant for anyone
    member?.onReaderError(malformedMessage(`the entry ${id} of "${stream}" is none`));
  }
}

/** What was dropped, in words. */
export function dropError({ messages, bytes, reason, error }: Dropped): SocketIOError {
  const why =
    reason === "refused"
      ? `Redis refused them: ${error?.message ?? "no reason given"}`
      : `Redis was away for too long`;
  const message = `${messages} messages (${bytes} bytes) to other nodes were dropped: ${why}`;
  const options = error === undefined ? undefined : { cause: error };
  return new SocketIOError(
    reason === "refused" ? "ERR_REDIS" : "ERR_OUTBOX_FULL",
    message,
    options,
  );
}
