// One Engine.IO session as it was on the wire: its packets in each direction, whatever the requests
// and frames that carried them, and what kinds of requests there were.

import { renderBytes, shorten } from "../render.ts";
import type { Exchange, TimedMessage } from "./exchange.ts";
import { headerOf } from "./http.ts";
import { type Packet, readPayload, withoutType } from "./payload.ts";
import { describeAnswer } from "./requests.ts";

const TEXT = 1;
const BINARY = 2;
const CLOSE = 8;
const CLOSE_PACKET = "1";
const NOOP_PACKET = "6";
const UNKNOWN = /^\{"code":1,/;
const NORMAL_CLOSES = new Set([1000, 1001, 1005]);

interface Timed {
  at: number;
  packet: string;
}

/** How a request of a session is called. */
function kindOf({ method, target, webSocket, request }: Exchange): string {
  if (webSocket !== null || headerOf(request, "upgrade") !== undefined) {
    return target.searchParams.has("sid") ? "upgrade" : "handshake";
  }
  if (method === "GET") {
    return target.searchParams.has("sid") ? "poll" : "handshake";
  }
  return method === "POST" ? "post" : method.toLowerCase();
}

/** The handshake of a session and the requests with its id. */
export class WireSession {
  readonly sid: string;
  readonly #isStock: boolean;
  readonly #revision: string;
  readonly #requests = new Set<string>();
  readonly #toServer: Timed[] = [];
  readonly #toClient: Timed[] = [];

  /** @param isStock whether a stock client was at work, which ends as it likes */
  constructor(sid: string, handshake: Exchange, isStock: boolean) {
    this.sid = sid;
    this.#isStock = isStock;
    this.#revision = handshake.target.searchParams.get("EIO") ?? "3";
    this.add(handshake);
  }

  /** Adds an exchange of this session. */
  add(exchange: Exchange): void {
    const kind = kindOf(exchange);
    const { method, answer, webSocket } = exchange;
    if (method === "POST") {
      this.#addPayload(this.#toServer, exchange.request, exchange.askedAt);
    }
    if (answer === null) {
      return; // a client that goes away lets go of its poll, sooner or later
    }
    if (this.#isStock && exchange.status === 400 && UNKNOWN.test(answer.body.toString())) {
      return; // a request that came too late: the other side was faster to close
    }
    const isPayload = method === "GET" && exchange.status === 200;
    for (const line of describeAnswer(exchange, !isPayload)) {
      this.#requests.add(`${kind}: ${line}`);
    }
    if (webSocket !== null) {
      this.#addFrames("server", this.#toServer, webSocket.toServer);
      this.#addFrames("client", this.#toClient, webSocket.toClient);
    } else if (isPayload) {
      this.#addPayload(this.#toClient, answer, exchange.answeredAt);
    }
  }

  /** The kinds of requests, each once. */
  get requests(): string[] {
    const order = ["handshake", "poll", "post", "upgrade", "heartbeat"];
    const rank = (line: string): number => order.indexOf(line.slice(0, line.indexOf(":")));
    // Stable: lines of one kind keep their order, but for the headers, which are sorted already.
    return [...this.#requests].sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
  }

  get toServer(): string[] {
    return inOrder(this.#toServer);
  }

  get toClient(): string[] {
    return inOrder(this.#toClient);
  }

  #addPayload(list: Timed[], message: Exchange["request"], at: number): void {
    const contentType = headerOf(message, "content-type");
    for (const packet of readPayload(message.body, this.#revision, contentType)) {
      this.#addPacket(list, packet, at);
    }
  }

  #addFrames(to: "server" | "client", list: Timed[], messages: readonly TimedMessage[]): void {
    for (const { opcode, payload, at, isCompressed } of messages) {
      if (opcode === TEXT || opcode === BINARY) {
        const bytes = this.#revision === "3" ? withoutType(payload) : payload;
        this.#addPacket(list, opcode === TEXT ? payload.toString() : bytes, at, isCompressed);
      } else if (opcode === CLOSE && to === "client") {
        // Which side is first to say that all is well depends on the moment; an error does not.
        const code = payload.length >= 2 ? payload.readUInt16BE(0) : 1005;
        if (!NORMAL_CLOSES.has(code)) {
          list.push({
            at,
            packet: `(close ${code} ${JSON.stringify(payload.toString("utf8", 2))})`,
          });
        }
      }
    }
  }

  #addPacket(list: Timed[], packet: Packet, at: number, isCompressed = false): void {
    const from = list === this.#toServer ? "client" : "server";
    const mark = isCompressed ? " (compressed)" : "";
    if (typeof packet !== "string") {
      list.push({ at, packet: `<binary ${renderBytes(packet)}>${mark}` });
    } else if (packet === "2" || packet === "3") {
      this.#requests.add(`heartbeat: ${packet} by the ${from}`);
    } else if (packet === "2probe" || packet === "3probe" || packet === "5") {
      this.#requests.add(`upgrade: ${packet} by the ${from}`);
    } else if (packet !== NOOP_PACKET && !(this.#isStock && packet === CLOSE_PACKET)) {
      // A noop only ends a poll, and of two sides that close one is faster: both depend on the moment.
      list.push({ at, packet: shorten(packet) + mark });
    }
  }
}

function inOrder(list: Timed[]): string[] {
  return list.sort((a, b) => a.at - b.at).map(({ packet }) => packet);
}
