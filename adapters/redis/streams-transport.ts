import { malformedMessage, type SocketIOError } from "../../lib/errors.ts";
import { makeLog } from "../../lib/log.ts";
import type { AdapterNamespace } from "../adapter.ts";
import { ClusterAdapter } from "../cluster/cluster-adapter.ts";
import {
  type ClusterMessage,
  type ClusterResponse,
  MessageType,
  type PublishedMessage,
  type PublishedResponse,
} from "../cluster/messages.ts";
import type { Survivors } from "../cluster/survivors.ts";
import { Membership } from "./membership.ts";
import type { Dropped } from "./outbox.ts";
import type { OnReply } from "./outbox-queue.ts";
import { toDropError } from "./outbox-drops.ts";
import type { EntryBundler } from "./stream-bundler.ts";
import type { StreamReader } from "./stream-reader.ts";
import { Senders } from "./stream-senders.ts";
import type { HubMember, StreamsHub } from "./streams-hub.ts";
import type { LostEntries, StreamsStats } from "./streams-stats.ts";
import {
  bundleChannelOf,
  decodeEntry,
  decodePublished,
  encodeEntry,
  encodePublished,
  isRequest,
  isVolatile,
  MAIN,
  privateChannelOf,
  publicChannelOf,
  type StreamEntry,
  streamsOf,
} from "./streams-wire.ts";

const log = makeLog("socket.io-redis");

/** How long an adapter that is closed waits for what it has still to send. */
const CLOSE_FLUSH_MS = 1_000;

/**
 * A cluster adapter over a Redis stream: what is sent to all nodes is written into the stream, which
 * each of them reads; requests and their answers go by pub/sub.
 *
 * Beside the events of {@link ClusterAdapter} it emits
 * - `dropped` ({@link Dropped}) when messages of this node were given up unsent, and
 * - `lost` ({@link LostEntries}) when the stream was cut before this node had read what was cut off.
 */
export class StreamsTransport extends ClusterAdapter implements HubMember {
  protected readonly hub: StreamsHub;
  /** The stream that this namespace is written to. */
  protected readonly stream: string;
  /** Where nodes of the reference write to, if that is another one. */
  protected readonly strayStream: string | undefined;
  protected readonly reader: StreamReader;
  readonly #publicChannel: string;
  /** All that it listens to. */
  readonly #channels: string[];
  /** To this nothing is published: who listens to it reads bundles. */
  readonly #bundleChannel: string;
  readonly #kind: "shard" | "channel";
  readonly #membership: Membership;
  readonly #senders = new Senders();
  /** Undefined where each message has to have an entry, and so an id, of its own. */
  readonly #bundler: EntryBundler | undefined;
  #lastSeq = 0;
  #dropped = 0;
  #lost = 0;
  #isClosed = false;

