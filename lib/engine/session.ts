import type { DeadlineClock } from "../deadline.ts";
import { limitExceeded } from "../errors.ts";
import type { Packet, RawData } from "./codec/codec.ts";
import type { FlushQueue } from "./flush-queue.ts";
import { Heartbeat, type HeartbeatPort, type SessionHeartbeat } from "./heartbeat.ts";
import type { LimitName } from "./limits.ts";
import type { ResolvedEngineOptions } from "./options.ts";
import { PingWatch, type PingWatchPort } from "./ping-watch.ts";
import type { EngineRequest } from "./request.ts";
import { SessionMover } from "./session-mover.ts";
import type { CloseReason, ReadyState, SessionHandler } from "./session-types.ts";
import { SILENT, type Transport, type TransportError } from "./transports/transport.ts";
import { makeLog } from "../log.ts";

const log = makeLog("engine:socket");

/** RFC 6455, section 7.4.1, and the registry of IANA: policy violation, and try again later. */
const CLOSE_CODES = { "limit exceeded": 1008, "slow consumer": 1013 };

/** The states of a session; when it is `draining` it is closing, as soon as what waits has been sent. */
type State = ReadyState | "draining";

/** What a session needs of its engine. */
export interface SessionPort {
  /** The time by which the heartbeat goes. */
  readonly clock: DeadlineClock;
  readonly opts: ResolvedEngineOptions;
  readonly flushQueue: FlushQueue;
  /** The address of the client that a request comes from; undefined on a unix socket. */
  addressOf(request: EngineRequest): string | undefined;
  /** Whether somebody listens to what the sessions send. */
  readonly isWatched: boolean;
  /** The transports that a session on the given one may move to. */
  upgrades(transport: Transport["name"]): string[];
  onSessionFlush(session: Session, packets: Packet[]): void;
  onSessionDrain(session: Session): void;
  onSessionClose(session: Session): void;
  /** A client went beyond a limit. */
  onLimit(limit: LimitName, where: { session: Session; namespace: string | undefined }): void;
}

/**
 * One client's session of Engine.IO, over one transport at a time. The reference calls it `Socket`.
 *
 * Its events (see `SessionEvents`) cost nothing while nobody listens.
 */
export class Session extends SessionMover implements HeartbeatPort, PingWatchPort {
  /** The session id; it is a secret between server and client. */
  readonly id: string;
  /** The request that opened the session. To save its memory, it may be set to null. */
  request: EngineRequest;
  /**
   * The client's address, beyond the proxies of the option `trustProxy`. It is undefined on a unix socket, which the type, as the reference's, does
   * not say.
   */
  readonly remoteAddress: string;
  /** Who gets the messages; null while the session's events are all there is. */
  handler: SessionHandler | null = null;
  readonly server: SessionPort;

  #state: State = "opening";
  readonly #heartbeat: SessionHeartbeat;

  constructor(id: string, server: SessionPort, request: EngineRequest, transport: Transport) {
    super(transport);
    this.id = id;
    this.server = server;
    this.request = request;
    this.remoteAddress = server.addressOf(request) as string;
    this.#heartbeat =
      this.protocol === 3 ? new PingWatch(this, server.opts) : new Heartbeat(this, server.opts);
    transport.sink = this;
  }

  /** `opening`, `open`, `closing` or `closed`. */
  get readyState(): ReadyState {
    return this.#state === "draining" ? "closing" : this.#state;
  }

  /** That of its engine. @internal */
  get clock(): DeadlineClock {
    return this.server.clock;
  }

  /** Whether the client owes an answer to a ping. @internal */
  get awaitsPong(): boolean {
    return this.#heartbeat.awaitsPong;
  }

  /** Greets the client. Called once, by the engine, when the session is registered. */
  open(): void {
    const { opts } = this.server;
    this.#become("open");
    this.holdFlush();
    this.push(
      "open",
      JSON.stringify({
        sid: this.id,
        upgrades: this.server.upgrades(this.transport.name),
        pingInterval: opts.pingInterval,
        pingTimeout: opts.pingTimeout,
        maxPayload: opts.maxHttpBufferSize,
      }),
    );
    if (opts.initialPacket) {
      this.send(opts.initialPacket);
    }
    this.#heartbeat.start(); // before flushing, which may fail and end the session
    this.flush();
    this.tell("open");
  }

  /** Hands the waiting packets to the transport, as far as it takes them. */
  override flush(): void {
    super.flush();
    if (this.#state === "draining" && !this.hasWaiting) {
      this.#state = "closing";
      this.#closeTransport();
    }
    if (this.hasWaiting && this.#isTooSlow()) {
      this.exceed("queuedBytes");
    }
  }

