import type { Packet } from "./codec/codec.ts";
import type { Transport, TransportSink } from "./transports/transport.ts";

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
    this.#timeout = setTimeout(() => this.#giveUp(), timeoutMs);
    candidate.sink = this;
  }

  onPacket(packet: Packet): void {
    if (this.#over) {
      return;
    }
    if (packet.type === "ping" && packet.data === PROBE) {
      this.#candidate.send([{ type: "pong", data: PROBE }]);
      if (this.#over) {
        return; // it could not be sent
      }
      this.#probed = true;
      this.#session.onUpgrading(this.#candidate);
      this.onCurrentWritable();
    } else if (packet.type === "upgrade") {
      this.#end();
      this.#session.onUpgraded(this.#candidate);
    } else {
      this.#giveUp();
    }
  }

  onMessage(): void {
    this.#giveUp();
  }

  onWritable(): void {
    // Nothing waits for the candidate yet.
  }

  onError(): void {
    this.#giveUp();
  }

  onClose(): void {
    this.#giveUp();
  }

  /** The transport in use can take packets: a poll is parked, and holds the client up. */
  onCurrentWritable(): void {
    const { transport } = this.#session;
    if (!this.#probed || this.#over || transport.name !== "polling" || !transport.writable) {
      return;
    }
    if (this.#noopDelayMs === 0) {
      this.#noopDelayMs = FIRST_NOOP_DELAY_MS;
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
    this.#giveUp();
  }

  #giveUp(): void {
    if (this.#over) {
      return;
    }
    this.#end();
    this.#candidate.close();
  }

  #end(): void {
    this.#over = true;
    clearTimeout(this.#timeout);
    clearTimeout(this.#noopTimer);
    this.#session.onUpgradeEnd();
  }
}
