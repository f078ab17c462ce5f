import { malformedMessage } from "../../lib/errors.ts";
import { makeLog } from "../../lib/log.ts";
import type { AdapterNamespace } from "../adapter.ts";
import { ClusterAdapter } from "../cluster/cluster-adapter.ts";
import {
  type ClusterMessage,
  type ClusterResponse,
  type Link,
  MessageType,
} from "../cluster/messages.ts";
import { isUid } from "../cluster/validation.ts";
import { AwaitedRooms } from "./awaited-rooms.ts";
import { readBundle } from "./bundle.ts";
import { toBuffer } from "./bytes.ts";
import { MessageBundler } from "./message-bundler.ts";
import type { ResolvedKeepOptions, SubscriptionMode } from "./options.ts";
import type { Dropped, Outbox, OutboxOwner } from "./outbox.ts";
import { toDropError } from "./outbox-drops.ts";
import { outboxOf } from "./outbox-shared.ts";
import type { OutboxStats } from "./outbox-stats.ts";
import type { ChannelMessage, Payload, RedisCommands, RedisSubscriptions } from "./port.ts";
import { type Loss, Replay, type ReplayStats } from "./replay.ts";
import {
  type HeldRooms,
  isLegacy,
  isResponse,
  type LegacyRequest,
  type LegacyResponse,
  type Wire,
  type WireMessage,
} from "./wire.ts";

const log = makeLog("socket.io-redis");

/** How long after a message for a room all nodes are told how far this one has come. */
const MARK_DELAY_MS = 1_000;
/** Connections of a cluster are lost one by one, and some of that is noticed late. */
const CLUSTER_SLACK_MS = 10_000;

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
 * How an adapter over pub/sub sends and takes messages: through the wire, the outbox and the replay.
 * What it subscribes to is up to {@link PubSubAdapter}.
 */
