import type { OutgoingHeaders, ResponseHead } from "../response-head.ts";
import type { Answer, WebSocketPort } from "./exchange.ts";
import { type Rejection, rejectionMessage } from "./handshake.ts";
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

/** Who hears of what is replied: the engine. */
export interface UpgradeReplyPort {
  onRejected(request: EngineRequest, rejection: Rejection): void;
  /** Its listeners may change the headers. */
  onHeaders(headers: OutgoingHeaders, request: EngineRequest): void;
}

const REFUSAL_HEADERS = { Connection: "close", "Content-Type": "text/html" };

/** The reply to a request for a WebSocket, by way of the answer that middlewares see. */
export class UpgradeReply {
  readonly #request: EngineRequest;
  readonly #response: ResponseHead;
  readonly #decided: (decision: UpgradeDecision) => void;
  readonly #port: UpgradeReplyPort;

  /**
   * @param request the request
   * @param response collects the headers that middlewares set; whoever ends it has refused
   * @param decided called once
   * @param port hears of it
   */
  constructor(
    request: EngineRequest,
    response: ResponseHead,
    decided: (decision: UpgradeDecision) => void,
    port: UpgradeReplyPort,
  ) {
    this.#request = request;
    this.#response = response;
    this.#decided = decided;
    this.#port = port;
    response.onEnd = () =>
      decided({
        accepted: false,
        status: response.statusCode,
        headers: response.headers(),
        body: response.body,
      });
  }

  /** Refuses with a status and a message. */
  answer(status: number, message: string): void {
    if (!this.#response.writableEnded) {
      this.#response.respond(status, REFUSAL_HEADERS, message);
    }
  }

  refuse(rejection: Rejection): void {
    this.#port.onRejected(this.#request, rejection);
    this.answer(400, rejectionMessage(rejection));
  }

  /** @param open called with the open WebSocket */
  accept(open: (port: WebSocketPort) => WebSocketTransport): void {
    const response = this.#response;
    if (response.writableEnded) {
      return; // by a middleware, after it had let the request pass
    }
    try {
      response.writeHead(101); // middlewares wait for it to add their headers
    } catch (error) {
      response.fail(error);
      return;
    }
    if (response.writableEnded) {
      return; // by one that refuses in that last moment
    }
    forgetResponse(this.#request);
    const headers = response.headers();
    this.#port.onHeaders(headers, this.#request);
    if (log.enabled) {
      log("writing headers: %j", headers);
    }
    this.#decided({ accepted: true, headers, open });
  }
}
