import { type Packet, PacketType } from "socket.io-parser";
import type { Untyped } from "../../lib/event-types.ts";
import type {
  AckProgress,
  AdapterNamespace,
  AdapterSocket,
  BroadcastOptions,
  RemoteSocketDetails,
  RestoredSession,
  Room,
  SessionToPersist,
  SocketId,
} from "../adapter.ts";
import { ClusterAdapter } from "../cluster/cluster-adapter.ts";
import {
  type ClusterMessage,
  type ClusterResponse,
  MessageType,
  type PublishedMessage,
  type PublishedResponse,
} from "../cluster/messages.ts";
import type { Survivors } from "../cluster/survivors.ts";
import { encodeOptions } from "../cluster/validation.ts";
import type { Dropped } from "./outbox.ts";
import { OffsetQueue } from "./stream-offsets.ts";
import { StreamRecovery } from "./stream-recovery.ts";
import { Senders } from "./stream-senders.ts";
import { dropError, type HubMember, type StreamsHub } from "./streams-hub.ts";
import {
  decodeEntry,
  decodePublished,
  encodeEntry,
  encodePublished,
  isRequest,
  privateChannelOf,
  publicChannelOf,
  type StreamEntry,
  streamsOf,
} from "./streams-wire.ts";

const DEFAULT_DURATION_MS = 120_000;
/** How long closing may take, for what is still to be written. */
const CLOSE_GRACE_MS = 5_000;

/** What went wrong with the messages of an adapter. */
export interface StreamsStats {
  /** Messages of this node that never reached Redis. */
  dropped: number;
  /** Entries that were cut off the stream before this node had read them. */
  lost: number;
}

/** The adapter of one namespace over a Redis stream: see `createStreamsAdapter()`. */
export class StreamsAdapter extends ClusterAdapter implements HubMember {
  /** Counts what was lost, since the adapter was made. */
  readonly stats: StreamsStats = { dropped: 0, lost: 0 };
  readonly #hub: StreamsHub;
  readonly #stream: string;
  readonly #publicChannel: string;
  readonly #privateChannel: string;
  readonly #kind: "shard" | "channel";
  readonly #senders = new Senders();
  /** Where sessions are recovered, what waits for its offset. */
  readonly #queue: OffsetQueue | undefined;
  readonly #recovery: StreamRecovery | undefined;
  #lastSeq = 0;

