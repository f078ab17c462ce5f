import type { Packet } from "./codec/codec.ts";
import type { Transport, TransportError, TransportSink } from "./transports/transport.ts";
import { makeLog } from "../log.ts";

const log = makeLog("engine:socket");

const PROBE = "probe";
const FIRST_NOOP_DELAY_MS = 10;
const LONGEST_NOOP_DELAY_MS = 100;

/** What an upgrade needs of its session. */
export interface UpgradePort {
  /** The transport in use. */
  readonly transport: Transport;
  /** The client has probed the candidate. */
  onUpgrading(candidate: Transport): void;
  /** The client has moved: the candidate is the session's transport now. */
  onUpgraded(candidate: Transport): void;
  /** The attempt is over, one way or the other. */
  onUpgradeEnd(): void;
}

/**
 * A client's attempt to move a session to another transport: it probes the candidate, pauses the
 * transport in use, then says `upgrade` on the candidate.
 *
 * A poll that is parked meanwhile is answered with a noop, or the client would wait for it before
 * it moves. The first at once; a further one, which comes of a client that got the noop before the
 * probe's answer, after a delay that grows, or the two would play ping-pong on a slow connection.
 *
 * Source: Engine.IO protocol, "Upgrade".
 */
export class UpgradeAttempt implements TransportSink {
  /** Called where the client does not move after all. */
  whenFailed: (() => void) | null = null;
  readonly #session: UpgradePort;
  readonly #candidate: Transport;
  readonly #timeout: ReturnType<typeof setTimeout>;
  #noopTimer: ReturnType<typeof setTimeout> | undefined;
  #noopDelayMs = 0;
  #probed = false;
  #over = false;

  /**
   * @param session the session
   * @param candidate the transport it may move to
   * @param timeoutMs how long the attempt may take
   */
  constructor(session: UpgradePort, candidate: Transport, timeoutMs: number) {
    this.#session = session;
    this.#candidate = candidate;
    this.#timeout = setTimeout(() => this.#giveUp("it took too long"), timeoutMs);
    candidate.sink = this;
  }

  onPacket(packet: Packet): void {
    if (this.#over) {
      return;
    }
    if (packet.type === "ping" && packet.data === PROBE) {
      log("got probe ping packet, sending pong");
      this.#candidate.send([{ type: "pong", data: PROBE }]);
      if (this.#over) {
        return; // it could not be sent
      }
      this.#probed = true;
      this.#session.onUpgrading(this.#candidate);
      this.onCurrentWritable();
    } else if (packet.type === "upgrade") {
      log("got upgrade packet - upgrading");
      this.#end();
      this.#session.onUpgraded(this.#candidate);
    } else {
      this.#giveUp("invalid packet");
    }
  }

  /** Whether the client is about to move: it has its answer to the probe, and holds no poll. */
  get isMoving(): boolean {
    return this.#probed && !this.#session.transport.writable;
  }

  onMessage(): void {
    this.#giveUp("invalid packet");
  }

  onWritable(): void {
    // Nothing waits for the candidate yet.
  }

  onError(error: TransportError): void {
    this.#giveUp(error.message);
  }

  onClose(): void {
    this.#giveUp("transport closed");
  }

  /** The transport in use can take packets: a poll is parked, and holds the client up. */
  onCurrentWritable(): void {
    const { transport } = this.#session;
    if (!this.#probed || this.#over || transport.name !== "polling" || !transport.writable) {
      return;
    }
    if (this.#noopDelayMs === 0) {
      this.#noopDelayMs = FIRST_NOOP_DELAY_MS;
      log("writing a noop packet to polling for fast upgrade");
      transport.send([{ type: "noop" }]);
      return;
    }
    clearTimeout(this.#noopTimer);
    this.#noopTimer = setTimeout(() => {
      if (transport.writable) {
        transport.send([{ type: "noop" }]);
      }
    }, this.#noopDelayMs);
    this.#noopDelayMs = Math.min(this.#noopDelayMs * 2, LONGEST_NOOP_DELAY_MS);
  }

  /** The session has ended. */
  abort(): void {
    this.#giveUp("socket closed");
  }

  #giveUp(why: string): void {
    if (this.#over) {
      return;
    }
    log("client did not complete upgrade - %s", why);
    this.#end();
    this.#candidate.close();
    this.whenFailed?.();
  }

  #end(): void {
    this.#over = true;
    clearTimeout(this.#timeout);
    clearTimeout(this.#noopTimer);
    this.#session.onUpgradeEnd();
  }
}
