import { malformedMessage, SocketIOError } from "../../lib/errors.ts";
import type { ResolvedStreamsOptions } from "./options.ts";
import type { Outbox, OutboxOwner } from "./outbox.ts";
import { outboxOf } from "./outbox-shared.ts";
import type { OwnedRedis, RedisCommands } from "./port.ts";
import { type SharedSubscriptions, sharedSubscriptionsOf } from "./shared-subscriptions.ts";
import { isBundle, partsOf, sizeOfBundle } from "./stream-bundle.ts";
import type { EntryBundler } from "./stream-bundler.ts";
import { StreamBundling } from "./stream-bundling.ts";
import { StreamKeeper } from "./stream-keeper.ts";
import { StreamLength } from "./stream-length.ts";
import { StreamLimit } from "./stream-limit.ts";
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

/** Who comes to Redis sooner was not away from it. */
const LONG_MS = 1_000;

interface SharedReader {
  readonly reader: StreamReader;
  readonly members: Members;
  readonly keeper: StreamKeeper;
  readonly length: StreamLength;
  /** Writes the messages of all members that are sent together; undefined as long as nobody asked for it. */
  bundler: EntryBundler | undefined;
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
  /** Of all streams. */
  readonly limit: StreamLimit;
  readonly #members = new Set<HubMember>();
  readonly #bundling: StreamBundling;
  readonly #readers = new Map<string, SharedReader>();
  #subscriber: Subscriber | undefined;
  #unlisten: (() => void)[] = [];
  #awaySince: number | undefined;

  constructor(redis: RedisCommands, options: ResolvedStreamsOptions) {
    this.redis = redis;
    this.options = options;
    this.limit = new StreamLimit(options.maxLen, () => this.outbox.owedMs);
    this.outbox = outboxOf(redis, options.outbox);
    this.#bundling = new StreamBundling(redis, options);
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

  /**
   * What writes the messages for a stream that are sent together, of all members; undefined where each has to be
   * an entry.
   *
   * @param stream one that is read
   */
  bundlerOf(stream: string): EntryBundler | undefined {
    const shared = this.#readers.get(stream);
    if (shared !== undefined) {
      shared.bundler ??= this.#bundling.start(stream, shared.length);
    }
    return shared?.bundler;
  }

  /** Ends what is needed no more, at once. */
  remove(member: HubMember): void {
    this.#members.delete(member);
    for (const [stream, { reader, members, keeper, bundler }] of this.#readers) {
      const namesakes = members.get(member.nsp.name);
      namesakes?.delete(member);
      if (namesakes?.size === 0) {
        members.delete(member.nsp.name);
      }
      if (members.size === 0) {
        this.#readers.delete(stream);
        reader.end();
        this.#bundling.end(bundler);
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
        if (!isReady || this.awayMs >= LONG_MS) {
          this.limit.lift();
        }
        this.#awaySince = isReady ? undefined : (this.#awaySince ?? performance.now());
        this.#bundling.look();
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
    const length = new StreamLength(stream, this.options.maxLen, this.limit);
    const reader: StreamReader = new StreamReader(this.redis, stream, this.options, {
      onEntry: (entry) => length.onRead(entry.id, onEntry(entry, stream, members)),
      onAlive: () => keeper.onAlive(),
      onBroken: () => {
        this.limit.lift();
        this.outbox.suspect(stream);
      },
      onRewound: () => length.reset(),
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
    const keeper = new StreamKeeper(this.redis, stream, this.options.maxLen, reader, length);
    this.outbox.guard(keeper);
    return { reader, members, keeper, length, bundler: undefined };
  }
}

function allOf(members: Members): HubMember[] {
  return [...members.values()].flatMap((namesakes) => [...namesakes]);
}

/** Tells those whom it is for of an entry; returns how many messages it has. */
function onEntry({ id, fields }: ReadEntry, stream: string, members: Members): number {
  const entry = parseEntry(fields);
  if (entry === null) {
    const [member] = allOf(members); // it may have been meant for anyone
    member?.onError(
      malformedMessage(
        `the entry ${id} of "${stream}" has no namespace or type, or its uid is no name`,
      ),
    );
    return 1;
  }
  if (isBundle(entry)) {
    return onBundle(id, entry, stream, members) ?? sizeOfBundle(fields);
  }
  for (const member of members.get(entry.nsp) ?? []) {
    member.onEntry(id, entry, stream);
  }
  return 1;
}

/** The same for a bundle; undefined where it was not looked into. */
function onBundle(
  id: string,
  bundle: StreamEntry,
  stream: string,
  members: Members,
): number | undefined {
  for (const member of members.get(bundle.nsp) ?? []) {
    if (member.hasName(bundle.uid)) {
      return undefined; // all that is in it is of this node
    }
  }
  try {
    const parts = partsOf(bundle);
    for (const part of parts) {
      for (const member of members.get(part.nsp) ?? []) {
        member.onEntry(id, part, stream);
      }
    }
    return parts.length;
  } catch (error) {
    const isMalformed = error instanceof SocketIOError;
    const [member] = allOf(members);
    member?.onError(
      isMalformed ? error : malformedMessage(`the entry ${id} of "${stream}"`, error),
    );
    return undefined;
  }
}
