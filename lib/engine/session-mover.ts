import type { Packet, RawData } from "./codec/codec.ts";
import { SessionSender } from "./session-sender.ts";
import {
  SILENT,
  type Transport,
  type TransportError,
  type TransportSink,
} from "./transports/transport.ts";
import { UpgradeAttempt, type UpgradePort } from "./upgrade.ts";
import { makeLog } from "../log.ts";

const log = makeLog("engine:socket");

/** A session on its transport, and its client's move to another one. */
export abstract class SessionMover extends SessionSender implements TransportSink, UpgradePort {
  abstract override readonly server: SessionSender["server"] & {
    readonly opts: { readonly upgradeTimeout: number };
  };
  /** Whether the session has moved to another transport. */
  upgraded = false;
  #transport: Transport;
  #upgrade: UpgradeAttempt | null = null;

  constructor(transport: Transport) {
    super();
    this.#transport = transport;
  }

  /** The revision of the Engine.IO protocol that the client speaks. */
  get protocol(): number {
    return this.#transport.codec.protocol;
  }

  /** The transport in use. */
  get transport(): Transport {
    return this.#transport;
  }

  /** Whether a client is trying out another transport. */
  get upgrading(): boolean {
    return this.#upgrade !== null;
  }

  abstract onMessage(data: RawData | undefined): void;
  abstract onPacket(packet: Packet): void;
  abstract onError(error: TransportError): void;
  abstract onClose(): void;
  abstract close(discard?: boolean): this;

  /** Called when the session is on another transport, before the one it was on is closed. */
  protected abstract onMoved(): void;

  onWritable(): void {
    this.flush();
    this.#upgrade?.onCurrentWritable();
  }

  /**
   * A client has opened another transport for this session.
   *
   * @param transport the candidate, which is closed if the session is on its way to one already
   */
  tryUpgrade(transport: Transport): void {
    if (this.readyState === "closed" || this.#upgrade !== null || this.upgraded) {
      log(
        "transport %s",
        this.upgraded
          ? "had already been upgraded"
          : "has already been trying to upgrade, or is closed",
      );
      transport.close();
      return;
    }
    const { name } = this.#transport;
    log('might upgrade socket transport from "%s" to "%s"', name, transport.name);
    this.#upgrade = new UpgradeAttempt(this, transport, this.server.opts.upgradeTimeout);
  }

  onUpgrading(candidate: Transport): void {
    this.tell("upgrading", candidate);
  }

  onUpgradeEnd(): void {
    this.#upgrade = null;
  }

  onUpgraded(candidate: Transport): void {
    const previous = this.#transport;
    previous.sink = SILENT;
    this.upgraded = true;
    this.#transport = candidate;
    candidate.sink = this;
    this.tell("upgrade", candidate);
    this.onMoved();
    // Last: where it waits to say goodbye, closing it ends a session that has not ended yet.
    previous.discard();
    previous.close();
  }

  // The stock client that loses the candidate between its probe and the move holds no poll, makes no
  // further one, and finds out at its own ping timeout: it is closed when it has moved.
  protected waitsForMove(): boolean {
    if (this.#upgrade?.isMoving !== true) {
      return false;
    }
    this.#upgrade.whenFailed = () => this.close(true);
    return true;
  }

  /** The session has ended. */
  protected abortMove(): void {
    this.#upgrade?.abort();
  }
}
