import { Deadline, type DeadlineClock } from "../deadline.ts";
import type { RawData } from "./codec/codec.ts";
import type { HeartbeatTimes, SessionHeartbeat } from "./heartbeat.ts";
import { makeLog } from "../log.ts";

const log = makeLog("engine:socket");

/** What the watch needs of its session. */
export interface PingWatchPort {
  /** The time by which pings are due. */
  readonly clock: DeadlineClock;
  sendPong(data: RawData | undefined): void;
  onPingTimeout(): void;
}

/**
 * The server's half of the heartbeat of revision 3, where it is the client that sends a ping every
 * `pingInterval`: each gets its pong, with what it carried, and none for `pingTimeout` longer than
 * that ends the session.
 * Source: Engine.IO protocol revision 3, "Timeouts".
 */
export class PingWatch extends Deadline implements SessionHeartbeat {
  readonly #port: PingWatchPort;
  readonly #times: HeartbeatTimes;

  constructor(port: PingWatchPort, times: HeartbeatTimes) {
    super();
    this.#port = port;
    this.#times = times;
  }

  protected override get clock(): DeadlineClock {
    return this.#port.clock;
  }

  get awaitsPong(): boolean {
    return false; // it sends no pings
  }

  start(): void {
    const { pingInterval, pingTimeout } = this.#times;
    this.wait(pingInterval + pingTimeout);
  }

  onBeat(type: "ping" | "pong", data?: RawData): boolean {
    if (type === "pong") {
      return false;
    }
    log("got ping");
    this.start();
    this.#port.sendPong(data);
    return true;
  }

  onActivity(): void {
    // Whatever else a client of this revision sends, it goes on sending pings.
  }

  stop(): void {
    this.cancel();
  }

  protected override onDue(): void {
    this.#port.onPingTimeout();
  }
}
