import { Deadline, type DeadlineClock } from "../deadline.ts";
import type { RawData } from "./codec/codec.ts";
import { makeLog } from "../log.ts";

const log = makeLog("engine:socket");

/** What a heartbeat needs of its session. */
export interface HeartbeatPort {
  /** The time by which pings and their answers are due. */
  readonly clock: DeadlineClock;
  sendPing(): void;
  onPingTimeout(): void;
}

/** The times of a heartbeat, in ms. */
export interface HeartbeatTimes {
  readonly pingInterval: number;
  readonly pingTimeout: number;
}

/** The server's half of a heartbeat. */
export interface SessionHeartbeat {
  /** Whether a ping is out that is not answered. */
  readonly awaitsPong: boolean;
  start(): void;
  /**
   * A ping or a pong has come.
   *
   * @param data what it carried
   * @returns whether that is the client's to send
   */
  onBeat(type: "ping" | "pong", data?: RawData): boolean;
  /** Another packet has come. */
  onActivity(): void;
  stop(): void;
}

type State =
  /** Not started, or stopped. */
  | "stopped"
  /** It waits for the next ping to be due. */
  | "resting"
  /** A ping is out, and it waits for the end of the session. */
  | "waiting"
  /** As before, and another packet has come: proof of life that buys time once. */
  | "extended";

/**
 * The server's half of the heartbeat: a ping every `pingInterval`, to be answered by a pong within
 * `pingTimeout`. Source: Engine.IO protocol revision 4, "Heartbeat".
 */
export class Heartbeat extends Deadline implements SessionHeartbeat {
  #state: State = "stopped";
  readonly #port: HeartbeatPort;
  readonly #times: HeartbeatTimes;

  constructor(port: HeartbeatPort, times: HeartbeatTimes) {
    super();
    this.#port = port;
    this.#times = times;
  }

  protected override get clock(): DeadlineClock {
    return this.#port.clock;
  }

  get awaitsPong(): boolean {
    return this.#state === "waiting" || this.#state === "extended";
  }

  start(): void {
    this.#rest();
  }

  /** A pong that no ping asked for changes nothing. */
  onBeat(type: "ping" | "pong"): boolean {
    if (type === "ping") {
      return false;
    }
    log("got pong");
    if (this.#state === "waiting" || this.#state === "extended") {
      this.#rest();
    }
    return true;
  }

  /** A client that sends is alive, even if its pong is late. */
  onActivity(): void {
    if (this.#state === "waiting") {
      log("got packet while waiting for pong - refreshing ping timeout");
      this.#wait("extended");
    }
  }

  stop(): void {
    this.cancel();
    this.#state = "stopped";
  }

  #rest(): void {
    this.#state = "resting";
    this.wait(this.#times.pingInterval);
  }

  #wait(state: "waiting" | "extended"): void {
    this.#state = state;
    this.wait(this.#times.pingTimeout);
  }

  protected override onDue(): void {
    if (this.#state === "resting") {
      log("writing ping packet - expecting pong within %sms", this.#times.pingTimeout);
      this.#wait("waiting");
      this.#port.sendPing();
    } else {
      this.stop();
      this.#port.onPingTimeout();
    }
  }
}