  constructor(nsp: AdapterNamespace, hub: StreamsHub) {
    super(nsp);
    const { options, redis } = hub;
    this.hub = hub;
    this.hasOffsets = false; // those that there are, are not the business of the ClusterAdapter
    this.requestsTimeout = options.requestsTimeout;
    const { stream, strayStream } = streamsOf(nsp.name, options);
    this.stream = stream;
    this.strayStream = strayStream;
    this.#kind = options.useShardedPubSub ? "shard" : "channel";
    this.#publicChannel = publicChannelOf(nsp.name, options.channelPrefix);
    this.#bundleChannel = bundleChannelOf(options.channelPrefix);
    this.#channels = [this.#publicChannel, this.#channelOf(this.uid)];
    this.reader = hub.add(this, stream, strayStream);
    const hasRecovery = nsp.server.opts.connectionStateRecovery !== undefined;
    this.#bundler = hasRecovery ? undefined : hub.bundlerOf(stream);
    if (nsp.name === MAIN && !hasRecovery) {
      this.#channels.push(this.#bundleChannel);
    }
    this.#membership = new Membership({
      redis,
      wire: {
        isSharded: options.useShardedPubSub,
        countChannel: this.#publicChannel,
        privateChannel: (uid) => this.#channelOf(uid),
      },
      timeoutMs: options.requestsTimeout,
      localNodes: () => hub.subscriptions?.countListeners(this.#kind, this.#publicChannel) ?? 1,
    });
  }

  /** How much was sent and lost since the start. */
  get stats(): StreamsStats {
    return { outbox: this.hub.outbox.stats, dropped: this.#dropped, lost: this.#lost };
  }

  /**
   * Subscribes.
   *
   * @returns once Redis has confirmed it, also if that takes an outage. It does not reject.
   */
  override async init(): Promise<void> {
    const { subscriptions } = this.hub;
    await Promise.all(
      this.#channels.map((channel) => {
        const isOptional = channel === this.#bundleChannel;
        return subscriptions?.subscribe(this.#kind, channel, this.#onPublished, isOptional);
      }),
    );
    if (!this.#isClosed) {
      this.#membership.onStarted();
      this.refreshRooms(); // answers to what was asked before were not heard
    }
  }

  override async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.hub.redis.isReady) this.publish({ type: MessageType.ADAPTER_CLOSE });
    await super.close();
    this.#membership.close();
    for (const channel of this.#channels) {
      this.hub.subscriptions?.unsubscribe(this.#kind, channel, this.#onPublished);
    }
    this.hub.remove(this);
    await this.hub.outbox.flush(this.closeFlushMs);
  }

  /** How long closing may take for what is still to be sent, in ms. */
  protected get closeFlushMs(): number {
    return CLOSE_FLUSH_MS;
  }

  protected override get isCongested(): boolean {
    return this.hub.outbox.isCongested;
  }

  override serverCount(): Promise<number> {
    return this.#membership.count();
  }

  protected override survivors(uids: readonly string[]): Promise<Survivors | null> {
    return this.#membership.survivors(uids);
  }

  /** @internal */
  hasName(uid: string): boolean {
    return uid === this.uid;
  }

  /** @internal */
  onInterrupted(): void {
    this.#membership.onInterrupted();
  }

  /** @internal */
  onResubscribed(): void {
    this.#membership.onResubscribed();
    this.refreshRooms(); // answers to one node are not in the stream
  }

  // Sending

  protected override publish(message: ClusterMessage): void {
    try {
      if (isRequest(message)) {
        this.send(this.#stamp(message), undefined);
      } else if (!isVolatile(message) || this.hub.redis.isReady) {
        this.write(message); // what may be lost is not sent late
      }
    } catch (error) {
      this.report(error); // it cannot be encoded
    }
  }

  protected override publishResponse(requesterUid: string, response: ClusterResponse): void {
    try {
      this.send(this.#stamp(response), requesterUid);
    } catch (error) {
      this.report(error);
    }
  }

  protected override doPublish(message: PublishedMessage): Promise<string> {
    this.publish(message);
    return Promise.resolve("");
  }

  protected override doPublishResponse(uid: string, response: PublishedResponse): Promise<void> {
    this.publishResponse(uid, response);
    return Promise.resolve();
  }

  /**
   * Writes a message into the stream.
   *
   * @param onReply called with its id there, also once more if it gets another one, or with why it
   * never gets there
   * @returns its number
   * @throws SocketIOError with `ERR_INVALID_ARGUMENT` where it cannot be encoded
   */
  protected write(message: ClusterMessage, onReply?: OnReply): number {
    const seq = this.#lastSeq + 1;
    const { limit, options } = this.hub;
    const stamped = this.#stamp(message);
    const command = encodeEntry(this.stream, stamped, seq, limit, options.onlyPlaintext);
    this.#lastSeq = seq;
    const bundler = this.#bundler?.takes(command) ? this.#bundler : undefined;
    this.hub.outbox.send(command, this, onReply, bundler);
    return seq;
  }

  /**
   * Publishes.
   *
   * @param uid the node that it is for; undefined: all
   * @throws SocketIOError with `ERR_INVALID_ARGUMENT` where it cannot be encoded
   */
  protected send(message: object, uid: string | undefined): void {
    const channel = uid === undefined ? this.#publicChannel : this.#channelOf(uid);
    this.hub.outbox.publish(channel, encodePublished(message), this.#kind === "shard", this);
  }

  #channelOf(uid: string): string {
    return privateChannelOf(this.nsp.name, uid, this.hub.options.channelPrefix);
  }

  #stamp<Message extends ClusterMessage | ClusterResponse>(message: Message): Message {
    message.uid = this.uid;
    message.nsp = this.nsp.name;
    return message;
  }

  // Receiving

  readonly #onPublished = (payload: Buffer): void => {
    try {
      const message = decodePublished(payload);
      if (!this.takePublished(message)) {
        this.onMessage(message as ClusterMessage); // it tells answers apart
      }
    } catch (error) {
      this.report(error);
    }
  };

  /** Takes a message that is of no type that the ClusterAdapter knows; returns whether it did. */
  protected takePublished(_message: object): boolean {
    return false;
  }

  /** An entry was read: each once, in their order. @internal */
  onEntry(id: string, entry: StreamEntry, stream: string): void {
    const { uid, seq } = entry;
    if (uid === this.uid && (seq ?? 0) > this.#lastSeq) {
      this.report(
        malformedMessage(`the entry ${id} has the name of this node, which has not sent it`),
      );
      return;
    }
    if (seq !== undefined && !this.#senders.isNew(uid, seq)) {
      return;
    }
    const isStray = stream !== this.stream;
    if (!isStray) {
      this.onReadEntry(id, entry);
    }
    if (uid !== this.uid) {
      try {
        this.onMessage(decodeEntry(entry), isStray ? undefined : id);
      } catch (error) {
        this.report(error);
      }
    }
  }

  /** Called with each entry, this node's own included, before it is carried out. */
  protected onReadEntry(_id: string, _entry: StreamEntry): void {}

  // Trouble

  /** @internal */
  onError(error: SocketIOError): void {
    this.report(error);
  }

  /** Called when the stream was cut before this node had read what was cut off. @internal */
  onLost(lost: LostEntries): void {
    log("[%s] %d entries of %s were lost", this.uid, lost.messages, lost.stream);
    this.#lost += lost.messages;
    this.emitSafely("lost", lost);
  }

  /** Called when messages of this adapter were given up. @internal */
  onDropped(dropped: Dropped): void {
    this.#dropped += dropped.messages;
    const isTold = this.emitSafely("dropped", dropped);
    if (!isTold || dropped.reason === "refused") {
      this.report(toDropError(dropped)); // a refusal is something to mend, too
    }
  }
}
