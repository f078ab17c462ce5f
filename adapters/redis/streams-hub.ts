import { malformedMessage, SocketIOError } from "../../lib/errors.ts";
import type { ResolvedStreamsOptions } from "./options.ts";
import type { Outbox, OutboxOwner } from "./outbox.ts";
import { outboxOf } from "./outbox-shared.ts";
import type { OwnedRedis, RedisCommands } from "./port.ts";
import { type SharedSubscriptions, sharedSubscriptionsOf } from "./shared-subscriptions.ts";
import { EntryBundler, isBundle, partsOf } from "./stream-bundle.ts";
import { StreamKeeper } from "./stream-keeper.ts";
import { StreamReader } from "./stream-reader.ts";
import type { ReadEntry } from "./stream-replies.ts";
import { parseEntry, type StreamEntry } from "./streams-wire.ts";

/** What the hub tells the adapter of a namespace. None of it may throw. */
export interface HubMember extends OutboxOwner {
  readonly nsp: { readonly name: string };
  /** Whether this is its name among the nodes of its namespace. */
  hasName(uid: string): boolean;
  /** Each entry of the namespace, in their order. */
  onEntry(id: string, entry: StreamEntry, stream: string): void;
  /** The stream cannot be read, or something in it. */
  onError(error: SocketIOError): void;
  /** The stream was cut before it was read. */
  onLost(lost: { stream: string; messages: number }): void;
  /** Messages of pub/sub may be missed from now on. */
  onInterrupted(): void;
  /** They are not, any more. */
  onResubscribed(): void;
}

interface SharedReader {
  readonly reader: StreamReader;
  readonly members: Members;
  readonly keeper: StreamKeeper;
}

/** Those who read a stream, by the name of their namespace: there may be thousands. */
type Members = Map<string, Set<HubMember>>;

interface Subscriber {
  readonly redis: OwnedRedis;
  readonly subscriptions: SharedSubscriptions;
}

/** What the namespaces of a server share: the clients that read and subscribe, and the outbox. */
export class StreamsHub {
  readonly redis: RedisCommands;
  readonly outbox: Outbox;
  readonly options: ResolvedStreamsOptions;
  /** Writes the messages of all members that are sent together. */
  readonly bundler: EntryBundler | undefined;
  readonly #members = new Set<HubMember>();
  readonly #readers = new Map<string, SharedReader>();
  #subscriber: Subscriber | undefined;
  #unlisten: (() => void)[] = [];
  #awaySince: number | undefined;

  constructor(redis: RedisCommands, options: ResolvedStreamsOptions) {
    this.redis = redis;
    this.options = options;
    this.outbox = outboxOf(redis, options.outbox);
    this.bundler = options.bundle ? new EntryBundler() : undefined;
  }

  /** The subscriptions of all members; undefined as long as there are none. */
  get subscriptions(): SharedSubscriptions | undefined {
    return this.#subscriber?.subscriptions;
  }

  /** How long commands cannot be sent by now, in ms. */
  get awayMs(): number {
    return this.#awaySince === undefined ? 0 : performance.now() - this.#awaySince;
  }

  /**
   * Adds the adapter of a namespace: it is told what follows from now on.
   *
   * @returns what reads its stream
   */
  add(member: HubMember, stream: string, strayStream: string | undefined): StreamReader {
    if (this.#members.size === 0) {
      this.#listen();
    }
    this.#members.add(member);
    this.#subscriber ??= this.#subscribe();
    if (strayStream !== undefined) {
      this.#read(member, strayStream);
    }
    return this.#read(member, stream);
  }

