import { SocketIOError, warn } from "../../lib/errors.ts";
import { makeLog } from "../../lib/log.ts";
import type { AdapterNamespace, Room, SocketId } from "../adapter.ts";
import type { Survivors } from "../cluster/survivors.ts";
import { Membership } from "./membership.ts";
import type { ChannelListener, RedisCommands } from "./port.ts";
import {
  type PubSubClients,
  type PubSubSettings,
  PubSubTransport,
  type WireMaker,
} from "./pubsub-transport.ts";
import { type SharedSubscriptions, sharedSubscriptionsOf } from "./shared-subscriptions.ts";
import { RoomChannels } from "./subscription-policy.ts";
import { WhileConnected } from "./while-connected.ts";
import { isHeld, type Wire } from "./wire.ts";

const log = makeLog("socket.io-redis");

/** How long an adapter that is closed waits for what it has still to send. */
const CLOSE_FLUSH_MS = 1_000;

/** The clients of which a process warning has told that something is wrong. */
const warned = new WeakSet<RedisCommands>();

/**
 * An adapter over the pub/sub of Redis. The sockets of this node are served at once, whatever Redis
 * does; what is for others waits in an outbox while it is away, and what another node missed is sent
 * to it once more.
 *
 * Beside `error` (see `ClusterAdapter`) it emits
 * - `dropped` (`Dropped`) when messages of this node were given up unsent; where nobody listens, that
 *   is an `error`;
 * - `lost` (`Loss`) when messages of another node were missed for good, or may have been.
 */
export class PubSubAdapter<W extends Wire = Wire> extends PubSubTransport<W> {
  readonly #clients: PubSubClients;
  readonly #subscriptions: SharedSubscriptions;
  readonly #membership: Membership;
  readonly #roomChannels: RoomChannels | undefined;
  readonly #joining = new WhileConnected();
  readonly #removers: (() => void)[] = [];
  #started: Promise<void> | undefined;
  #closed: Promise<void> | undefined;

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
    super(nsp, clients, settings, makeWire);
    if (nsp.server.opts.connectionStateRecovery !== undefined) {
      warnOfRecovery(nsp.server);
    }
    this.#clients = clients;
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
        others: new Set(wire.subscriptions.map(({ channel }) => channel)),
        listener: this.onPayload,
      });
    }
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
      this.wire.subscriptions.map(({ kind, channel, isOptional }) =>
        this.#subscriptions.subscribe(kind, channel, this.#listenerOf(channel), isOptional),
      ),
    );
    if (!this.isClosed) {
      this.#membership.onStarted();
      this.replay?.start();
      this.refreshRooms(); // answers to what was asked before were not heard
    }
  }

  #listenerOf(channel: string): ChannelListener {
    return channel === this.wire.bundleChannel ? this.onBundle : this.onPayload;
  }

  #onInterrupted(): void {
    log("[%s] interrupted", this.uid);
    this.#joining.onInterrupted();
    this.#membership.onInterrupted();
    this.replay?.onInterrupted();
  }

  #onResubscribed(): void {
    log("[%s] subscribed again", this.uid);
    this.#joining.onResubscribed();
    this.#membership.onResubscribed();
    this.replay?.onResubscribed();
    this.refreshRooms(); // answers to one node are not replayed
  }

  readonly #onClientError = (cause: Error): void => {
    const { commands } = this.#clients;
    if (this.listenerCount("error") === 0) {
      if (warned.has(commands)) {
        return; // one warning for a client will do, however many adapters it has
      }
      warned.add(commands);
    }
    this.report(new SocketIOError("ERR_REDIS", `a Redis client says: ${cause.message}`, { cause }));
  };

  /**
   * Unsubscribes, ends what waits for answers, and waits a second at most for what is still to be
   * sent. The clients stay as they are.
   */
  override close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    await super.close();
    this.#membership.close();
    for (const remove of this.#removers.splice(0)) {
      remove();
    }
    for (const { kind, channel } of this.wire.subscriptions) {
      this.#subscriptions.unsubscribe(kind, channel, this.#listenerOf(channel));
    }
    this.#roomChannels?.close();
    await this.outbox.flush(CLOSE_FLUSH_MS);
  }

  /** @throws SocketIOError with `ERR_REDIS` where they cannot be counted, after `requestsTimeout` */
  override serverCount(): Promise<number> {
    return this.#membership.count();
  }

  protected override survivors(uids: readonly string[]): Promise<Survivors | null> {
    return this.#membership.survivors(uids);
  }

  #countLocalNodes(): number {
    const { countChannel, subscriptions } = this.wire;
    const counted = subscriptions.find(({ channel }) => channel === countChannel);
    return counted === undefined
      ? 1
      : this.#subscriptions.countListeners(counted.kind, counted.channel);
  }

  /**
   * @returns where rooms are subscribed to one by one: once Redis has confirmed it. It does not wait
   * for an outage to end, as what is sent meanwhile is replayed; and it does not reject.
   */
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
    return pending && this.#joining.wait(Promise.all(pending));
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
    this.awaitedRooms.onEnter(room);
    return this.isClosed ? undefined : this.#roomChannels?.enter(room);
  }

  #onLeft(room: Room): void {
    if (!isHeld(this.rooms, String(room))) {
      this.#roomChannels?.leave(room);
      this.replay?.forget(this.wire.roomChannel(room));
    }
  }
}

const warnedOfRecovery = new WeakSet<object>();

function warnOfRecovery(server: object): void {
  if (!warnedOfRecovery.has(server)) {
    warnedOfRecovery.add(server); // once is enough, however many namespaces there are
    warn(
      "connectionStateRecovery has no effect with this adapter: it keeps no sessions. " +
        "Use createStreamsAdapter() of bun-socket.io/redis",
    );
  }
}