  #isTooSlow(): boolean {
    const { queuedBytes } = this.server.opts.limits;
    return (
      queuedBytes !== Number.POSITIVE_INFINITY &&
      this.waitingBytes + (this.transport.bufferedBytes ?? 0) > queuedBytes
    );
  }

  onLimit(limit: LimitName): void {
    this.exceed(limit);
  }

  /**
   * Ends the session at once, as its client went beyond a limit: with the reason `slow consumer` for
   * what waits for it, else `limit exceeded`. The operator is told.
   *
   * @param limit which limit
   * @param namespace the namespace concerned
   */
  exceed(limit: LimitName, namespace?: string): void {
    if (this.#state === "closed") {
      return;
    }
    const reason = limit === "queuedBytes" ? "slow consumer" : "limit exceeded";
    this.server.onLimit(limit, { session: this, namespace });
    this.transport.sink = SILENT;
    this.transport.close(undefined, { code: CLOSE_CODES[reason], reason });
    this.#onClose(reason, limitExceeded(limit, `the client went beyond the limit ${limit}`));
  }

  onFlush(packets: Packet[]): void {
    this.tell("flush", packets);
    this.server.onSessionFlush(this, packets);
  }

  onDrain(): void {
    this.tell("drain");
    this.server.onSessionDrain(this);
  }

  #become(state: ReadyState): void {
    log("readyState updated from %s to %s (%s)", this.readyState, state, this.id);
    this.#state = state;
  }

  onMessage(data: RawData | undefined): void {
    if (this.#state !== "open") {
      log("packet received with closed socket");
      return;
    }
    if (log.enabled) {
      log("received packet message");
    }
    if (this.listenerCount("packet") > 0) {
      const packet: Packet = { type: "message" };
      if (data !== undefined) {
        packet.data = data;
      }
      this.tell("packet", packet);
    }
    this.#heartbeat.onActivity();
    const { flushQueue } = this.server;
    flushQueue.enter(this);
    try {
      this.tell("data", data);
      this.tell("message", data);
      this.handler?.onMessage(data);
    } finally {
      flushQueue.leave();
    }
  }

  onRequestEnd(): void {
    // A client that sends before it polls may do the latter in this turn: until then nothing is late.
    this.server.flushQueue.endRequest(this, this.transport.writable);
  }

  onPacket(packet: Packet): void {
    if (this.#state !== "open") {
      log("packet received with closed socket");
      return;
    }
    if (packet.type === "message") {
      this.onMessage(packet.data);
      return;
    }
    log("received packet %s", packet.type);
    if (this.listenerCount("packet") > 0) {
      this.tell("packet", packet);
    }
    switch (packet.type) {
      case "ping":
      case "pong":
        if (this.#heartbeat.onBeat(packet.type, packet.data)) {
          this.tell("heartbeat");
        } else {
          this.#onClose("transport error", new Error("invalid heartbeat direction"));
        }
        break;
      case "close":
        this.onClose();
        break;
      case "error":
        this.#onClose("parse error");
        break;
      default:
        this.#heartbeat.onActivity();
    }
  }

  onError(error: TransportError): void {
    log("transport error: %s", error.message);
    this.#onClose("transport error", error);
  }

  onClose(): void {
    this.#onClose("transport close");
  }

  onPingTimeout(): void {
    this.#onClose("ping timeout");
  }

  protected override onMoved(): void {
    this.flush();
    if (this.#state === "closing") {
      this.#closeTransport();
    }
  }

  /**
   * Ends the session with the reason `forced close`, after the packets that wait have been sent.
   *
   * @param discard does not wait for a further poll of the client; a second time, for nothing at
   * all. Default: false.
   */
  close(discard = false): this {
    if (this.#state === "open") {
      this.flush();
      this.#closeInOrder(discard);
    } else if (this.readyState === "closing" && discard) {
      this.#closeNow();
    }
    return this;
  }

  #closeInOrder(discard: boolean): void {
    // Flushing runs user callbacks, after which the session may be closed.
    if (this.readyState !== "open") {
      return;
    }
    this.#become("closing");
    // A connection that is congested takes the rest when it can; a poll may never come.
    const waits = !discard || this.transport.name !== "polling" || this.waitsForMove();
    if (waits && this.hasWaiting) {
      log("%d packets are left to be sent before it closes", this.writeBuffer.length);
      this.#state = "draining";
    } else if (waits) {
      this.#closeTransport();
    } else {
      this.#closeNow();
    }
  }

  #closeNow(): void {
    this.#state = "closing";
    this.transport.discard();
    this.#closeTransport();
  }

  #closeTransport(): void {
    log("closing the transport (%s)", this.transport.name);
    this.transport.close(() => this.#onClose("forced close"));
  }

  /** The one door out: every ending, whatever its cause, comes through here once. */
  #onClose(reason: CloseReason, description?: unknown): void {
    if (this.#state === "closed") {
      return;
    }
    this.#become("closed");
    log("closed: %s", reason);
    this.#heartbeat.stop();
    this.abortMove();
    this.transport.sink = SILENT;
    this.transport.close();
    this.server.onSessionClose(this);
    this.handler?.onClose(reason, description);
    this.tell("close", reason, description);
    this.dropWaiting(); // last: listeners may look at what was not sent
  }
}