  #read(member: HubMember, stream: string): StreamReader {
    let shared = this.#readers.get(stream);
    if (shared === undefined) {
      shared = this.#startReader(stream);
      this.#readers.set(stream, shared);
    }
    const { name } = member.nsp;
    const namesakes = shared.members.get(name) ?? new Set();
    shared.members.set(name, namesakes.add(member));
    return shared.reader;
  }

  /** Ends what is needed no more, at once. */
  remove(member: HubMember): void {
    this.#members.delete(member);
    for (const [stream, { reader, members, keeper }] of this.#readers) {
      const namesakes = members.get(member.nsp.name);
      namesakes?.delete(member);
      if (namesakes?.size === 0) {
        members.delete(member.nsp.name);
      }
      if (members.size === 0) {
        this.#readers.delete(stream);
        reader.end();
        this.outbox.unguard(keeper);
      }
    }
    if (this.#members.size === 0) {
      for (const unlisten of this.#unlisten.splice(0)) {
        unlisten();
      }
      this.#subscriber?.redis.end();
      this.#subscriber = undefined;
    }
  }

  #listen(): void {
    this.#awaySince = this.redis.isReady ? undefined : performance.now();
    this.#unlisten.push(
      this.redis.onState((isReady) => {
        this.#awaySince = isReady ? undefined : (this.#awaySince ?? performance.now());
      }),
      this.redis.onError((cause) => this.#tellOfClient(cause)),
    );
  }

  #subscribe(): Subscriber {
    const redis = this.redis.duplicate();
    this.#unlisten.push(
      redis.onInterrupted(() => this.#tell((member) => member.onInterrupted())),
      redis.onResubscribed(() => this.#tell((member) => member.onResubscribed())),
      redis.onError((cause) => this.#tellOfClient(cause)),
    );
    return { redis, subscriptions: sharedSubscriptionsOf(redis) };
  }

  #tellOfClient(cause: Error): void {
    const message = `a Redis client says: ${cause.message}`;
    this.#tell((member) => member.onError(new SocketIOError("ERR_REDIS", message, { cause })));
  }

  #tell(tell: (member: HubMember) => void): void {
    for (const member of [...this.#members]) {
      tell(member);
    }
  }

  #startReader(stream: string): SharedReader {
    const members: Members = new Map();
    const reader: StreamReader = new StreamReader(this.redis, stream, this.options, {
      onEntry: (entry) => onEntry(entry, stream, members),
      onAlive: () => keeper.onAlive(),
      onBroken: () => this.outbox.suspect(stream),
      onError: (cause) => {
        const message = `the stream "${stream}" cannot be read: ${cause.message}`;
        for (const member of allOf(members)) {
          member.onError(new SocketIOError("ERR_REDIS", message, { cause }));
        }
      },
      onLost: (messages) => {
        for (const member of allOf(members)) {
          member.onLost({ stream, messages });
        }
      },
    });
    const keeper = new StreamKeeper(this.redis, stream, this.options.maxLen, reader);
    this.outbox.guard(keeper);
    return { reader, members, keeper };
  }
}

function allOf(members: Members): HubMember[] {
  return [...members.values()].flatMap((namesakes) => [...namesakes]);
}

function onEntry({ id, fields }: ReadEntry, stream: string, members: Members): void {
  const entry = parseEntry(fields);
  if (entry === null) {
    const [member] = allOf(members); // it may have been meant for anyone
    member?.onError(
      malformedMessage(
        `the entry ${id} of "${stream}" has no namespace or type, or its uid is no name`,
      ),
    );
    return;
  }
  if (isBundle(entry)) {
    onBundle(id, entry, stream, members);
    return;
  }
  for (const member of members.get(entry.nsp) ?? []) {
    member.onEntry(id, entry, stream);
  }
}

function onBundle(id: string, bundle: StreamEntry, stream: string, members: Members): void {
  const all = allOf(members);
  if (all.some((member) => member.hasName(bundle.uid))) {
    return; // all that is in it is of this node
  }
  try {
    for (const part of partsOf(bundle)) {
      for (const member of members.get(part.nsp) ?? []) {
        member.onEntry(id, part, stream);
      }
    }
  } catch (error) {
    const isMalformed = error instanceof SocketIOError;
    all[0]?.onError(
      isMalformed ? error : malformedMessage(`the entry ${id} of "${stream}"`, error),
    );
  }
}
