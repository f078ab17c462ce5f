import type { ServerResponse } from "node:http";
import type { OutgoingHeaders, ResponseHead } from "../response-head.ts";
import type { Answer, WebSocketPort } from "./exchange.ts";
import { type Rejection, rejectionHeaders, rejectionMessage } from "./handshake.ts";
import { type EngineRequest, forgetResponse } from "./request.ts";
import type { WebSocketTransport } from "./transports/websocket.ts";
import { makeLog } from "../log.ts";

const log = makeLog("engine");

/** How a request for a WebSocket was decided. */
export type UpgradeDecision =
  | {
      readonly accepted: true;
      /** Headers for the 101 answer. */
      readonly headers: OutgoingHeaders;
      /** Called by the host with the open WebSocket; it reports to the transport from then on. */
      open(port: WebSocketPort): WebSocketTransport;
    }
  | (Answer & { readonly accepted: false });

/** One request for a WebSocket: the port through which the engine sees a host. */
export interface UpgradeExchange {
  readonly request: EngineRequest;
  /** What {@link makeHead} has made; null before. */
  readonly head: ResponseHead | null;
  /** Makes what collects the headers that middlewares set; without middlewares there is no need. */
  makeHead(): ResponseHead;
  /** Called once. */
  onDecided(decision: UpgradeDecision): void;
}

/** What a WebSocket is for: a new session, or one that exists and is to move to it. */
export interface UpgradePurpose {
  readonly kind: "admitted" | "session";
  readonly sid: string;
}

/** Who hears of what is replied: the engine. */
export interface UpgradeReplyPort {
  /** The WebSocket is open. */
  onWebSocket(
    purpose: UpgradePurpose,
    request: EngineRequest,
    port: WebSocketPort,
  ): WebSocketTransport;
  onRejected(request: EngineRequest, rejection: Rejection): void;
  /** Its listeners may change the headers. */
  onHeaders(headers: OutgoingHeaders, request: EngineRequest): void;
}

/** A request that becomes a WebSocket. */
class AcceptedUpgrade {
  readonly accepted = true;
  readonly headers: OutgoingHeaders;
  readonly #reply: UpgradeReply;
  readonly #purpose: UpgradePurpose;

  constructor(headers: OutgoingHeaders, reply: UpgradeReply, purpose: UpgradePurpose) {
    this.headers = headers;
    this.#reply = reply;
    this.#purpose = purpose;
  }

  open(port: WebSocketPort): WebSocketTransport {
    return this.#reply.onWebSocket(this.#purpose, port);
  }
}

const REFUSAL_HEADERS = { Connection: "close", "Content-Type": "text/html" };

/** The reply to a request for a WebSocket, by way of the answer that middlewares see. */
export class UpgradeReply {
  readonly request: EngineRequest;
  readonly #exchange: UpgradeExchange;
  readonly #port: UpgradeReplyPort;

  /**
   * @param exchange the request
   * @param port hears of it
   */
  constructor(exchange: UpgradeExchange, port: UpgradeReplyPort) {
    this.request = exchange.request;
    this.#exchange = exchange;
    this.#port = port;
  }

  /** For middlewares; whoever ends it has refused. */
  get response(): ServerResponse {
    const head = this.#exchange.makeHead();
    head.onEnd = () => {
      const { statusCode: status, body } = head;
      this.#exchange.onDecided({ accepted: false, status, headers: head.headers(), body });
    };
    return head.asServerResponse();
  }

  /** Refuses with a status and a message. */
  answer(status: number, message: string, more: OutgoingHeaders = {}): void {
    const { head } = this.#exchange;
    const headers = { ...REFUSAL_HEADERS, ...more };
    if (head === null) {
      this.#exchange.onDecided({ accepted: false, status, headers, body: message });
    } else if (!head.writableEnded) {
      head.respond(status, headers, message);
    }
  }

  refuse(rejection: Rejection): void {
    this.#port.onRejected(this.request, rejection);
    // Where the reference refuses too, its status is 400 here.
    this.answer(rejection.status ?? 400, rejectionMessage(rejection), rejectionHeaders(rejection));
  }

  accept(purpose: UpgradePurpose): void {
    const { head } = this.#exchange;
    if (head !== null && !writeHead(head)) {
      return;
    }
    forgetResponse(this.request);
    const headers = head === null ? {} : head.headers();
    this.#port.onHeaders(headers, this.request);
    if (log.enabled) {
      log("writing headers: %j", headers);
    }
    this.#exchange.onDecided(new AcceptedUpgrade(headers, this, purpose));
  }

  onWebSocket(purpose: UpgradePurpose, port: WebSocketPort): WebSocketTransport {
    return this.#port.onWebSocket(purpose, this.request, port);
  }
}

/** Whether nobody has refused by then. */
function writeHead(head: ResponseHead): boolean {
  if (head.writableEnded) {
    return false; // by a middleware, after it had let the request pass
  }
  try {
    head.writeHead(101); // middlewares wait for it to add their headers
  } catch (error) {
    head.fail(error);
    return false;
  }
  return !head.writableEnded; // by one that refuses in that last moment
}