  constructor(nsp: AdapterNamespace, hub: StreamsHub) {
    super(nsp);
    this.#hub = hub;
    const { options } = hub;
    this.hasOffsets = false; // those that there are, are seen to here
    this.requestsTimeout = options.requestsTimeout;
    const { stream, strayStream } = streamsOf(nsp.name, options);
    this.#stream = stream;
    this.#kind = options.useShardedPubSub ? "shard" : "channel";
    this.#publicChannel = publicChannelOf(nsp.name, options.channelPrefix);
    this.#privateChannel = privateChannelOf(nsp.name, this.uid, options.channelPrefix);
    const streams = strayStream === undefined ? [stream] : [stream, strayStream];
    const [reader] = hub.add(this, streams);
    const { connectionStateRecovery } = nsp.server.opts;
    if (connectionStateRecovery !== undefined && reader !== undefined) {
      const queue = new OffsetQueue(options.offsetTimeout);
      this.#queue = queue;
      this.#recovery = new StreamRecovery({
        hub,
        owner: this,
        uid: this.uid,
        nsp,
        reader,
        queue,
        stream,
        strayStream,
        durationMs: connectionStateRecovery.maxDisconnectionDuration ?? DEFAULT_DURATION_MS,
        send: (message, uid) => this.#send(message, uid),
        serverCount: () => this.serverCount(),
        report: (error) => this.report(error),
      });
    }
  }

  override init(): void {
    const { subscriber } = this.#hub;
    const listener = (payload: Buffer): void => this.#onPublished(payload);
    void subscriber.subscribe(this.#kind, this.#publicChannel, listener);
    void subscriber.subscribe(this.#kind, this.#privateChannel, listener);
  }

  override async close(): Promise<void> {
    const { subscriber, outbox } = this.#hub;
    subscriber.unsubscribe(this.#kind, this.#publicChannel);
    subscriber.unsubscribe(this.#kind, this.#privateChannel);
    this.#queue?.flush();
    this.#recovery?.close();
    this.#hub.remove(this);
    await super.close();
    await outbox.flush(CLOSE_GRACE_MS);
  }

  override async serverCount(): Promise<number> {
    const { count } = await this.#countNodes([]);
    return count;
  }

  protected override async survivors(uids: readonly string[]): Promise<Survivors | null> {
    const { redis, isSettled } = this.#hub;
    return isSettled && redis.isReady ? this.#countNodes(uids) : null;
  }

  /** Nodes are there as long as they are subscribed. */
  async #countNodes(uids: readonly string[]): Promise<Survivors> {
    const { redis, options } = this.#hub;
    const channels = uids.map((uid) => privateChannelOf(this.nsp.name, uid, options.channelPrefix));
    const [all = 0, own = 0, ...subscribers] = await redis.countSubscribers(
      [this.#publicChannel, this.#privateChannel, ...channels],
      this.#kind === "shard",
    );
    const alive = new Set(uids.filter((_uid, i) => (subscribers[i] ?? 0) > 0));
    const others = all - Math.min(own, 1); // this node may not be subscribed yet
    return { count: Math.max(0, others) + 1, alive };
  }

  protected override doPublish(message: PublishedMessage): Promise<string> {
    this.publish(message);
    return Promise.resolve("");
  }

  protected override doPublishResponse(
    requesterUid: string,
    response: PublishedResponse,
  ): Promise<void> {
    this.#send(response, requesterUid);
    return Promise.resolve();
  }

  protected override publish(message: ClusterMessage): void {
    try {
      message.uid = this.uid;
      message.nsp = this.nsp.name;
      if (isRequest(message)) {
        this.#send(message, undefined);
      } else if (!isVolatile(message) || this.#hub.redis.isReady) {
        this.#write(message);
      }
    } catch (error) {
      this.report(error);
    }
  }

  /**
   * Writes a message into the stream.
   *
   * @returns its number
   * @throws SocketIOError with `ERR_INVALID_ARGUMENT` where it cannot be encoded
   */
  #write(message: ClusterMessage): number {
    const seq = this.#lastSeq + 1;
    const command = encodeEntry(this.#stream, message, seq, this.#hub.options);
    this.#lastSeq = seq;
    this.#hub.outbox.send(command, this, (reply) => {
      if (reply instanceof Error) {
        this.#queue?.onDropped(seq);
      }
    });
    return seq;
  }

  /** Publishes to one node, or to all. */
  #send(message: object, uid: string | undefined): void {
    const { outbox, options } = this.#hub;
    const channel =
      uid === undefined
        ? this.#publicChannel
        : privateChannelOf(this.nsp.name, uid, options.channelPrefix);
    outbox.publish(channel, encodePublished(message), this.#kind === "shard", this);
  }

  #onPublished(payload: Buffer): void {
    let message: ClusterMessage | ClusterResponse;
    try {
      message = decodePublished(payload);
    } catch (error) {
      this.report(error);
      return;
    }
    if (this.#recovery?.onMessage(message) !== true) {
      this.onMessage(message as ClusterMessage); // it tells answers apart
    }
  }

  /** An entry was read. @internal */
  onEntry(id: string, entry: StreamEntry, stream: string): void {
    const { uid, seq } = entry;
    const isOffset = stream === this.#stream;
    if (uid === this.uid) {
      this.#onOwnEntry(id, entry);
      return;
    }
    if (seq !== undefined && !this.#senders.isNew(uid, seq)) {
      return;
    }
    if (isOffset) {
      this.#recovery?.onEntry({ id, entry });
    }
    let message: ClusterMessage;
    try {
      message = decodeEntry(entry);
    } catch (error) {
      this.report(error);
      return;
    }
    this.onMessage(message, isOffset ? id : undefined);
  }

  #onOwnEntry(id: string, entry: StreamEntry): void {
    const { uid, seq } = entry;
    if (seq !== undefined && this.#queue !== undefined && this.#senders.isNew(uid, seq)) {
      this.#recovery?.onEntry({ id, entry });
      this.#queue.onRead(seq, id);
    }
  }

  /** @internal */
  onReaderError(error: Error): void {
    this.report(error);
  }

  /** @internal */
  onEntriesLost(stream: string, entries: number): void {
    this.stats.lost += entries;
    this.#tell("lost", { stream, entries });
  }

  /** @internal */
  onDropped(dropped: Dropped): void {
    this.stats.dropped += dropped.messages;
    const { messages, bytes, reason } = dropped;
    this.#tell("dropped", { messages, bytes, reason });
    this.report(dropError(dropped));
  }

  #tell(event: string, details: object): void {
    try {
      this.emit(event, details);
    } catch (error) {
      this.report(error);
    }
  }

  override broadcast(packet: Packet, options: BroadcastOptions): void {
    const queue = this.#queue;
    if (queue === undefined) {
      super.broadcast(packet, options);
    } else if (options.flags?.local || !isRecoverable(packet, options)) {
      this.#inOrder(queue, options, broadcastOf(packet, options), (local) =>
        super.broadcast(packet, local),
      );
    } else {
      this.#broadcastWithOffset(queue, packet, options);
    }
  }

  #broadcastWithOffset(queue: OffsetQueue, packet: Packet, options: BroadcastOptions): void {
    const message = broadcastOf(packet, options);
    const local = localOf(options);
    let seq: number;
    try {
      seq = this.#write(Object.assign(message, { uid: this.uid, nsp: this.nsp.name }));
    } catch (error) {
      this.report(error);
      queue.follow(() => super.broadcast(packet, local));
      return;
    }
    queue.add(seq, (offset) => {
      if (offset !== undefined) {
        packet.data.push(offset);
      }
      super.broadcast(packet, local);
    });
  }

  override broadcastWithAck(
    packet: Packet,
    options: BroadcastOptions,
    onClientCount: (clientCount: number) => void,
    onResponse: (response: Untyped) => void,
    progress?: AckProgress,
  ): void {
    const send = (): void =>
      super.broadcastWithAck(packet, options, onClientCount, onResponse, progress);
    if (this.#queue === undefined) {
      send();
    } else {
      this.#queue.follow(send);
    }
  }

  override addSockets(options: BroadcastOptions, rooms: Room[]): void {
    const data = { opts: encodeOptions(options), rooms: [...rooms] };
    this.#inOrder(this.#queue, options, { type: MessageType.SOCKETS_JOIN, data }, (local) =>
      super.addSockets(local, data.rooms),
    );
  }

  override delSockets(options: BroadcastOptions, rooms: Room[]): void {
    const data = { opts: encodeOptions(options), rooms: [...rooms] };
    this.#inOrder(this.#queue, options, { type: MessageType.SOCKETS_LEAVE, data }, (local) =>
      super.delSockets(local, data.rooms),
    );
  }

  override disconnectSockets(options: BroadcastOptions, close: boolean): void {
    const data = { opts: encodeOptions(options), close };
    this.#inOrder(this.#queue, options, { type: MessageType.DISCONNECT_SOCKETS, data }, (local) =>
      super.disconnectSockets(local, close),
    );
  }

  override async fetchSockets(
    options: BroadcastOptions,
  ): Promise<(AdapterSocket | RemoteSocketDetails)[]> {
    await this.#queue?.whenDone();
    return super.fetchSockets(options);
  }

  /** Does something here, behind what waits for an offset, and has the other nodes do it. */
  #inOrder(
    queue: OffsetQueue | undefined,
    options: BroadcastOptions,
    message: ClusterMessage,
    apply: (local: BroadcastOptions) => void,
  ): void {
    const local = localOf(options);
    if (queue === undefined) {
      apply(local);
    } else {
      queue.follow(() => apply(local));
    }
    if (!options.flags?.local) {
      this.publish(message);
    }
  }

  override addAll(id: SocketId, rooms: Set<Room>): Promise<void> | void {
    if (rooms.has(id)) {
      this.#recovery?.onConnect(id); // the room of its own is joined when it is connected
    }
    return super.addAll(id, rooms);
  }

  override delAll(id: SocketId): void {
    this.#recovery?.onGone(id);
    super.delAll(id);
  }

  override persistSession(session: SessionToPersist): void {
    this.#recovery?.persist(session);
  }

  override restoreSession(
    pid: string,
    offset: string | undefined,
  ): Promise<RestoredSession | null> | RestoredSession | null {
    return this.#recovery?.restore(pid, offset) ?? null;
  }
}

function broadcastOf({ type, data, nsp }: Packet, options: BroadcastOptions): ClusterMessage {
  const packet = { type, data, nsp };
  return { type: MessageType.BROADCAST, data: { packet, opts: encodeOptions(options) } };
}

function localOf(options: BroadcastOptions): BroadcastOptions {
  return { ...options, flags: { ...options.flags, local: true } };
}

function isRecoverable({ type, id }: Packet, { flags }: BroadcastOptions): boolean {
  return type === PacketType.EVENT && id === undefined && flags?.volatile !== true;
}

function isVolatile(message: ClusterMessage): boolean {
  return message.type === MessageType.BROADCAST && message.data.opts.flags?.volatile === true;
}
