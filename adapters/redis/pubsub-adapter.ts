import { malformedMessage, SocketIOError } from "../../lib/errors.ts";
import { makeLog } from "../../lib/log.ts";
import type { AdapterNamespace, Room, SocketId } from "../adapter.ts";
import { ClusterAdapter } from "../cluster/cluster-adapter.ts";
import {
  type ClusterMessage,
  type ClusterResponse,
  type Link,
  MessageType,
  type ReplayRequest,
} from "../cluster/messages.ts";
import type { Survivors } from "../cluster/survivors.ts";
import { Membership } from "./membership.ts";
import type { ResolvedKeepOptions, SubscriptionMode } from "./options.ts";
import { type Dropped, type Outbox, type OutboxOwner, outboxOf } from "./outbox.ts";
import type { OutboxStats } from "./outbox.ts";
import type { ChannelMessage, Payload, RedisCommands, RedisSubscriptions } from "./port.ts";
import { type Loss, Replay, type ReplayPort, type ReplayStats } from "./replay.ts";
import { type SharedSubscriptions, sharedSubscriptionsOf } from "./shared-subscriptions.ts";
import { RoomChannels } from "./subscription-policy.ts";
import {
  type HeldRooms,
  isHeld,
  isLegacy,
  isResponse,
  type LegacyRequest,
  type LegacyResponse,
  type Wire,
  type WireMessage,
} from "./wire.ts";

const log = makeLog("socket.io-redis");

/** How long an adapter that is closed waits for what it has still to send. */
const CLOSE_FLUSH_MS = 1_000;
/** How long after a message for a room all nodes are told how far this one has come. */
const MARK_DELAY_MS = 1_000;
/** Connections of a cluster are lost one by one, and some of that is noticed late. */
const CLUSTER_SLACK_MS = 10_000;

const warned = new WeakSet<RedisCommands>();

/** The clients of an adapter. */
export interface PubSubClients {
  readonly commands: RedisCommands;
  readonly subscriptions: RedisSubscriptions;
}

/** What all adapters over pub/sub have in common. */
export interface PubSubSettings {
  readonly subscriptionMode: SubscriptionMode;
  readonly requestsTimeout: number;
  readonly outbox: ResolvedKeepOptions;
  readonly replay: ResolvedKeepOptions | false;
}

/** How much an adapter has sent, lost and recovered. */
export interface PubSubStats {
  /** What is sent over the client, by all its adapters. */
  readonly outbox: OutboxStats;
  /** Undefined if the option `replay` is false. */
  readonly replay: ReplayStats | undefined;
  /** How many messages of this adapter were dropped unsent. */
  readonly dropped: number;
}

/** Makes the wire of an adapter. */
export type WireMaker<W extends Wire> = (uid: string, nsp: string, rooms: HeldRooms) => W;

/**
 * An adapter over the pub/sub of Redis. The sockets of this node are served at once, whatever Redis
 * does; what is for others waits in an outbox while it is away, and what another node missed is sent
 * to it once more.
 *
 * Beside the events of {@link ClusterAdapter} it emits
 * - `dropped` ({@link Dropped}) when messages of this node were given up unsent, and
 * - `lost` ({@link Loss}) when messages of another node were missed for good, or may have been.
 */
export class PubSubAdapter<W extends Wire = Wire> extends ClusterAdapter implements OutboxOwner {
  protected readonly wire: W;
  readonly #clients: PubSubClients;
  readonly #outbox: Outbox;
  readonly #subscriptions: SharedSubscriptions;
  readonly #membership: Membership;
  readonly #roomChannels: RoomChannels | undefined;
  readonly #replay: Replay<ClusterMessage> | undefined;
  readonly #removers: (() => void)[] = [];
  /** The link of the message that is being encoded. */
  #link: Link | undefined;
  /** Rooms that are not held, of which messages were taken all the same. */
  readonly #awaited = new Set<Room>();
  #markTimer: ReturnType<typeof setTimeout> | undefined;
  #started: Promise<void> | undefined;
  #dropped = 0;
  #isClosed = false;