export abstract class PubSubTransport<W extends Wire>
  extends ClusterAdapter
  implements OutboxOwner
{
  protected readonly wire: W;
  /** Undefined where messages are not replayed. */
  protected readonly replay: Replay<ClusterMessage> | undefined;
  protected readonly outbox: Outbox;
  protected readonly awaitedRooms: AwaitedRooms;
  protected isClosed = false;
  readonly #commands: RedisCommands;
  readonly #hasRoomChannels: boolean;
  /** Undefined in a cluster: there, no node of Redis knows who listens on the others. */
  readonly #bundler: MessageBundler | undefined;
  /** The link of the message that is being encoded. */
  #link: Link | undefined;
  #markTimer: ReturnType<typeof setTimeout> | undefined;
  #dropped = 0;

  protected constructor(
    nsp: AdapterNamespace,
    { commands }: PubSubClients,
    settings: PubSubSettings,
    makeWire: WireMaker<W>,
  ) {
    super(nsp);
    this.hasOffsets = false;
    this.requestsTimeout = settings.requestsTimeout;
    this.#commands = commands;
    this.#hasRoomChannels = settings.subscriptionMode !== "static";
    this.awaitedRooms = new AwaitedRooms({
      rooms: this.rooms,
      isRecovering: () => this.replay?.isRecovering === true,
      forget: (room) => this.replay?.forget(this.wire.roomChannel(room)),
    });
    this.wire = makeWire(this.uid, nsp.name, this.awaitedRooms);
    this.outbox = outboxOf(commands, settings.outbox);
    const { isSharded, countChannel, bundleChannel } = this.wire;
    this.#bundler = commands.isCluster
      ? undefined
      : new MessageBundler({ uid: this.uid, isSharded, countChannel, bundleChannel });
    this.replay = settings.replay === false ? undefined : this.#makeReplay(settings.replay);
  }

  #makeReplay(options: ResolvedKeepOptions): Replay<ClusterMessage> {
    const slackMs = this.#commands.isCluster ? CLUSTER_SLACK_MS : 0;
    return new Replay<ClusterMessage>(
      this.uid,
      { ...options, slackMs },
      {
        deliver: (message) => this.#receive(message),
        decode: (channel, payload) => this.#decodeReplayed(channel, payload),
        ask: (data) => this.publish({ type: MessageType.REPLAY_REQUEST, data }),
        answer: (uid, data) => this.publishResponse(uid, { type: MessageType.REPLAY, data }),
        onLoss: (loss) => this.#onLoss(loss),
        onForged: (uid) =>
          this.report(malformedMessage(`it has the name of ${uid}, which has not sent it`)),
        isCongested: () => this.isCongested,
        sendDelayMs: () => this.outbox.longestDelayMs,
      },
    );
  }

  /** How much was sent, lost and recovered since the start. */
  get stats(): PubSubStats {
    return {
      outbox: this.outbox.stats,
      replay: this.replay?.stats,
      dropped: this.#dropped,
    };
  }

  protected override get isCongested(): boolean {
    return this.outbox.isCongested;
  }

  override async close(): Promise<void> {
    if (this.#commands.isReady) {
      this.publish({ type: MessageType.ADAPTER_CLOSE });
    }
    await super.close();
    this.isClosed = true;
    clearTimeout(this.#markTimer);
    this.replay?.close();
  }

  // Sending

  protected override publish(message: ClusterMessage): void {
    if (this.isClosed) {
      return;
    }
    const isVolatile = message.type === MessageType.BROADCAST && message.data.opts.flags?.volatile;
    if (isVolatile && !this.#commands.isReady) {
      return; // what may be lost is not sent late
    }
    try {
      this.#send(message, this.replay !== undefined && !isVolatile && isOneWay(message));
    } catch (error) {
      this.report(error); // it cannot be encoded
    }
  }

  #send(message: ClusterMessage, isKept: boolean): void {
    this.#link = undefined;
    const { channel, payload } = this.wire.encode(message, isKept ? this.#makeLink : undefined);
    // A toJSON() may have sent something meanwhile, and that had a link.
    const link: Link | undefined = isKept ? this.#link : undefined;
    const canBundle =
      this.#bundler?.takes(channel, payload) && isOneWay(message) && this.wire.isForAll(channel);
    const bundler = canBundle ? this.#bundler : undefined;
    this.outbox.publish(channel, payload, this.wire.isSharded, this, bundler);
    if (link !== undefined) {
      this.replay?.sent(link, channel, payload);
      if (this.#hasRoomChannels && channel !== this.wire.countChannel) {
        this.#markTimer ??= setTimeout(this.#onMarkTimer, MARK_DELAY_MS).unref();
      }
    }
  }

  readonly #makeLink = (channel: string): Link => {
    const link = this.replay?.next(channel) ?? [0, 0];
    this.#link = link;
    return link;
  };

  readonly #onMarkTimer = (): void => {
    this.#markTimer = undefined;
    if (this.replay?.isAhead(this.wire.countChannel)) {
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
    if (!this.isClosed) {
      this.outbox.publish(channel, payload, this.wire.isSharded, this);
    }
  }

  protected override doPublish(message: ClusterMessage): Promise<string> {
    this.publish(message);
    return Promise.resolve("");
  }

  protected override doPublishResponse(uid: string, response: ClusterResponse): Promise<void> {
    this.publishResponse(uid, response);
    return Promise.resolve();
  }

  /** @internal */
  onDropped(dropped: Dropped): void {
    this.#dropped += dropped.messages;
    const isTold = this.emitSafely("dropped", dropped);
    if (!isTold || dropped.reason === "refused") {
      this.report(toDropError(dropped)); // a refusal is something to mend, too
    }
  }

  // Receiving

  /** Takes what came on a channel. */
  protected readonly onPayload = (payload: Buffer | string, channel: string): void => {
    try {
      const message = this.wire.decode(channel, payload);
      if (message !== null) {
        this.#dispatch(message, channel, payload.length);
      }
    } catch (error) {
      this.report(error);
    }
  };

  /** Takes a bundle. */
  protected readonly onBundle = (bundle: Buffer): void => {
    try {
      readBundle(bundle, this.uid, this.onPayload);
    } catch (error) {
      this.report(error);
    }
  };

  #dispatch(message: WireMessage, channel: string, bytes: number): void {
    if (message.uid !== undefined && !isUid(message.uid)) {
      throw malformedMessage("with a uid that is no name");
    }
    if (isLegacy(message)) {
      this.onLegacy(message);
    } else if (isResponse(message)) {
      this.#receiveResponse(message);
    } else if (this.replay !== undefined && message.link && message.uid !== undefined) {
      this.replay.accept(message.uid, message.link, channel, message, bytes);
    } else {
      this.#receive(message);
    }
  }

  protected override onNodeGone(uid: string): void {
    super.onNodeGone(uid);
    this.replay?.onGone(uid);
  }

  #receive(message: ClusterMessage): void {
    if (message.type === MessageType.REPLAY_REQUEST) {
      this.#receiveReplay(message.uid, (uid, replay) => replay.onRequest(uid, message.data));
    } else if (message.type !== MessageType.REPLAY_MARK) {
      this.onMessage(message);
    }
  }

  #receiveResponse(response: ClusterResponse): void {
    if (response.type === MessageType.REPLAY) {
      this.#receiveReplay(response.uid, (uid, replay) => replay.onAnswer(uid, response.data));
    } else {
      this.onResponse(response);
    }
  }

  #receiveReplay(
    uid: string | undefined,
    take: (uid: string, replay: Replay<ClusterMessage>) => boolean,
  ): void {
    if (this.replay !== undefined && (uid === undefined || !take(uid, this.replay))) {
      this.report(malformedMessage("it is about a replay, and makes no sense"));
    }
  }

  /** Called with what only nodes of the reference ask and answer. */
  protected onLegacy(_message: LegacyRequest | LegacyResponse): void {}

  #decodeReplayed(channel: string, payload: Payload): ClusterMessage | undefined {
    const bytes = typeof payload === "string" ? Buffer.from(payload) : toBuffer(payload);
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
    this.emitSafely("lost", loss);
  }
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