  /**
   * @param nsp the namespace
   * @param clients the client that sends, and the one that subscribes
   * @param settings checked options
   * @param makeWire makes what encodes and decodes
   */
  constructor(
    nsp: AdapterNamespace,
    clients: PubSubClients,
    settings: PubSubSettings,
    makeWire: WireMaker<W>,
  ) {
    super(nsp);
    this.hasOffsets = false;
    this.requestsTimeout = settings.requestsTimeout;
    this.#clients = clients;
    const held = { has: (room: Room) => this.rooms.has(room) || this.#isAwaited(room) };
    this.wire = makeWire(this.uid, nsp.name, held);
    this.#outbox = outboxOf(clients.commands, settings.outbox);
    this.#subscriptions = sharedSubscriptionsOf(clients.subscriptions);
    const { wire } = this;
    this.#membership = new Membership({
      redis: clients.commands,
      wire,
      timeoutMs: settings.requestsTimeout,
      localNodes: () => this.#countLocalNodes(),
    });
    if (settings.subscriptionMode !== "static") {
      this.#roomChannels = new RoomChannels(this.#subscriptions, {
        mode: settings.subscriptionMode,
        kind: wire.isSharded ? "shard" : "channel",
        channelOf: (room) => wire.roomChannel(room),
        listener: this.#onPayload,
      });
    }
    if (settings.replay !== false) {
      const slackMs = clients.commands.isCluster ? CLUSTER_SLACK_MS : 0;
      this.#replay = new Replay(this.uid, { ...settings.replay, slackMs }, this.#replayPort());
    }
  }

  /** How much was sent, lost and recovered since the start. */
  get stats(): PubSubStats {
    return {
      outbox: this.#outbox.stats,
      replay: this.#replay?.stats,
      dropped: this.#dropped,
    };
  }

  /**
   * Subscribes.
   *
   * @returns once Redis has confirmed it, also if that takes an outage. It does not reject.
   */
  override init(): Promise<void> {
    this.#started ??= this.#start();
    return this.#started;
  }

  async #start(): Promise<void> {
    const { commands, subscriptions } = this.#clients;
    this.#removers.push(
      subscriptions.onInterrupted(() => this.#onInterrupted()),
      subscriptions.onResubscribed(() => this.#onResubscribed()),
      subscriptions.onError(this.#onClientError),
      commands.onError(this.#onClientError),
    );
    await Promise.all(
      this.wire.subscriptions.map(({ kind, channel }) =>
        this.#subscriptions.subscribe(kind, channel, this.#onPayload),
      ),
    );
    if (!this.#isClosed) {
      this.#membership.onStarted();
      this.#replay?.start();
    }
  }

  #onInterrupted(): void {
    log("[%s] interrupted", this.uid);
    this.#membership.onInterrupted();
    this.#replay?.onInterrupted();
  }

  #onResubscribed(): void {
    log("[%s] subscribed again", this.uid);
    this.#membership.onResubscribed();
    this.#replay?.onResubscribed();
  }

  readonly #onClientError = (cause: Error): void => {
    // Where nobody listens, one warning for a client will do, however many adapters it has.
    if (this.listenerCount("error") === 0) {
      if (warned.has(this.#clients.commands)) {
        return;
      }
      warned.add(this.#clients.commands);
    }
    this.report(new SocketIOError("ERR_REDIS", `a Redis client says: ${cause.message}`, { cause }));
  };

  override async close(): Promise<void> {
    if (this.#isClosed) {
      return;
    }
    await super.close();
    this.#isClosed = true;
    clearTimeout(this.#markTimer);
    this.#replay?.close();
    this.#membership.close();
    for (const remove of this.#removers.splice(0)) {
      remove();
    }
    for (const { kind, channel } of this.wire.subscriptions) {
      this.#subscriptions.unsubscribe(kind, channel, this.#onPayload);
    }
    this.#roomChannels?.close();
    await this.#outbox.flush(CLOSE_FLUSH_MS);
  }

  override serverCount(): Promise<number> {
    return this.#membership.count();
  }

  protected override survivors(uids: readonly string[]): Promise<Survivors | null> {
    return this.#membership.survivors(uids);
  }

  #countLocalNodes(): number {
    const [own] = this.wire.subscriptions.filter(
      ({ channel }) => channel === this.wire.countChannel,
    );
    return own === undefined ? 1 : this.#subscriptions.countListeners(own.kind, own.channel);
  }

  // Rooms

  /** @returns where rooms are subscribed to one by one: once Redis has confirmed it; never rejects */
  override addAll(id: SocketId, rooms: Set<Room>): Promise<void> | void {
    let pending: Promise<void>[] | undefined;
    for (const room of rooms) {
      const confirmed = this.#onEnter(room);
      if (confirmed !== undefined) {
        pending ??= [];
        pending.push(confirmed);
      }
    }
    void super.addAll(id, rooms); // rooms in memory: there is nothing to wait for
    return pending && Promise.all(pending).then(() => {});
  }

  override del(id: SocketId, room: Room): Promise<void> | void {
    const wasHeld = this.rooms.has(room);
    void super.del(id, room);
    if (wasHeld) {
      this.#onLeft(room);
    }
  }

  override delAll(id: SocketId): void {
    const rooms = this.sids.get(id);
    super.delAll(id);
    for (const room of rooms ?? []) {
      this.#onLeft(room);
    }
  }

  #onEnter(room: Room): Promise<void> | undefined {
    if (this.#awaited.size > 0) {
      this.#forgetAwaited(room);
    }
    return this.#isClosed ? undefined : this.#roomChannels?.enter(room);
  }

  /**
   * Whether messages for a room that is not held are taken: while something may be missing that has
   * sockets join it, and is to be applied first.
   */
  #isAwaited(room: Room): boolean {
    const isRecovering = this.#replay?.isRecovering === true;
    if (isRecovering) {
      this.#awaited.add(room);
    } else if (this.#awaited.size > 0) {
      for (const each of this.#awaited) {
        this.#forgetAwaited(each);
      }
    }
    return isRecovering;
  }

  #forgetAwaited(room: Room): void {
    if (this.#awaited.delete(String(room)) && !isHeld(this.rooms, String(room))) {
      this.#replay?.forget(this.wire.roomChannel(room));
    }
  }

  #onLeft(room: Room): void {
    if (!isHeld(this.rooms, String(room))) {
      this.#roomChannels?.leave(room);
      this.#replay?.forget(this.wire.roomChannel(room));
    }
  }

  // Sending

  protected override publish(message: ClusterMessage): void {
    if (this.#isClosed) {
      return;
    }
    const isVolatile = message.type === MessageType.BROADCAST && message.data.opts.flags?.volatile;
    if (isVolatile && !this.#clients.commands.isReady) {
      return; // what may be lost is not sent late
    }
    const isKept = this.#replay !== undefined && !isVolatile && isOneWay(message);
    try {
      this.#send(message, isKept);
    } catch (error) {
      this.report(error); // it cannot be encoded
    }
  }

  #send(message: ClusterMessage, isKept: boolean): void {
    this.#link = undefined;
    const { channel, payload } = this.wire.encode(message, isKept ? this.#makeLink : undefined);
    const link: Link | undefined = this.#link;
    this.#outbox.publish(channel, payload, this.wire.isSharded, this);
    if (link !== undefined) {
      this.#replay?.sent(link, channel, payload);
      if (this.#roomChannels !== undefined && channel !== this.wire.countChannel) {
        this.#markTimer ??= setTimeout(this.#onMarkTimer, MARK_DELAY_MS).unref();
      }
    }
  }

  readonly #makeLink = (channel: string): Link => {
    const link = this.#replay?.next(channel) ?? [0, 0];
    this.#link = link;
    return link;
  };

  readonly #onMarkTimer = (): void => {
    this.#markTimer = undefined;
    if (!this.#isClosed && this.#replay?.isAhead(this.wire.countChannel)) {
      this.publish({ type: MessageType.REPLAY_MARK });
    }
  };

  protected override publishResponse(
    requesterUid: string | undefined,
    response: ClusterResponse,
  ): void {
    try {
      this.send(this.wire.encodeResponse(requesterUid, response));
    } catch (error) {
      this.report(error);
    }
  }

  /** Sends what is encoded, and is not replayed. */
  protected send({ channel, payload }: ChannelMessage): void {
    this.#outbox.publish(channel, payload, this.wire.isSharded, this);
  }

  protected override doPublish(message: ClusterMessage): Promise<string> {
    this.publish(message);
    return Promise.resolve("");
  }

  protected override doPublishResponse(
    requesterUid: string,
    response: ClusterResponse,
  ): Promise<void> {
    this.publishResponse(requesterUid, response);
    return Promise.resolve();
  }

  onDropped(dropped: Dropped): void {
    this.#dropped += dropped.messages;
    if (this.listenerCount("dropped") > 0) {
      this.emit("dropped", dropped);
      return;
    }
    const { messages, reason, error: cause } = dropped;
    const [code, why] =
      reason === "refused"
        ? (["ERR_REDIS", "Redis refused"] as const)
        : (["ERR_OUTBOX_FULL", "Redis was away for too long for"] as const);
    this.report(
      new SocketIOError(code, `${why} ${messages} message(s), which were dropped`, { cause }),
    );
  }

  // Receiving

  readonly #onPayload = (payload: Buffer, channel: string): void => {
    try {
      const message = this.wire.decode(channel, payload);
      if (message !== null) {
        this.#dispatch(message, channel, payload.length);
      }
    } catch (error) {
      this.report(error);
    }
  };

  #dispatch(message: WireMessage, channel: string, bytes: number): void {
    if (isLegacy(message)) {
      this.onLegacy(message);
    } else if (isResponse(message)) {
      this.#receiveResponse(message);
    } else if (
      this.#replay !== undefined &&
      message.link !== undefined &&
      message.uid !== undefined
    ) {
      this.#replay.accept(message.uid, message.link, channel, message, bytes);
    } else {
      this.#receive(message);
    }
  }

  #receive(message: ClusterMessage): void {
    if (message.type === MessageType.REPLAY_REQUEST) {
      this.#receiveReplay(message.uid, (uid, replay) => replay.onRequest(uid, message.data));
    } else if (message.type !== MessageType.REPLAY_MARK) {
      this.onMessage(message);
    }
  }

  #receiveResponse(response: ClusterResponse): void {
    if (response.type !== MessageType.REPLAY) {
      this.onResponse(response);
    } else {
      this.#receiveReplay(response.uid, (uid, replay) => replay.onAnswer(uid, response.data));
    }
  }

  #receiveReplay(
    uid: string | undefined,
    take: (uid: string, replay: Replay<ClusterMessage>) => boolean,
  ): void {
    if (this.#replay !== undefined && (uid === undefined || !take(uid, this.#replay))) {
      this.report(malformedMessage("it is about a replay, and makes no sense"));
    }
  }

  /** Called with what only nodes of the reference ask and answer. */
  protected onLegacy(_message: LegacyRequest | LegacyResponse): void {}

  #replayPort(): ReplayPort<ClusterMessage> {
    return {
      deliver: (message) => this.#receive(message),
      decode: (channel, payload) => this.#decodeReplayed(channel, payload),
      ask: (data: ReplayRequest) => this.publish({ type: MessageType.REPLAY_REQUEST, data }),
      answer: (uid, data) => this.publishResponse(uid, { type: MessageType.REPLAY, data }),
      onLoss: (loss) => this.#onLoss(loss),
      sendDelayMs: () => this.#outbox.longestDelayMs,
    };
  }

  #decodeReplayed(channel: string, payload: Payload): ClusterMessage | undefined {
    const bytes = typeof payload === "string" ? Buffer.from(payload) : viewOf(payload);
    try {
      const message = this.wire.decode(channel, bytes);
      return message === null || isLegacy(message) || isResponse(message) ? undefined : message;
    } catch (error) {
      this.report(error);
      return undefined;
    }
  }

  #onLoss(loss: Loss): void {
    log("[%s] messages of %s were lost (%s)", this.uid, loss.uid, loss.reason);
    this.emit("lost", loss);
  }
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

/** Whether a message is sent without waiting for an answer, and so is worth to be replayed. */
function isOneWay(message: ClusterMessage): boolean {
  switch (message.type) {
    case MessageType.BROADCAST:
    case MessageType.SERVER_SIDE_EMIT:
      return message.data.requestId === undefined;
    case MessageType.SOCKETS_JOIN:
    case MessageType.SOCKETS_LEAVE:
    case MessageType.DISCONNECT_SOCKETS:
    case MessageType.ROOMS:
    case MessageType.REPLAY_MARK:
      return true;
    default:
      return false;
  }
}
